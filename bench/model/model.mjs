// What a deployment needs, and what breaks first, from what the benches measured of one message,
// one event and one row. Sums and quotients only: at the utilisation that is planned for, queues
// are short, and what a queue would add is less than the measured costs vary.

/** Share of a processor that is planned for: above it, waiting grows faster than the load. */
export const PLANNED = 0.6;
const MICROS = 1e6;
const GIGABYTE = 1e9;
const MEGABYTE = 1e6;
/** Redis's default `maxclients`. */
const CLIENTS_MAX = 10_000;
/** A number's messages a second at WhatsApp; all of them are in one hash slot, so on one node. */
export const NUMBER_PER_SECOND_MAX = 1_000;
/** Messages of one number on the wire at most. */
const FLIGHT_MAX = 10_000;

/**
 * What the load takes of each kind of process, in processors, bytes and connections, whatever runs
 * it. `peakPerSecond`: messages of all numbers; each makes `events` status events.
 */
export function loadOf(costs, { numbers, perDay, peakPerSecond, days }) {
  const events = peakPerSecond * costs.events;
  const redisMicros = costs.send.redis + costs.events * costs.webhook.redis;
  return {
    events,
    workerCores: (peakPerSecond * costs.send.worker) / MICROS,
    webhookCores: (events * costs.webhook.node) / MICROS,
    redisCores: (peakPerSecond * redisMicros) / MICROS,
    numberCores: ((peakPerSecond / numbers) * redisMicros) / MICROS,
    importCores: (perDay * costs.import.node) / MICROS / (24 * 3_600),
    bytes: days * perDay * costs.bytes.recipient,
    diskBytesPerSecond: peakPerSecond * costs.bytes.appended,
    // Each message waits for its claim's and its outcome's fsync, and for the API in between.
    flight: (peakPerSecond / numbers) * (costs.answerMs / 1_000 + (4 * costs.fsyncMs) / 1_000),
  };
}

/** The processes and nodes that a load needs. */
export function deploymentFor(costs, load) {
  const { workerCores, webhookCores, redisCores, bytes } = loadOf(costs, load);
  const forMemory = bytes / (load.memoryBytes * PLANNED);
  return {
    workers: Math.max(2, Math.ceil(workerCores / (PLANNED - costs.send.workerCore))),
    webhooks: Math.max(2, Math.ceil(webhookCores / PLANNED)),
    masters: Math.max(1, Math.ceil(redisCores / PLANNED), Math.ceil(forMemory)),
  };
}

/**
 * How busy each part of a deployment is, as a share of what it can do, the busiest first: that is
 * what breaks first when the load grows.
 */
export function utilisation(costs, load, { workers, webhooks, masters }) {
  const its = loadOf(costs, load);
  // A number is on one node: with few numbers a node may have one more than another.
  const share = Math.ceil(load.numbers / masters) / load.numbers;
  // Those of a process are to all nodes together.
  const perProcess = (costs.connections.process + masters) / masters;
  const connections = (workers + webhooks) * perProcess;
  const parts = [
    ["workers' processors", its.workerCores / workers + costs.send.workerCore],
    ["webhooks' processors", its.webhookCores / webhooks],
    ["a Redis node's processor", its.redisCores * share],
    ["Redis memory", (its.bytes * share) / load.memoryBytes],
    ["a node's connections", connections / CLIENTS_MAX],
    ["a node's disk", (its.diskBytesPerSecond * share) / costs.diskBytesPerSecond],
    ["a number's rate", load.peakPerSecond / load.numbers / NUMBER_PER_SECOND_MAX],
    ["a number's messages on the wire", its.flight / FLIGHT_MAX],
  ];
  return parts.map(([part, busy]) => ({ part, busy })).sort((a, b) => b.busy - a.busy);
}

/** The rows of the sizing table. */
export const CASES = [
  { name: "a shop", numbers: 1, perDay: 100_000, peakPerSecond: 80 },
  { name: "one number at WhatsApp's limit", numbers: 1, perDay: 5_000_000, peakPerSecond: 1_000 },
  { name: "an agency", numbers: 20, perDay: 10_000_000, peakPerSecond: 1_600 },
  { name: "a platform", numbers: 200, perDay: 50_000_000, peakPerSecond: 10_000 },
  { name: "500 busy numbers", numbers: 500, perDay: 500_000_000, peakPerSecond: 40_000 },
  { name: "a thousand at the limit", numbers: 1_000, perDay: 5e9, peakPerSecond: 1_000_000 },
].map((one) => ({ ...one, days: 30, memoryBytes: 64 * GIGABYTE }));

const count = (number) => Math.round(number).toLocaleString("en");
const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
const line = (cells) => `| ${cells.join(" | ")} |`;

/** The table of docs/sizing.md, as lines. */
export function sizingTable(costs) {
  const header = [
    ...["", "numbers", "messages a day", "peak/s", "events/s", "workers", "webhooks"],
    ...["Redis masters", "Redis memory, GB", "appended, MB/s", "busiest part, and how busy"],
  ];
  const rows = CASES.map((load) => {
    const needs = deploymentFor(costs, load);
    const its = loadOf(costs, load);
    const [first] = utilisation(costs, load, needs);
    return [
      ...[load.name, ...[load.numbers, load.perDay, load.peakPerSecond, its.events].map(count)],
      ...[needs.workers, needs.webhooks, needs.masters].map(count),
      ...[count(Math.max(1, its.bytes / GIGABYTE)), (its.diskBytesPerSecond / MEGABYTE).toFixed(1)],
      `${first.part}, ${percent(first.busy)}`,
    ];
  });
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

/** The inputs as a table. */
export function costTable(costs) {
  const rows = [
    ["import, CPU µs per row: importer, Redis", `${costs.import.node}, ${costs.import.redis}`],
    ["send, CPU µs per message: worker, Redis", `${costs.send.worker}, ${costs.send.redis}`],
    ["a worker that sends, beside its messages, processors", costs.send.workerCore],
    ["status event, CPU µs: webhooks, Redis", `${costs.webhook.node}, ${costs.webhook.redis}`],
    ["status events per message", costs.events],
    ["Redis bytes per recipient, outcomes included", costs.bytes.recipient],
    ["bytes appended to Redis's file per message, without its events", costs.bytes.appended],
    ["fsync, ms", costs.fsyncMs],
    ["the API's answer, ms (assumed)", costs.answerMs],
    ["disk, MB/s (assumed)", costs.diskBytesPerSecond / MEGABYTE],
    ["connections of a process, and one for each further node", costs.connections.process],
  ];
  return [line(["cost", ""]), line(["---", "---"]), ...rows.map(line)];
}

/** The measured points beside what the model says of them. */
export function checkTable(costs) {
  const header = [
    ...["workers", "masters", "messages/s", "worker, CPU µs per message", "model", "difference"],
    ...["Redis, CPU µs per message", "model", "difference"],
  ];
  const { send, checks } = costs;
  const rows = checks.points.map(({ workers, masters, perSecond, worker, redis }) => {
    const says = send.worker + (MICROS * send.workerCore * workers) / perSecond;
    return [
      ...[workers, masters, perSecond, worker].map(count),
      ...[count(says), difference(worker, says)],
      ...[count(redis), count(send.redis), difference(redis, send.redis)],
    ];
  });
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

function difference(measured, model) {
  const share = measured / model - 1;
  return `${share < 0 ? "-" : "+"}${Math.abs(100 * share).toFixed(0)} %`;
}
