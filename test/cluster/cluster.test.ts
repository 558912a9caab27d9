/** The cluster that other tests rely on does what its helpers say. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { SOON } from "../support/soon.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

/** In the slots of the third master, of the first and of the second. */
const KEY = "dropcast:{main}:x";
const OTHER_KEY = "a0";
const THIRD_KEY = "a1";

function role(node: ClusterNode): Promise<unknown> {
  return cluster.ask(node, "ROLE").then((answer) => (answer as unknown[])[0]);
}

test("three masters have a replica each, and numbers lie on different nodes", async () => {
  const roles = await Promise.all(cluster.nodes.map(role));
  expect(roles).toEqual(["master", "master", "master", "slave", "slave", "slave"]);
  const main = await cluster.ownerOf(await cluster.slotOf(KEY));
  const all = await cluster.ownerOf(await cluster.slotOf("dropcast:{all.numbers}:x"));
  expect(main).not.toBe(all);
  expect(await cluster.ask(main, "CONFIG", "GET", "appendfsync")).toEqual([
    "appendfsync",
    "always",
  ]);
});

test("a graceful failover and a takeover make the replica the owner", async () => {
  const slot = await cluster.slotOf(KEY);
  for (const how of ["graceful", "takeover"] as const) {
    const owner = await cluster.ownerOf(slot);
    const replica = await cluster.replicaOf(owner);
    await cluster.failover(replica, how);
    expect(await cluster.newOwnerOf(slot, owner)).toBe(replica);
    expect(await cluster.replicaOf(replica)).toBe(owner);
    await cluster.settled();
  }
});

test("when an owner is killed its replica takes over, and it comes back as a replica", async () => {
  const slot = await cluster.slotOf(OTHER_KEY);
  const owner = await cluster.ownerOf(slot);
  const replica = await cluster.replicaOf(owner);
  // On one connection: WAIT asks for what its own has written.
  const redis = cluster.connect(owner);
  await redis.set(OTHER_KEY, "kept");
  expect(await redis.wait(1, SOON.timeout)).toBe(1);
  await cluster.kill(owner);
  expect(await cluster.newOwnerOf(slot, owner)).toBe(replica);
  expect(await cluster.ask(replica, "GET", OTHER_KEY)).toBe("kept");
  await cluster.restart(owner);
  expect(await role(owner)).toBe("slave");
});

test("a frozen owner answers again as a replica of the one that took over", async () => {
  const slot = await cluster.slotOf(THIRD_KEY);
  const owner = await cluster.ownerOf(slot);
  const replica = await cluster.replicaOf(owner);
  cluster.freeze(owner);
  await cluster.failover(replica, "takeover");
  cluster.thaw(owner);
  await cluster.settled();
  expect(await cluster.replicaOf(replica)).toBe(owner);
});

test("a slot moves with its keys, and is half here and half there meanwhile", async () => {
  const slot = await cluster.slotOf(KEY);
  const from = await cluster.ownerOf(slot);
  const to = await cluster.ownerOf((slot + 5_462) % 16_384);
  await cluster.ask(from, "MSET", KEY, "1", `${KEY}2`, "2");

  const move = await cluster.beginMove(slot, to);
  expect(await move.moveKeys(1)).toBe(1);
  await expect(cluster.ask(from, "MGET", KEY, `${KEY}2`)).rejects.toThrow("TRYAGAIN");
  expect(await move.moveKeys()).toBe(1);
  await move.finish();
  expect(await cluster.ownerOf(slot)).toBe(to);
  expect(await cluster.ask(to, "MGET", KEY, `${KEY}2`)).toEqual(["1", "2"]);
  await expect(cluster.ask(from, "GET", KEY)).rejects.toThrow("MOVED");
});
