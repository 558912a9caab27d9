/** One process's clients of a cluster: plain ones that follow the owners of hash slots. */
import { setTimeout as sleep } from "node:timers/promises";
import { Queue } from "bullmq";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { type Connections, createConnections } from "../../src/redis/connections.ts";
import { neverKey, queuePrefix, slotKey } from "../../src/store/keys.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** Two key spaces of different masters. */
const [SPACE, OTHER] = ["main", "all.numbers"] as const;

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());
beforeEach(() => cluster.settled());

async function open(seeds = cluster.seeds): Promise<Connections & { errors: string[] }> {
  const parsed = parseRedisAddress(`redis-cluster://${seeds.join(",")}`);
  if (!("address" in parsed)) throw new Error(parsed.problem.message);
  const errors: string[] = [];
  const connections = createConnections(parsed.address, ({ message }) => errors.push(message));
  onTestFinished(() => connections.close());
  await connections.reach([SPACE, OTHER].map(neverKey));
  return { ...connections, errors };
}

const keyOf = (space: string) => `${slotKey(space)}:test`;
const slotOf = (space: string) => cluster.slotOf(keyOf(space));
const ownerOf = async (space: string) => cluster.ownerOf(await slotOf(space));
const portOf = (node: ClusterNode) => `127.0.0.1:${node.port}`;

/** Increments until it is answered; returns how many times it was not. */
async function incrementUntilAnswered(connections: Connections, space: string): Promise<number> {
  for (let failed = 0; ; failed++) {
    try {
      await connections.ledger(space).incr(keyOf(space));
      return failed;
    } catch {
      await sleep(20);
    }
  }
}

test("each key space has the client of its owner, and one client a node serves them all", async () => {
  const connections = await open();
  const spaces = Array.from({ length: 60 }, (_, at) => `number-${at}`);

  await Promise.all(spaces.map((space) => connections.ledger(space).set(keyOf(space), space)));

  for (const space of spaces.slice(0, 6)) {
    const owner = await ownerOf(space);
    expect(connections.endpoint(space).where()).toBe(portOf(owner));
    expect(await cluster.ask(owner, "GET", keyOf(space))).toBe(space);
  }
  expect(connections.endpoints()).toHaveLength(3);
  expect(connections.queue(SPACE)).toBe(connections.queue(SPACE));
  expect(connections.queue(SPACE)).not.toBe(connections.queue(OTHER));
});

test.each(["graceful", "killed"] as const)(
  "a failover (%s) is followed, nothing is sent twice, and queues lose nothing",
  async (how) => {
    const connections = await open();
    const moved: string[] = [];
    connections.onSpaceMoved((space) => void moved.push(space));
    const owner = await ownerOf(SPACE);
    const replica = await cluster.replicaOf(owner);
    const queue = new Queue("jobs", {
      connection: connections.queue(SPACE),
      prefix: queuePrefix(SPACE),
    });
    queue.on("error", () => {});
    onTestFinished(() => queue.close());
    const before = Number(await connections.ledger(SPACE).incr(keyOf(SPACE)));
    expect(await connections.ledger(SPACE).wait(1, SOON.timeout)).toBe(1);

    const refused: string[] = [];
    const adds: Promise<unknown>[] = [];
    const add = (id: string): Promise<unknown> =>
      queue.add("job", {}, { jobId: id }).catch((error: Error) => {
        refused.push(error.message);
        return sleep(20).then(() => add(id));
      });
    let isOver = false;
    const adding = (async () => {
      while (!isOver) {
        adds.push(add(`job-${how}-${adds.length}`));
        await sleep(20);
      }
    })();
    if (how === "graceful") await cluster.failover(replica, "graceful");
    else await cluster.kill(owner);
    await cluster.newOwnerOf(await slotOf(SPACE), owner);
    const other = await incrementUntilAnswered(connections, OTHER);
    await incrementUntilAnswered(connections, SPACE);
    isOver = true;
    await adding;
    await Promise.all(adds);

    // What the former owner refuses is not sent again by itself.
    expect(refused.filter((message) => !message.startsWith("MOVED"))).toEqual([]);
    const kept = (await queue.getWaiting(0, 10_000)).filter(({ id }) =>
      id?.startsWith(`job-${how}`),
    );
    expect(kept).toHaveLength(adds.length);
    expect(connections.endpoint(SPACE).where()).toBe(portOf(replica));
    expect(await connections.ledger(SPACE).get(keyOf(SPACE))).toBe(String(before + 1));
    // While a slot has no owner, a cluster that requires all of them serves none.
    if (how === "graceful") expect(other).toBe(0);
    expect(moved).toEqual([]);
    if (how === "killed") await cluster.restart(owner);
  },
);

