// Measures the points that the model is checked by: so many worker processes and Redis nodes, all
// at once on this machine. Each node has lists and workers of its own, as the nodes of a cluster
// have numbers of their own. Writes them and what was measured beside them into inputs.json.
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { loadNow, machine, median } from "../../scripts/results.mjs";
import { campaignFile } from "../rig/campaign.mjs";
import { dropcastEnv } from "../rig/environment.mjs";
import { temporaryFolder } from "../rig/folder.mjs";
import { writeList } from "../rig/list.mjs";
import { startProcess } from "../rig/process.mjs";
import { startRedis } from "../rig/redis.mjs";

/** Worker processes and Redis nodes. */
const POINTS = [
  [1, 1],
  [2, 1],
  [4, 1],
  [3, 3],
];
const WARM_UP_ROWS = 2_000;
const RATE = 100_000;
const FSYNCS = 200;
const SETTLE_MS = 500;
const INPUTS = new URL("inputs.json", import.meta.url);

// Each process and each folder has a listener for the exit of this one.
process.setMaxListeners(100);
const rows = Number(process.argv[2] ?? 30_000);
const load = loadNow();
const dir = temporaryFolder();
const campaignPath = join(dir, "campaign.json");
writeFileSync(campaignPath, campaignFile("Model"));
const api = await startProcess("api");
const port = await api.call("listen");
const points = [];
for (const [workers, masters] of POINTS) {
  const point = await measurePoint(workers, masters);
  console.log(JSON.stringify(point));
  points.push(point);
}
const fsyncMs = await fsyncTime();
const [alone] = points;
const inputs = JSON.parse(readFileSync(INPUTS, "utf8"));
const measured = { ...fitWorker(points), redis: alone.redis };
const redis = await startRedis({ appendfsync: "always" });
const where = machine({ redisVersion: redis.version, load });
await redis.stop();
writeFileSync(
  INPUTS,
  `${JSON.stringify(
    {
      ...inputs,
      machine: where,
      send: measured,
      fsyncMs,
      bytes: { ...inputs.bytes, appended: alone.appended },
      checks: { cores: availableParallelism(), points: points.map(shown) },
    },
    null,
    2,
  )}\n`,
);
await api.stop();
process.exit();

/**
 * What a message costs a worker, and what a worker that sends costs beside its messages: the line
 * through the points of one node (least squares).
 */
function fitWorker(all) {
  const some = all
    .filter(({ masters }) => masters === 1)
    .map(({ workers, perSecond, worker }) => ({ x: (1e6 * workers) / perSecond, y: worker }));
  const mean = (of) => some.reduce((sum, one) => sum + of(one), 0) / some.length;
  const [x, y] = [mean((one) => one.x), mean((one) => one.y)];
  const slope = mean((one) => (one.x - x) * (one.y - y)) / mean((one) => (one.x - x) ** 2);
  return { worker: round(y - slope * x), workerCore: Number(slope.toFixed(3)) };
}

function shown({ workers, masters, worker, redis, perSecond }) {
  return { workers, masters, worker, redis, perSecond };
}

/** CPU microseconds a message, messages a second, and bytes that Redis appended to its file. */
async function measurePoint(workers, masters) {
  const nodes = [];
  for (let nth = 0; nth < masters; nth++) nodes.push(await startNode(nth, workers / masters));
  const sum = async (read) =>
    (await Promise.all(nodes.map(read))).reduce((total, one) => total + one, 0);
  const workerCpu = () => sum(async ({ running }) => total(running.map((one) => one.call("cpu"))));
  const redisCpu = () => sum(async (node) => 1e6 * (await node.redis.cpuSeconds()));
  const appended = () => sum(({ redis: { client } }) => fileBytes(client));
  const importAll = async (name) => {
    await api.call("reset");
    await Promise.all(
      nodes.map(({ importer, lists }) =>
        importer.call("importList", { campaignPath, csvPath: lists[name] }),
      ),
    );
  };
  await importAll("warmUp");
  await untilAccepted(masters * WARM_UP_ROWS);
  await importAll("list");
  const [at, cpu, redis, bytes] = [
    (await api.call("report")).accepted,
    ...[await workerCpu(), await redisCpu(), await appended()],
  ];
  const from = performance.now();
  await untilAccepted(masters * rows);
  const seconds = (performance.now() - from) / 1_000;
  await sleep(SETTLE_MS);
  const messages = masters * rows - at;
  const point = {
    ...{ workers, masters, perSecond: Math.round(messages / seconds) },
    worker: round(((await workerCpu()) - cpu) / messages),
    redis: round(((await redisCpu()) - redis) / messages),
    appended: round(((await appended()) - bytes) / messages),
  };
  for (const { running, importer, redis: its } of nodes) {
    for (const one of [...running, importer]) {
      await one.call("stop").catch(() => {});
      await one.stop();
    }
    await its.stop();
  }
  return point;
}

async function startNode(nth, workers) {
  const redis = await startRedis({ appendfsync: "everysec" });
  // Each process keeps there what its Redis has told it.
  const own = { dir: temporaryFolder() };
  const env = dropcastEnv({ socket: redis.socket, port, ratePerSecond: RATE, ...own });
  const lists = { warmUp: join(dir, `warm-up-${nth}.csv`), list: join(dir, `list-${nth}.csv`) };
  writeList({ path: lists.warmUp, rows: WARM_UP_ROWS, serial: 2 * nth + 1 });
  writeList({ path: lists.list, rows, serial: 2 * nth + 2 });
  const running = [];
  for (let at = 0; at < workers; at++) running.push(await startProcess("dropcast", { env }));
  await Promise.all(running.map((one) => one.call("start")));
  return { redis, lists, running, importer: await startProcess("dropcast", { env }) };
}

async function untilAccepted(messages) {
  const until = performance.now() + 120_000;
  while ((await api.call("report")).accepted < messages) {
    if (performance.now() > until) throw new Error("Messages do not arrive.");
    await sleep(20);
  }
}

/** A write that waits for the disk, one after the other, ms. */
async function fsyncTime() {
  const redis = await startRedis({ appendfsync: "always" });
  const times = [];
  for (let nth = 0; nth < FSYNCS; nth++) {
    const from = performance.now();
    await redis.client.set("fsync", nth);
    times.push(performance.now() - from);
  }
  await redis.stop();
  return Number(median(times).toFixed(2));
}

async function fileBytes(client) {
  return Number(/^aof_current_size:(\d+)/m.exec(await client.info("persistence"))[1]);
}

async function total(promises) {
  return (await Promise.all(promises)).reduce((sum, one) => sum + one, 0);
}

function round(value) {
  return Number(value.toFixed(0));
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
