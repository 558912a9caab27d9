import type { Redis } from "ioredis";
import { slotKey } from "../../src/store/keys.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { connectTestRedis, testNumber } from "./redis.ts";

const SECOND_MS = 1_000;

/** A moment of today, in whole seconds. */
export function aMoment(): number {
  return Math.floor(Date.now() / SECOND_MS) * SECOND_MS;
}

/**
 * A client whose scripts all run at one moment: Redis TIME stands still for them. So a test can say
 * what happens at the very millisecond of a limit. `later` of a test's store moves the number's own
 * clock on from it.
 */
export function atOneMoment(redis: Redis, atMs = aMoment()): Redis {
  const define = redis.defineCommand.bind(redis);
  const seconds = Math.floor(atMs / SECOND_MS);
  const time = `{ '${seconds}', '${(atMs - seconds * SECOND_MS) * 1_000}' }`;
  redis.defineCommand = (name, { lua, ...rest }) => {
    define(name, { ...rest, lua: lua.replace("redis.call('TIME')", time) });
  };
  return redis;
}

/** The scripts in a key space that nothing else uses, all at one moment. */
export function openScripts() {
  const now = aMoment();
  const redis = atOneMoment(connectTestRedis(), now);
  const space = testNumber();
  const key = (name: string) => `${slotKey(space)}:${name}`;
  return { redis, now, key, run: createScriptRunner(redis, space) };
}
