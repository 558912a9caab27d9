import { expect, test } from "vitest";
import { deploymentKeys } from "../../src/store/keys.ts";
import { makeNumberStore } from "../../src/store/number-store.ts";
import { openPersonDigest } from "../../src/store/people/person-digest.ts";
import { startOwnRedis } from "../support/redis.ts";

const emptyRedis = async () => (await startOwnRedis()).connect();

test("of processes that open an empty Redis at once, all get the same digests, from one key", async () => {
  const redis = await emptyRedis();

  const opened = await Promise.all(Array.from({ length: 8 }, () => openPersonDigest(redis)));
  const again = await openPersonDigest(redis);

  expect(new Set([...opened, again].map((person) => person.text("4915112345678"))).size).toBe(1);
  expect(await redis.keys("*")).toEqual([deploymentKeys("live").pepper]);
});

test("making a store sends no command, and reading by it leaves nothing", async () => {
  const redis = await emptyRedis();
  const person = await openPersonDigest(redis);
  const commands = async () =>
    Number(/total_commands_processed:(\d+)/.exec(await redis.info("stats"))?.[1]);
  const before = await commands();

  const store = makeNumberStore({ redis, person, number: "main" });

  // The question itself.
  expect((await commands()) - before).toBe(1);
  expect(await store.campaigns.find("main-1")).toBeUndefined();
  expect(await store.optOuts.about(person("4915112345678"))).toBeDefined();
  expect(await redis.keys("*")).toEqual([deploymentKeys("live").pepper]);
});
