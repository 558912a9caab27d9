/** Redis with real replicas, which last as long as the test. */
import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { openTestStore } from "./campaigns.ts";
import { type OwnRedis, startOwnRedis } from "./redis.ts";

/** By default a primary waits 5 s for further replicas before it sends its data. */
const QUICK = ["--repl-diskless-sync-delay", "0"];

/** A Redis with `count` replicas in step. `args` are settings of the primary. */
export async function startReplicated(count: number, args: readonly string[] = []) {
  const primary = await startOwnRedis({ args: [...QUICK, ...args] });
  const of = `127.0.0.1 ${new URL(primary.url).port}`;
  const replicas = await Promise.all(
    Array.from({ length: count }, () => startOwnRedis({ args: [...QUICK, "--replicaof", of] })),
  );
  const redis = primary.connect();
  await inStep(redis, count);
  for (const replica of replicas) await rewritten(replica);
  await inStep(redis, count);
  return { primary, replicas, redis };
}

/** The same with a store that asks for `wanted` of them. */
export async function openReplicated({ count = 1, wanted = 1 } = {}) {
  const { primary, replicas, redis } = await startReplicated(count);
  const durability = { kind: "replicas", replicas: wanted } as const;
  const bench = await openTestStore({}, redis, { durability });
  return {
    ...bench,
    primary,
    replicas,
    /** Waits until all replicas have everything. */
    inStep: () => inStep(redis, count),
    /** Freezes the first replica until the returned function is called, or the test ends. */
    freeze(): () => void {
      return freeze(replicas[0] as OwnRedis);
    },
  };
}

/** They have a change that is made now: on their disks where that can be asked, as the product does. */
async function inStep(redis: Redis, count: number): Promise<void> {
  await redis.set("in-step", 1);
  await redis.del("in-step");
  const have = async (): Promise<number> => {
    const onDisks = await redis.call("WAITAOF", 1, count, 100).catch(() => null);
    return Array.isArray(onDisks) ? Number(onDisks[1]) : redis.wait(count, 100);
  };
  await expect.poll(have).toBe(count);
}

/** A replica writes its first append-only file in a process of its own, which would outlive it. */
async function rewritten(replica: OwnRedis): Promise<void> {
  const redis = replica.connect();
  const info = () => redis.info("persistence");
  await expect.poll(info).toMatch(/aof_rewrite_in_progress:0\r\n/);
  await expect.poll(info).toMatch(/aof_rewrite_scheduled:0\r\n/);
}

/** It stays connected and confirms nothing, until the returned function is called. */
export function freeze(server: OwnRedis): () => void {
  process.kill(server.pid(), "SIGSTOP");
  const thaw = (): void => void process.kill(server.pid(), "SIGCONT");
  onTestFinished(thaw);
  return thaw;
}
