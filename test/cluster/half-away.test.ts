/** `doctor`, and what is refused beside it, on a real cluster of which a part is away. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { reachRedis } from "../../src/app/reach-redis.ts";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { slotKey } from "../../src/store/keys.ts";
import { runHere } from "../cli/in-process.ts";
import { json, makePlace, type Place } from "../cli/run-cli.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { SOON } from "../support/soon.ts";
import { numberOf } from "./workers.ts";

let cluster: TestCluster;
beforeAll(async () => {
  // Nothing takes over while a test looks.
  cluster = await startCluster({ args: ["--cluster-replica-no-failover", "yes"] });
});
afterAll(() => cluster.remove());
beforeEach(async () => {
  for (const node of cluster.nodes) {
    if (node.state === "frozen") cluster.thaw(node);
    if (node.state === "killed") await cluster.restart(node, "alone");
  }
  await setCoverage("no");
  await cluster.settled();
});

async function setCoverage(value: "yes" | "no"): Promise<void> {
  for (const node of cluster.nodes) {
    await cluster.ask(node, "CONFIG", "SET", "cluster-require-full-coverage", value);
  }
}

const slotOf = (space: string) => cluster.slotOf(slotKey(space));
const portOf = (node: ClusterNode) => `127.0.0.1:${node.port}`;
/** The node of what belongs to all numbers. */
const sharedNode = async () => cluster.ownerOf(await slotOf("all.numbers"));
const otherNode = async () => {
  const shared = await sharedNode();
  return cluster.nodes.slice(0, 3).find((node) => node !== shared) as ClusterNode;
};

/** A folder with these numbers, and every host of the cluster as a seed. */
function placeOf(numbers: readonly string[], seeds = cluster.url): Place {
  const place = makePlace({
    ...{ DROPCAST_REDIS_URL: seeds, DROPCAST_REDIS_DURABILITY: "replicas:1" },
    DROPCAST_API_URL: "http://127.0.0.1:9",
  });
  const file = { numbers: Object.fromEntries(numbers.map((number) => [number, {}])) };
  writeFileSync(join(place.dir, "numbers.yaml"), JSON.stringify(file));
  return place;
}

/** The lines of `doctor`, whose columns are one space here. */
async function doctor(place: Place) {
  const { code, stdout } = await runHere(place, ["doctor", "--live"]);
  return { code, lines: stdout.split("\n").map((line) => line.trim().replace(/ +/g, " ")) };
}

/** What every other command says. */
async function refusal(place: Place) {
  const listed = await runHere(place, ["list", "--live", "--json"]);
  expect(listed.code).toBe(1);
  const { error } = json<{ error: { code: string; message: string; fix: string } }>(listed);
  expect(error).toMatchObject({ code: "redis_unreachable" });
  return error;
}

/** What a role with these numbers alone says when it starts. */
async function firstWait(numbers: readonly string[]): Promise<string> {
  const parsed = parseRedisAddress(cluster.url);
  if (!("address" in parsed)) throw new Error(parsed.problem.message);
  const [said, stop] = [[] as string[], new AbortController()];
  await reachRedis({
    ...{ address: parsed.address, patience: "wait", signal: stop.signal, troubles: () => {} },
    wanted: numbers.map((number) => ({ key: slotKey(number), name: number, number })),
    say(line) {
      said.push(line);
      stop.abort();
    },
  });
  return said.join();
}

test("three of ten numbers are on a node that is away: doctor names them, the node and its replica, and checks the others", async () => {
  const away = await otherNode();
  const [...there] = cluster.nodes.slice(0, 3).filter((node) => node !== away);
  const gone = await Promise.all([1, 2, 3].map(() => numberOf(cluster, away)));
  const others = await Promise.all(
    Array.from({ length: 7 }, (_, at) => numberOf(cluster, there[at % 2] as ClusterNode)),
  );
  const place = placeOf([...gone, ...others]);
  const replica = await cluster.replicaOf(away);
  await cluster.kill(replica);
  await cluster.kill(away);

  const { code, lines } = await doctor(place);

  const why = `node ${portOf(away)} does not answer (connection refused)`;
  expect(code).toBe(1);
  expect(lines).toContainEqual(
    expect.stringMatching(
      `^FAIL Redis node ${portOf(away)} does not answer \\(connection refused\\); it has .*; ` +
        `hash slots \\d+-\\d+; replica ${portOf(replica)} does not answer`,
    ),
  );
  for (const number of gone) {
    expect(lines).toContain(`FAIL Number ${number} it cannot be read: ${why}`);
    expect(lines.join("\n")).not.toContain(`number ${number}:`);
  }
  for (const [at, number] of others.entries()) {
    const node = portOf(there[at % 2] as ClusterNode);
    expect(lines).toContain(`ok Number ${number} node ${node} has it, and answers`);
    expect(lines.join("\n")).toContain(`Workers number ${number}: no worker`);
  }
  for (const node of there) {
    expect(lines).toContainEqual(expect.stringContaining(`Redis node ${portOf(node)} has `));
  }
  expect(lines).toContainEqual(expect.stringMatching(/^ok Webhooks port/));
  const refused = await refusal(place);
  expect(refused.message).toContain(`numbers ${gone.join(", ")}: ${why}`);
  expect(refused.fix).toContain("Bring it back with its own data.");

  expect(await firstWait(gone)).toBe(
    `Waiting for Redis at ${cluster.url}: it does not serve anything: ${why}.`,
  );
});

