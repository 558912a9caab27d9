import { expect, onTestFinished, test } from "vitest";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { createConnections } from "../../src/redis/connections.ts";
import { keySpace, slotKey } from "../../src/store/keys.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { NUMBER, startRunOn } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import { patchedBuild } from "../support/patched-build.ts";
import {
  type Compare,
  compareAfterLoss,
  compareCampaign,
  expectSound,
  type Figures,
} from "../support/run-result.ts";
import { SOON } from "../support/soon.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "cluster";
/** Each kind of attack once at least. */
const ROUNDS = Math.max(5, volume(100));
const KNOBS = { latencyMs: "50-300", webhookDelayMs: "20-300", readShare: "0.3" };
const NODE_TIMEOUT_MS = 1_500;
const STILL_SENDS = "sent while no replica had the claims";

test.each(seedsOf(NAME))(
  "a cluster fails over, loses owners, gets old ones back, moves the number's slot and has replicas that stand still: no person gets a message twice, and none is stuck",
  async (given) => {
    const chance = seeded(NAME, given);
    const rounds = [Math.ceil(ROUNDS * 0.6), Math.floor(ROUNDS * 0.4)] as const;
    // Here Redis keeps all that it confirmed, so every row says what the API and its webhooks said.
    const kept = await attack(chance, { attacks: KEEPING, rounds: rounds[0] });
    // An outcome is recorded before replicas have it: a row may know less than the API.
    const lost = await attack(chance, { attacks: LOSING, rounds: rounds[1] }, compareAfterLoss);
    const sums = Object.entries(kept).map(([name, value]) => [name, value + (lost[name] ?? 0)]);
    published(NAME, chance.seed, { rounds: ROUNDS, ...Object.fromEntries(sums) });
  },
);

test("without the wait for replicas the run notices that messages leave", async () => {
  const wait = 'if (durability.kind !== "replicas")';
  const bin = patchedBuild([["store/durability.js", wait, "if (true)"]]);
  const run = await startClusterRun(seeded(`${NAME}-control`), bin);
  onTestFinished(run.close);
  await run.reachable();
  await run.stock();
  await run.claimed();

  await expect(run.attacks.freezeReplica(SOON.timeout)).rejects.toThrow(STILL_SENDS);
});

type Attacks = ReturnType<typeof attacksOn>;
/** After these Redis has all that it confirmed. */
const KEEPING: readonly (keyof Attacks)[] = ["failOver", "moveSlot", "freezeReplica"];
/** These lose what no replica had. */
const LOSING: readonly (keyof Attacks)[] = ["killOwner", "wakeOldOwner"];

/** Attacks in turn, while lists are sent; then compares. */
async function attack(
  chance: Seeded,
  { attacks, rounds }: { attacks: readonly (keyof Attacks)[]; rounds: number },
  compare: Compare = compareCampaign,
): Promise<Figures> {
  const run = await startClusterRun(chance);
  try {
    for (let round = 0; round < rounds; round++) {
      await run.reachable();
      await run.stock();
      await run.claimed();
      await pause(chance.int(50, 400));
      await run.attacks[attacks[round % attacks.length] ?? "failOver"]();
    }
    await run.reachable();
    await run.stock();
    await run.claimed();
    const result = await run.settle({ compare });
    expectSound(result);
    return result.figures;
  } finally {
    await run.close();
  }
}

async function startClusterRun(chance: Seeded, bin?: string) {
  const cluster = await startCluster({ nodeTimeoutMs: NODE_TIMEOUT_MS });
  const parsed = parseRedisAddress(cluster.url);
  if (!("address" in parsed)) throw new Error("The cluster has no address.");
  const connections = createConnections(parsed.address, () => {});
  await connections.reach([]);
  const run = await startRunOn(
    {
      ...{ url: cluster.url, clientOf: connections.ledger, bin },
      env: { DROPCAST_REDIS_DURABILITY: "replicas:1" },
    },
    {
      ...{ ratePerSecond: 60, workers: 2, answerSeconds: 10, timeScale: 10 },
      knobs: { ...KNOBS, seed: String(chance.seed) },
    },
  );
  const posts = () => run.fleet.posts().length;
  const onWire = async () => (await run.watch.onWire()).size;
  return {
    ...run,
    /** Waits until this process, too, has found the owner: a command after a failover fails once. */
    async reachable() {
      await cluster.settled();
      await expect
        .poll(() => run.store.campaigns.count().catch(() => -1))
        .toBeGreaterThanOrEqual(0);
    },
    attacks: attacksOn(cluster, { chance, posts, onWire }),
    async close() {
      await run.close();
      connections.close();
      await cluster.remove();
    },
  };
}

/** What is done to the node that has the number's slot, and to its replica. */
function attacksOn(
  cluster: TestCluster,
  o: { chance: Seeded; posts: () => number; onWire: () => Promise<number> },
) {
  const { chance, posts, onWire } = o;
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

  return {
    async failOver() {
      const { replica } = await pair();
      await cluster.failover(replica, "graceful");
      elected.set(replica, performance.now());
    },

    async killOwner() {
      const { owner, replica } = await pair();
      await cluster.kill(owner);
      expect(await cluster.newOwnerOf(await slot(), owner)).toBe(replica);
      elected.set(replica, performance.now());
      await pause(chance.int(0, 2_000));
      await cluster.restart(owner);
    },

    async wakeOldOwner() {
      const { owner, replica } = await pair();
      cluster.freeze(owner);
      await pause(chance.int(0, 500));
      await cluster.failover(replica, "takeover");
      await pause(chance.int(0, 3_000));
      cluster.thaw(owner);
      await cluster.settled();
    },

    async moveSlot() {
      await cluster.settled();
      const from = await cluster.ownerOf(await slot());
      const owners = await Promise.all([0, 6_000, 12_000].map(cluster.ownerOf));
      const move = await cluster.beginMove(
        ...([await slot(), chance.pick(owners.filter((owner) => owner !== from))] as const),
      );
      while ((await move.moveKeys(chance.int(1, 20))) > 0) await pause(chance.int(0, 50));
      await move.finish();
    },

    /** Nothing that is claimed from now on is sent while no replica has the claims. */
    async freezeReplica(forMs = chance.int(3_500, 5_000)) {
      const { replica } = await pair();
      cluster.freeze(replica);
      const before = posts();
      // What was claimed before may have been proved, and be on its way however long.
      const claimed = await onWire();
      const until = performance.now() + forMs;
      const sent = () => posts() - before;
      while (sent() <= claimed && performance.now() < until) await pause(50);
      cluster.thaw(replica);
      await cluster.settled();
      if (sent() > claimed) throw new Error(`${STILL_SENDS}: ${sent()} messages`);
    },
  };
}
