import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  checkTable,
  costTable,
  deploymentFor,
  sizingTable,
  utilisation,
} from "../../bench/model/model.mjs";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const costs = JSON.parse(read("bench/model/inputs.json"));

/** Costs that are easily multiplied. */
const ROUND = {
  ...{ events: 3, fsyncMs: 5, answerMs: 80, diskBytesPerSecond: 1e8 },
  send: { worker: 100, workerCore: 0.1, redis: 40 },
  webhook: { node: 200, redis: 20 },
  import: { node: 10, redis: 1 },
  bytes: { recipient: 100, appended: 500 },
  connections: { process: 17 },
};
const LOAD = { numbers: 10, perDay: 1e7, peakPerSecond: 2_000, days: 30, memoryBytes: 64e9 };

test("the tables of docs/sizing.md are those of the model with the recorded inputs", () => {
  const page = read("docs/sizing.md");
  const tables = { sizing: sizingTable(costs), costs: costTable(costs), checks: checkTable(costs) };
  for (const [name, lines] of Object.entries(tables)) {
    const section = `<!-- ${name}: begin -->\n${lines.join("\n")}\n<!-- ${name}: end -->`;
    expect(page, "node bench/model/run.mjs --write").toContain(section);
  }
});

test("a load needs so many processes and nodes that each is busy for 60 % of the time", () => {
  // Workers 0.2 of 0.5 processors each; events 6,000 x 200 us; Redis 2,000 x 100 us, 30 GB of 38.
  expect(deploymentFor(ROUND, LOAD)).toEqual({ workers: 2, webhooks: 2, masters: 1 });
  expect(deploymentFor(ROUND, { ...LOAD, peakPerSecond: 20_000, numbers: 100 })).toEqual({
    ...{ workers: 4, webhooks: 20, masters: 4 },
  });
  expect(deploymentFor(ROUND, { ...LOAD, days: 90 })).toMatchObject({ masters: 3 });
});

test("the busiest part comes first, and is that of the node with the most numbers", () => {
  const given = { workers: 2, webhooks: 4, masters: 3 };
  const found = utilisation(ROUND, LOAD, given);
  const busy = Object.fromEntries(found.map((one) => [one.part, Number(one.busy.toFixed(4))]));

  expect(found[0]?.part).toBe("webhooks' processors");
  expect(busy).toEqual({
    "webhooks' processors": 0.3,
    "workers' processors": 0.2,
    "a number's rate": 0.2,
    // Four of ten numbers.
    "a Redis node's processor": 0.08,
    "Redis memory": 0.1875,
    "a node's connections": 0.004,
    "a node's disk": 0.004,
    "a number's messages on the wire": 0.002,
  });
});