test("a master that hangs is told with the replica that will take over, and what belongs to all numbers with it", async () => {
  const shared = await sharedNode();
  const replica = await cluster.replicaOf(shared);
  const [other] = cluster.nodes.slice(0, 3).filter((node) => node !== shared) as [ClusterNode];
  const place = placeOf([await numberOf(cluster, other)]);
  cluster.freeze(shared);

  const { code, lines } = await doctor(place);

  expect(code).toBe(1);
  expect(lines).toContain(
    `FAIL All numbers what belongs to all numbers cannot be read: node ${portOf(shared)} does not answer (no answer)`,
  );
  expect(lines).toContainEqual(expect.stringContaining(`its replica ${portOf(replica)} answers`));
  expect(lines).toContainEqual(expect.stringMatching(/^ok Webhooks port/));
});

test("a hash slot that moves, and one without an owner, are told by their numbers", async () => {
  const other = await otherNode();
  const shared = await sharedNode();
  const [moving, lost] = [await numberOf(cluster, other), await numberOf(cluster, other)];
  const [movingSlot, lostSlot] = [await slotOf(moving), await slotOf(lost)];
  const place = placeOf([moving, lost]);
  const move = await cluster.beginMove(movingSlot, shared);
  for (const node of cluster.nodes) await cluster.ask(node, "CLUSTER", "DELSLOTS", lostSlot);

  const { code, lines } = await doctor(place);
  const refused = await refusal(place);

  expect(code).toBe(1);
  const moves = `hash slot ${movingSlot} is being moved from ${portOf(other)} to ${portOf(shared)}`;
  expect(lines).toContain(`FAIL Number ${moving} it cannot be read: ${moves}`);
  const none = `hash slot ${lostSlot} has no owner`;
  expect(lines).toContain(`FAIL Number ${lost} it cannot be read: ${none}`);
  expect(lines).toContainEqual(
    expect.stringContaining(`1 hash slot has no owner (${lostSlot}): numbers in them`),
  );
  expect(refused.message).toContain(`number ${lost}: ${none}`);
  expect(refused.message).toContain(`number ${moving}: ${moves}`);

  await cluster.ask(other, "CLUSTER", "ADDSLOTS", lostSlot);
  await move.moveKeys();
  await move.finish();
  await cluster.moveSlot(movingSlot, other);
  await cluster.settled();
});

test("a cluster that serves nothing without all its slots says so, and what lets the rest go on", async () => {
  const away = await otherNode();
  const shared = await sharedNode();
  const place = placeOf([await numberOf(cluster, shared)]);
  const replica = await cluster.replicaOf(away);
  await setCoverage("yes");
  await cluster.kill(replica);
  await cluster.kill(away);
  await vi.waitFor(async () => {
    const state = await cluster.ask(shared, "CLUSTER", "INFO");
    expect(state).toContain("cluster_state:fail");
  }, SOON);

  const { lines } = await doctor(place);
  const refused = await refusal(place);

  const why =
    "the cluster serves nothing while a hash slot has no working owner (cluster-require-full-coverage yes)";
  expect(lines.filter((line) => line.endsWith(why))).toHaveLength(2);
  expect(refused.message).toContain(`does not serve anything: ${why}`);
  expect(refused.fix).toContain("CONFIG SET cluster-require-full-coverage no");
  for (const node of cluster.nodes.filter(({ state }) => state === "running")) {
    await cluster.ask(node, "CONFIG", "SET", "cluster-require-full-coverage", "no");
  }
});

test("seeds of which none answers are named, and the rest is checked", async () => {
  const place = placeOf(["main"], "redis-cluster://127.0.0.1:1");

  const { code, lines } = await doctor(place);

  expect(code).toBe(1);
  expect(lines).toContainEqual(
    expect.stringContaining(
      "no node of the cluster tells who has the hash slots: 127.0.0.1:1 does not answer (connection refused)",
    ),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^ok Webhooks port/));
});
