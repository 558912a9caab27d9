/**
 * A claim that a replica has in its memory, and on no disk yet, is lost when both machines lose
 * power. WAITAOF knows it; WAIT, which is all that Redis before 7.2 has, does not.
 */
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { SOON } from "../support/soon.ts";
import { expectGranted, numberOf, openWorkers } from "./workers.ts";

const PROVED = { kind: "replicas", replicas: 1 } as const;

let cluster: TestCluster;
let knowsWaitaof: boolean;
beforeAll(async () => {
  cluster = await startCluster();
  const [node] = cluster.nodes as [ClusterNode];
  const [known] = (await cluster.ask(node, "COMMAND", "INFO", "WAITAOF")) as unknown[];
  knowsWaitaof = known !== null;
});
afterAll(() => cluster.remove());

function needsWaitaof({ skip }: TestContext): void {
  if (!knowsWaitaof)
    skip("Redis before 7.2 has no WAITAOF, so a replica's disk cannot be asked for");
}

/** The claim is in the replica's memory; then both lose power, and the replica takes over. */
async function losePower(shard: number) {
  const owner = cluster.nodes[shard] as ClusterNode;
  const replica = await cluster.replicaOf(owner);
  const { one, other } = await openWorkers(cluster, PROVED, await numberOf(cluster, owner));
  const id = await one.import(3);
  await one.grant(id, 1);
  await other.grant(id, 2);
  const run = await one.runOf(id, 0);
  expect(await other.redis.wait(1, SOON.timeout)).toBe(1);

  // From here on nothing reaches its disk.
  await cluster.ask(replica, "CONFIG", "SET", "appendonly", "no");
  const claimed = await one.claim(id, [3], { run });
  expect(await other.redis.wait(1, SOON.timeout)).toBe(1);
  await Promise.all([cluster.kill(owner), cluster.kill(replica)]);
  await cluster.restart(replica, "alone");
  await cluster.failover(replica, "takeover");
  const isActedOn = claimed.kind === "rows" && claimed.verdicts[0]?.kind === "granted";
  return { owner, other, id, isActedOn };
}

test("a claim that is on no replica's disk is not acted on, and is granted once after a power cut", async (context) => {
  needsWaitaof(context);
  const lost = await losePower(0);
  expect(lost.isActedOn).toBe(false);
  await cluster.restart(lost.owner);
  await expectGranted(lost);
});

test("with WAIT alone the same power cut grants the claim twice", async (context) => {
  needsWaitaof(context);
  for (const node of cluster.nodes) {
    await cluster.ask(node, "ACL", "SETUSER", "default", "-waitaof");
  }
  const lost = await losePower(1);
  expect(lost.isActedOn).toBe(true);
  await cluster.restart(lost.owner);
  await expectGranted(lost);
});