test("a slot that moved is routed to its new owner; others keep their connections", async () => {
  const connections = await open();
  const moved: string[] = [];
  connections.onSpaceMoved((space) => void moved.push(space));
  const [from, to] = [await ownerOf(SPACE), await ownerOf(OTHER)];
  const before = Number(await connections.ledger(SPACE).incr(keyOf(SPACE)));
  const queues = [connections.queue(SPACE), connections.queue(OTHER)];
  const closes: string[] = [];
  for (const { ledger } of connections.endpoints()) ledger.on("close", () => closes.push("closed"));

  await cluster.moveSlot(await slotOf(SPACE), to);
  const failed = await incrementUntilAnswered(connections, SPACE);

  expect(failed).toBeGreaterThan(0);
  // It is learnt from a refusal, and not from a look each minute.
  expect(failed).toBeLessThan(300);
  expect(connections.endpoint(SPACE).where()).toBe(portOf(to));
  expect(await cluster.ask(to, "GET", keyOf(SPACE))).toBe(String(before + 1));
  expect(moved).toEqual([SPACE]);
  expect(connections.queue(SPACE)).toBe(queues[1]);
  expect(connections.queue(OTHER)).toBe(queues[1]);
  expect(closes).toEqual([]);
  await cluster.moveSlot(await slotOf(SPACE), from);
});

test("a move is told for each key space that was asked for, also where no queue is open", async () => {
  const connections = await open();
  const moved: string[] = [];
  connections.onSpaceMoved((space) => void moved.push(space));
  const [from, to] = [await ownerOf(SPACE), await ownerOf(OTHER)];
  await connections.ledger(SPACE).incr(keyOf(SPACE));

  await cluster.moveSlot(await slotOf(SPACE), to);
  await incrementUntilAnswered(connections, SPACE);
  await cluster.moveSlot(await slotOf(SPACE), from);
  await incrementUntilAnswered(connections, SPACE);

  expect(moved).toEqual([SPACE, SPACE]);
});

test("nodes that were learnt are asked when the only seed is gone", async () => {
  const seed = await ownerOf(OTHER);
  const connections = await open([portOf(seed)]);

  await cluster.kill(seed);
  await cluster.newOwnerOf(await slotOf(OTHER), seed);

  await incrementUntilAnswered(connections, OTHER);
  expect(connections.endpoint(OTHER).where()).not.toBe(portOf(seed));
  await cluster.restart(seed);
});

test("a node that knows no owner of any slot is passed over, as one that was taken out and reset", async () => {
  const reset = await startOwnRedis({ args: ["--cluster-enabled", "yes"] });

  const connections = await open([`127.0.0.1:${new URL(reset.url).port}`, ...cluster.seeds]);

  expect(connections.endpoints()).toHaveLength(3);
  expect(await incrementUntilAnswered(connections, SPACE)).toBe(0);
});

test("a slot that nobody owns is said, and its commands are sent nowhere", async () => {
  const connections = await open();
  const owner = await ownerOf(SPACE);
  const slot = await slotOf(SPACE);
  for (const node of cluster.nodes) await cluster.ask(node, "CLUSTER", "DELSLOTS", slot);

  await expect(connections.ledger(SPACE).incr(keyOf(SPACE))).rejects.toThrow("CLUSTERDOWN");
  await expect(open([portOf(owner)])).rejects.toThrow("CLUSTERDOWN");

  await cluster.ask(owner, "CLUSTER", "ADDSLOTS", slot);
  await cluster.settled();
  await vi.waitFor(() => incrementUntilAnswered(connections, SPACE), SOON);
});
