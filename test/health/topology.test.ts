import { expect, test } from "vitest";
import {
  type RedisNodeFacts,
  type TopologyFacts,
  topologyChecks,
} from "../../src/health/topology.ts";
import { redisFacts } from "./facts.ts";

const replica = { where: "b:1", isOnline: true, lagBytes: 14, silentSeconds: 0 };
function node(changes: Partial<RedisNodeFacts> = {}): RedisNodeFacts {
  const serves = ["all numbers", "main"];
  return { where: "a:1", serves, replicas: [replica], redis: redisFacts(), ...changes };
}
function verdicts(facts: Partial<TopologyFacts>): string[] {
  const checks = topologyChecks({ kind: "cluster", nodes: [node()], unownedSlots: 0, ...facts });
  for (const { verdict, fix } of checks) expect(fix === undefined).toBe(verdict === "ok");
  return checks.map(({ name, verdict, message }) => `${verdict} ${name}: ${message}`);
}

test("one Redis without replicas needs no word", () => {
  const nodes = [node({ replicas: [] })];
  expect(verdicts({ kind: "url", nodes })).toEqual([]);
  expect(verdicts({ kind: "socket", nodes })).toEqual([]);
});

test("each node is told with its numbers, its replicas and how far they are behind", () => {
  expect(verdicts({})).toEqual([
    "ok Redis node: a:1 has all numbers, main; replica b:1, 14 bytes behind",
  ]);
  const many = Array.from({ length: 22 }, (_, at) => `${at + 1}`);
  expect(verdicts({ nodes: [node({ serves: many })] })[0]).toContain("19, 20 and 2 more");
});

test("a node without a replica, or with one that stands still, is warned about", () => {
  expect(verdicts({ nodes: [node({ replicas: [] })] })).toEqual([
    "warn Redis node: a:1 has all numbers, main; no replica",
  ]);
  expect(verdicts({ nodes: [node({ replicas: [{ ...replica, silentSeconds: 60 }] })] })).toEqual([
    "warn Redis node: a:1 has all numbers, main; replica b:1 silent for 60 s",
  ]);
  expect(verdicts({ nodes: [node({ replicas: [{ ...replica, isOnline: false }] })] })).toEqual([
    "warn Redis node: a:1 has all numbers, main; replica b:1 is being filled",
  ]);
});

test("a node that does not answer fails its numbers; without numbers it is a warning", () => {
  expect(verdicts({ nodes: [node({ redis: null, replicas: [] })] })).toEqual([
    "fail Redis node: a:1 does not answer; it has all numbers, main",
  ]);
  expect(verdicts({ nodes: [node(), node({ where: "c:1", serves: [], redis: null })] })).toEqual([
    "ok Redis node: a:1 has all numbers, main; replica b:1, 14 bytes behind",
    "warn Redis node: c:1 does not answer; it has none of these numbers",
  ]);
});

test("slots without an owner fail, and the settings of each further node are checked", () => {
  const evicting = redisFacts({ memory: { used: 10, max: 10 } });
  const other = node({ where: "c:1", serves: ["main"], redis: evicting });
  const found = verdicts({ unownedSlots: 2, nodes: [node(), other] });

  expect(found[0]).toBe(
    "fail Redis Cluster: 2 hash slots have no owner: numbers in them are not served",
  );
  expect(found.filter((line) => line.startsWith("fail"))).toContain(
    "fail Redis room: c:1: 100 % of maxmemory used",
  );
});
