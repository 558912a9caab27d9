/** A backup of a cluster has every key, or there is none. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { makeBackup } from "../../src/backup/make-backup.ts";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { createConnections } from "../../src/redis/connections.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";

const SLOT = 93;
const REFUSED = { ok: false, refusal: { code: "backup_slots_moved" } };

let cluster: TestCluster;
let dir: string;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dropcast-backup-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

/** The clients that a backup reads. */
async function nodes(): Promise<Redis[]> {
  const parsed = parseRedisAddress(cluster.url);
  if (!("address" in parsed)) throw new Error("The cluster has no address.");
  const connections = createConnections(parsed.address, () => {});
  onTestFinished(() => connections.close());
  await connections.reach([]);
  return connections.endpoints().map(({ ledger }) => ledger);
}

function backUp(of: readonly Redis[]) {
  const path = join(dir, "copy");
  return makeBackup({ path, key: null, version: "1", nodes: of, onProgress: () => {} });
}

/** A master that does not have the slot. */
async function another(): Promise<ClusterNode> {
  const owner = await cluster.ownerOf(SLOT);
  const owners = await Promise.all([0, 6_000, 12_000].map(cluster.ownerOf));
  return owners.find((one) => one !== owner) ?? owner;
}

test("all nodes are in a backup", async () => {
  expect(await backUp(await nodes())).toMatchObject({ ok: true });
  expect(readdirSync(dir)).toEqual(["copy"]);
});

test("no backup is made while a hash slot is on its way", async () => {
  const move = await cluster.beginMove(SLOT, await another());
  expect(await backUp(await nodes())).toMatchObject(REFUSED);
  await move.finish();
  expect(await backUp(await nodes())).toMatchObject({ ok: true });
});

test("no file is left when a hash slot changes its node during the copy", async () => {
  const [first, ...rest] = (await nodes()) as [Redis, ...Redis[]];
  const to = await another();
  let isAsked = false;
  // It is asked before the copy and after it.
  const watched = new Proxy(first, {
    get(client, name) {
      const value: unknown = Reflect.get(client, name);
      if (name !== "cluster") return typeof value === "function" ? value.bind(client) : value;
      return async (what: "NODES") => {
        if (isAsked) await cluster.moveSlot(SLOT, to);
        isAsked = true;
        return client.cluster(what);
      };
    },
  });

  expect(await backUp([watched, ...rest])).toMatchObject(REFUSED);
  expect(readdirSync(dir)).toEqual([]);
});

test("no backup is made of some of the nodes", async () => {
  expect(await backUp((await nodes()).slice(1))).toMatchObject(REFUSED);
});

test("a user who may not ask for the slots is told what to allow", async () => {
  const of = await nodes();
  for (const node of of) await node.call("ACL", "SETUSER", "default", "-cluster|nodes");
  expect(await backUp(of)).toMatchObject({
    refusal: { fix: expect.stringContaining("+cluster|nodes") as string },
  });
  for (const node of of) await node.call("ACL", "SETUSER", "default", "+cluster|nodes");
});

test("an owner whose replica is away is refused without waiting for replicas: it may take over", async () => {
  const owner = await cluster.ownerOf(0);
  const replica = await cluster.replicaOf(owner);
  const redis = cluster.connect(owner);
  // A replica is listed once the nodes have told each other how far it is.
  const listed = async () => JSON.stringify(await redis.cluster("SLOTS"));
  await expect.poll(listed).toContain(String(replica.port));
  await cluster.kill(replica);
  await expect.poll(() => redis.info("replication")).toContain("connected_slaves:0");
  // From then on it is in no answer to CLUSTER SLOTS; it may take over all the same.
  const failed = async () => String(await redis.cluster("NODES"));
  await expect.poll(failed).toMatch(new RegExp(`${replica.id} .* slave,fail `));

  expect(await checkRedisSafety(redis, { allowUnsafe: false })).toMatchObject({
    refusal: { code: "redis_async_replica" },
  });
});
