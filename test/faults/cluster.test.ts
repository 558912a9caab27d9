import { expect, onTestFinished, test } from "vitest";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { createConnections } from "../../src/redis/connections.ts";
import { keySpace, slotKey } from "../../src/store/keys.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { NUMBER, startRunOn } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import { compareAfterLoss, expectSound } from "../support/run-result.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "cluster";
/** Each kind of attack once at least. */
const ROUNDS = Math.max(5, volume(100));
const KNOBS = { latencyMs: "50-300", webhookDelayMs: "20-300", readShare: "0.3" };
const NODE_TIMEOUT_MS = 1_500;

test.each(seedsOf(NAME))(
  "a cluster fails over, loses owners, gets old ones back, moves the number's slot and has replicas that stand still: no person gets a message twice, and none is stuck",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startClusterRun(chance);
    onTestFinished(run.close, 60_000);

    for (let round = 0; round < ROUNDS; round++) {
      await run.reachable();
      await run.stock();
      await run.claimed();
      await pause(chance.int(50, 400));
      await run.attacks[round % run.attacks.length]?.();
    }
    await run.reachable();
    await run.stock();
    await run.claimed();

    // An outcome is recorded before replicas have it: a row may know less than the API.
    const result = await run.settle({ withinMs: 90_000, compare: compareAfterLoss });
    expectSound(result);
    published(NAME, chance.seed, { rounds: ROUNDS, ...result.figures });
  },
  180_000 + ROUNDS * 30_000,
);

async function startClusterRun(chance: Seeded) {
  const cluster = await startCluster({ nodeTimeoutMs: NODE_TIMEOUT_MS });
  const parsed = parseRedisAddress(cluster.url);
  if (!("address" in parsed)) throw new Error("The cluster has no address.");
  const connections = createConnections(parsed.address, () => {});
  await connections.reach([]);
  const run = await startRunOn(
    {
      ...{ url: cluster.url, clientOf: connections.ledger },
      env: { DROPCAST_REDIS_DURABILITY: "replicas:1" },
    },
    {
      ...{ ratePerSecond: 60, workers: 2, answerSeconds: 10, timeScale: 10 },
      knobs: { ...KNOBS, seed: String(chance.seed) },
    },
  );
  const posts = () => run.fleet.posts().length;
  return {
    ...run,
    /** Waits until this process, too, has found the owner: a command after a failover fails once. */
    async reachable() {
      await cluster.settled();
      await expect
        .poll(() => run.store.campaigns.count().catch(() => -1), { timeout: 30_000 })
        .toBeGreaterThanOrEqual(0);
    },
    attacks: attacksOn(cluster, { chance, posts }),
    async close() {
      await run.close();
      connections.close();
      await cluster.remove();
    },
  };
}

/** What is done to the node that has the number's slot, and to its replica. */
function attacksOn(cluster: TestCluster, o: { chance: Seeded; posts: () => number }) {
  const { chance, posts } = o;
  /** When a node was last elected: Redis 7.0 counts the votes of an election for some time. */
  const elected = new Map<ClusterNode, number>();

  async function slot(): Promise<number> {
    return cluster.slotOf(slotKey(keySpace(NUMBER, "sandbox")));
  }

  /** The owner and its replica, which may be elected now. */
  async function pair() {
    await cluster.settled();
    const owner = await cluster.ownerOf(await slot());
    const replica = await cluster.replicaOf(owner);
    const restMs = 5 * NODE_TIMEOUT_MS - (performance.now() - (elected.get(replica) ?? 0));
    if (elected.has(replica) && restMs > 0) await pause(restMs);
    return { owner, replica };
  }

  return [
    async function failOver() {
      const { replica } = await pair();
      await cluster.failover(replica, "graceful");
      elected.set(replica, performance.now());
    },

    async function killOwner() {
      const { owner, replica } = await pair();
      await cluster.kill(owner);
      expect(await cluster.newOwnerOf(await slot(), owner)).toBe(replica);
      elected.set(replica, performance.now());
      await pause(chance.int(0, 2_000));
      await cluster.restart(owner);
    },

    async function wakeOldOwner() {
      const { owner, replica } = await pair();
      cluster.freeze(owner);
      await pause(chance.int(0, 500));
      await cluster.failover(replica, "takeover");
      await pause(chance.int(0, 3_000));
      cluster.thaw(owner);
      await cluster.settled();
    },

    async function moveSlot() {
      await cluster.settled();
      const from = await cluster.ownerOf(await slot());
      const owners = await Promise.all([0, 6_000, 12_000].map(cluster.ownerOf));
      const move = await cluster.beginMove(
        ...([await slot(), chance.pick(owners.filter((owner) => owner !== from))] as const),
      );
      while ((await move.moveKeys(chance.int(1, 20))) > 0) await pause(chance.int(0, 50));
      await move.finish();
    },

    /** Nothing is sent while no replica has the claims. */
    async function freezeReplica() {
      const { replica } = await pair();
      cluster.freeze(replica);
      // What was proved before is on its way; a wait lasts a second.
      await pause(3_000);
      const before = posts();
      await pause(chance.int(500, 2_000));
      expect(posts()).toBe(before);
      cluster.thaw(replica);
      await cluster.settled();
    },
  ];
}
