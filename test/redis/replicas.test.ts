import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { findSuccessor } from "../../src/redis/replicas.ts";

/** What CLUSTER NODES says: `ID ADDRESS FLAGS MASTER …`. */
const NODES = [
  "a 10.0.0.1:6379@16379 myself,master - 0 0 1 connected 0-16383",
  "b 10.0.0.2:6379@16379 slave a 0 0 1 connected",
  "c 10.0.0.3:6379@16379 slave,fail a 0 0 1 disconnected",
  "d :0@0 slave,fail,noaddr a 0 0 1 disconnected",
  "",
].join("\n");

test("a claim is not advised to wait for a replica without an address, but for one that is away", async () => {
  const redis = { cluster: async () => NODES, options: {} } as unknown as Redis;
  const info = new Map([["cluster_enabled", "1"]]);
  expect(await findSuccessor(redis, info)).toMatchObject({ replicas: 2 });
});
