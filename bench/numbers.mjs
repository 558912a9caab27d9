// Many numbers in one worker process: what they cost at rest, and whether each keeps its pace.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  loadNow,
  machine,
  median,
  reachedOrNot,
  spread,
  table,
  writeSection,
} from "../scripts/results.mjs";
import { campaignFile, TOKEN } from "./rig/campaign.mjs";
import { dropcastEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const IDLE = [
  { numbers: 60, processes: 1 },
  { numbers: 500, processes: 1 },
  { numbers: 500, processes: 10 },
];
/** So long after the start every number has been looked at and has reported its memory. */
const SETTLED_MS = 12_000;
const CONNECTIONS_MAX = 17;
const COMMANDS_MAX = 100;
const FIRST_POST_MAX_MS = 1_000;
const IMPORTS = 5;

/** One number by itself says how exact this machine is at that rate. */
const SENDING = [
  { numbers: 1, rate: 1 },
  { numbers: 200, rate: 1 },
  { numbers: 1, rate: 5 },
  { numbers: 40, rate: 5 },
  { numbers: 200, rate: 5 },
];
const RATE_AT_REST = 5;
const LEAD_MS = 3_000;
const USED_MIN = 0.98;
/** A message may come so much before its second. As in the figure `pace`. */
const BEYOND_MAX = 3;

/** `only`: `idle`, or cases of sending as in `40x5`, with commas between them. */
export async function measure({ seconds = 20, results, command, only }) {
  const isWanted = (name) => only === undefined || only.split(",").includes(name);
  const load = loadNow();
  const api = await startProcess("api");
  const port = await api.call("listen");
  const idle = [];
  const sending = [];
  let redisVersion;
  try {
    for (const run of isWanted("idle") ? IDLE : []) {
      const rig = await openRig({ ...run, rate: RATE_AT_REST, port });
      redisVersion = rig.redis.version;
      try {
        idle.push({ ...run, ...(await idleFigures(rig, { seconds, api })) });
        console.error(JSON.stringify(idle.at(-1)));
      } finally {
        await rig.close();
      }
    }
    for (const run of SENDING.filter(({ numbers, rate }) => isWanted(`${numbers}x${rate}`))) {
      const rig = await openRig({ ...run, processes: 1, port });
      redisVersion = rig.redis.version;
      try {
        sending.push({ ...run, ...(await paceFigures(rig, { ...run, seconds, api })) });
        console.error(JSON.stringify(sending.at(-1)));
      } finally {
        await rig.close();
      }
    }
  } finally {
    await api.stop();
  }
  writeSection({
    file: results,
    name: "numbers",
    lines: [
      "## Many numbers",
      "",
      `\`${command}\` - appendfsync always; ${seconds} s each. ${machine({ redisVersion, load })}`,
      "",
      ...report({ idle, sending, seconds }),
    ],
  });
}

/** So many numbers, an importer, and workers that are yet to be started. */
async function openRig({ numbers, rate, processes, port }) {
  const dir = temporaryFolder();
  const redis = await startRedis({ appendfsync: "always" });
  const names = Array.from({ length: numbers }, (_, at) => `n${at}`);
  const file = Object.fromEntries(
    names.map((name) => [name, { id: name, token: TOKEN, ratePerSecond: rate }]),
  );
  writeFileSync(join(dir, "numbers.yaml"), JSON.stringify({ numbers: file }));
  const base = dropcastEnv({ socket: redis.socket, port, ratePerSecond: rate, dir });
  // All of its numbers are in the file.
  const env = { ...base, DROPCAST_CONFIG: join(dir, "numbers.yaml") };
  for (const name of ["DROPCAST_NUMBER_ID", "DROPCAST_API_TOKEN"]) env[name] = "";
  const readyMs = [];
  const workers = [];
  const importer = await startProcess("dropcast", { env });
  return {
    ...{ redis, names, workers, readyMs },
    async startWorkers() {
      for (let at = 0; at < processes; at++) {
        const begunAt = performance.now();
        const worker = await startProcess("dropcast", { env });
        await worker.call("start");
        readyMs.push(performance.now() - begunAt);
        workers.push(worker);
      }
    },
    async importList(number, { rows, serial }) {
      const campaignPath = join(dir, `${number}.json`);
      writeFileSync(
        campaignPath,
        JSON.stringify({ ...JSON.parse(campaignFile(`c-${serial}`)), number }),
      );
      const csvPath = join(dir, `list-${serial}.csv`);
      writeList({ path: csvPath, rows, serial });
      return importer.call("importList", { campaignPath, csvPath });
    },
    async close() {
      for (const worker of workers) await worker.call("stop").catch(() => {});
      for (const one of [importer, ...workers]) await one.stop();
      await redis.stop();
    },
  };
}

async function idleFigures(rig, { seconds, api }) {
  const { redis, names, workers, readyMs, importList } = rig;
  await rig.startWorkers();
  await sleep(SETTLED_MS);
  const [before, cpuBefore, redisBefore] = [
    await commandsOf(redis),
    await cpuOf(workers),
    await redis.cpuSeconds(),
  ];
  await sleep(seconds * 1_000);
  const each = seconds * workers.length;
  const commands = ((await commandsOf(redis)) - before) / each;
  const cpuShare = ((await cpuOf(workers)) - cpuBefore) / each / 1e6;
  const redisShare = ((await redis.cpuSeconds()) - redisBefore) / seconds;
  // Without that of this process, and that of the importer.
  const all = String(await redis.client.client("LIST"))
    .trim()
    .split("\n").length;
  const connections = (all - 2) / workers.length;
  const firstMs = [];
  for (let at = 0; at < IMPORTS; at++) {
    await api.call("reset");
    const { endedAt } = await importList(names.at(-1 - at), { rows: 3, serial: at });
    while ((await api.call("report")).accepted === 0) await sleep(5);
    firstMs.push(Math.max(0, (await api.call("report")).firstAt - endedAt));
  }
  return { readyMs: Math.max(...readyMs), connections, commands, cpuShare, redisShare, firstMs };
}

/** Every number sends at its rate; each is watched for itself. */
async function paceFigures(rig, { numbers, rate, seconds, api }) {
  const { redis, names, workers, importList } = rig;
  // The first to begin must not end before the last one has begun and was watched.
  const rows = rate * (seconds + 100);
  await api.call("reset", { withSenders: true });
  for (const [serial, name] of names.entries()) await importList(name, { rows, serial });
  await rig.startWorkers();
  while ((await api.call("report")).accepted < numbers * rate) await sleep(100);
  await sleep(LEAD_MS);
  const fromMs = (await api.call("arrivals")).at(-1);
  const [cpuBefore, redisBefore] = [await cpuOf(workers), await redis.cpuSeconds()];
  await sleep(seconds * 1_000);
  const cpuShare = ((await cpuOf(workers)) - cpuBefore) / seconds / 1e6;
  const redisShare = ((await redis.cpuSeconds()) - redisBefore) / seconds;
  await sleep(500);
  const [arrivals, senders] = [await api.call("arrivals"), await api.call("senders")];
  const perNumber = new Map(names.map((name) => [name, []]));
  for (const [at, time] of arrivals.entries()) {
    if (time >= fromMs && time < fromMs + seconds * 1_000) perNumber.get(senders[at])?.push(time);
  }
  const used = [...perNumber.values()].map((times) => times.length / (rate * seconds));
  const busiest = [...perNumber.values()].map(busiestSecond);
  return {
    ...{ cpuShare, redisShare },
    usedLowest: Math.min(...used),
    usedMean: used.reduce((sum, one) => sum + one, 0) / used.length,
    busiest: Math.max(...busiest),
  };
}

function busiestSecond(times) {
  let [most, from] = [0, 0];
  for (const [at, time] of times.entries()) {
    while (time - times[from] >= 1_000) from++;
    most = Math.max(most, at - from + 1);
  }
  return most;
}

async function commandsOf({ client }) {
  return Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
}

async function cpuOf(workers) {
  const each = await Promise.all(workers.map((worker) => worker.call("cpu")));
  return each.reduce((sum, one) => sum + one, 0);
}

function report({ idle, sending, seconds }) {
  const percent = (share) => `${(share * 100).toFixed(1)} %`;
  const verdict = ({ connections, commands, firstMs }) =>
    reachedOrNot(
      connections <= CONNECTIONS_MAX &&
        commands < COMMANDS_MAX &&
        median(firstMs) < FIRST_POST_MAX_MS,
    );
  const isPaced = ({ rate, usedLowest, busiest }) =>
    usedLowest >= USED_MIN && busiest <= rate + BEYOND_MAX;
  const atRest = idle.length === 0 ? [] : idleReport({ idle, percent, verdict });
  return [
    ...atRest,
    `Sending, each number in one process with all the others, for ${seconds} s. To reach: ${percent(USED_MIN)} of each ` +
      `number's rate, and no more than ${BEYOND_MAX} above it in any sliding second.`,
    "",
    ...table(
      ["numbers", "rate of each", "used", "lowest", "busiest second", "CPU", "Redis", "to reach"],
      sending.map((one) => [
        ...[one.numbers, `${one.rate}/s`, percent(one.usedMean), percent(one.usedLowest)],
        ...[one.busiest, percent(one.cpuShare), percent(one.redisShare)],
        reachedOrNot(isPaced(one)),
      ]),
    ),
  ];
}

function idleReport({ idle, percent, verdict }) {
  return [
    `At rest, a process. Commands are all that Redis counts, those within scripts too. To reach: ${CONNECTIONS_MAX} connections, ` +
      `fewer than ${COMMANDS_MAX} commands/s, and less than a second from an import to its first POST.`,
    "",
    ...table(
      [
        "numbers",
        "processes",
        "ready",
        "connections",
        "commands/s",
        "CPU",
        "Redis, all",
        "first POST",
        "to reach",
      ],
      idle.map((one) => [
        ...[one.numbers, one.processes, `${(one.readyMs / 1_000).toFixed(1)} s`],
        ...[one.connections.toFixed(1), one.commands.toFixed(0), percent(one.cpuShare)],
        ...[percent(one.redisShare), `${spread(one.firstMs)} ms`, verdict(one)],
      ]),
    ),
    "",
  ];
}
