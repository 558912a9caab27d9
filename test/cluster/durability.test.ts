/**
 * On a real cluster of three masters and three replicas: at no moment does a failover lose a claim
 * that was acted on, and no script runs on half of a ledger. Each test has its counterpart with the
 * protection taken out, which shows the loss.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Durability, FSYNC } from "../../src/core/durability.ts";
import { ALL_NUMBERS, keySpace, neverKey, slotKey } from "../../src/store/keys.ts";
import { scriptSource } from "../../src/store/scripts/runner.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { expectGranted, numberOf, openWorkers } from "./workers.ts";

const PROVED: Durability = { kind: "replicas", replicas: 1 };

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

/** The owner dies with a claim that its replica does not have, and the worker that made it too. */
async function loseLastClaim(durability: Durability, shard: number) {
  const owner = cluster.nodes[shard] as ClusterNode;
  const replica = await cluster.replicaOf(owner);
  const { one, other } = await openWorkers(cluster, durability, await numberOf(cluster, owner));
  const id = await one.import(3);
  await one.grant(id, 1);
  await other.grant(id, 2);
  const run = await one.runOf(id, 0);

  // Only the last claim is to be lost.
  expect(await other.redis.wait(1, 30_000)).toBe(1);
  // A frozen one would find the claim in its socket when it wakes up.
  await cluster.kill(replica);
  const claimed = await one.claim(id, [3], { run });
  await cluster.kill(owner);
  await cluster.restart(replica, "alone");
  await cluster.failover(replica, "takeover");
  const isActedOn = claimed.kind === "rows" && claimed.verdicts[0]?.kind === "granted";
  return { owner, other, id, isActedOn };
}

test("the owner dies before its replica has a claim: it was not acted on, and is granted once", async () => {
  const lost = await loseLastClaim(PROVED, 0);
  expect(lost.isActedOn).toBe(false);
  await cluster.restart(lost.owner);
  await expectGranted(lost);
});

test("without the wait the same failover grants the claim twice", async () => {
  const lost = await loseLastClaim(FSYNC, 1);
  expect(lost.isActedOn).toBe(true);
  await expectGranted(lost);
  await cluster.restart(lost.owner);
});

/** An owner that was frozen while its replica took over, and wakes up with a claim in its socket. */
async function wakeOldOwner(durability: Durability) {
  const number = await numberOf(cluster, cluster.nodes[2] as ClusterNode);
  const slot = await cluster.slotOf(slotKey(keySpace(number, "live")));
  const owner = await cluster.ownerOf(slot);
  const replica = await cluster.replicaOf(owner);
  const { one } = await openWorkers(cluster, durability, number);
  const id = await one.import(2);
  await one.grant(id, 1);
  const run = await one.runOf(id, 0);

  cluster.freeze(owner);
  const claim = one.claim(id, [2], { run });
  await cluster.failover(replica, "takeover");
  cluster.thaw(owner);
  const claimed = await claim.catch((error: Error) => error.message);
  await cluster.settled();
  return claimed;
}

test("an old owner that wakes up answers a claim that nobody acts on", async () => {
  // It may have heard of the failover first: then it says so, and nothing is granted either.
  expect(await wakeOldOwner(PROVED)).not.toMatchObject({ kind: "rows" });
});

/** What a node answers to a script that adds an opt-out and declares these keys. */
async function addOptOut(node: ClusterNode, keys: readonly string[], isSentOn: boolean) {
  const redis = cluster.connect(node);
  const args = ["add", "48600000001", "#00", "all", 0, "hand"];
  try {
    // What a client says to the node that another one has sent it on to.
    if (isSentOn) await redis.call("ASKING");
    await redis.eval(scriptSource("change-opt-outs"), keys.length, ...keys, ...args);
    return "ran";
  } catch (error) {
    return error instanceof Error ? error.message.split(" ")[0] : "";
  }
}

/** Half of the list of opt-outs has moved: what a script with these keys says at both nodes. */
async function askWhileMoving(keysOf: (space: string) => string[]) {
  const space = keySpace(ALL_NUMBERS, "live");
  const slot = await cluster.slotOf(slotKey(space));
  const from = await cluster.ownerOf(slot);
  const owners = await Promise.all([0, 6_000, 12_000].map(cluster.ownerOf));
  const to = owners.find((owner) => owner !== from) as ClusterNode;
  await addOptOut(from, [slotKey(space), neverKey(space)], false);
  const move = await cluster.beginMove(slot, to);
  expect(await move.moveKeys(1)).toBe(1);
  const source = await addOptOut(from, keysOf(space), false);
  const target = await addOptOut(to, keysOf(space), true);
  return { answers: { source, target }, move };
}

test("while a slot moves no script runs on either node, and then the slot moves whole", async () => {
  const { answers, move } = await askWhileMoving((space) => [slotKey(space), neverKey(space)]);
  expect(answers).toEqual({ source: "ASK", target: "TRYAGAIN" });
  await move.moveKeys();
  await move.finish();
});

test("with one declared key a script runs on the node that has half, and the rest cannot move", async () => {
  const { answers, move } = await askWhileMoving((space) => [slotKey(space)]);
  expect(answers).toEqual({ source: "ASK", target: "ran" });
  await expect(move.moveKeys()).rejects.toThrow("BUSYKEY");
});
