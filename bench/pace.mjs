// The pace at the API: how much of the rate is used, and the busiest second.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadNow, machine, reachedOrNot, table, writeSection } from "../scripts/results.mjs";
import { campaignFile } from "./rig/campaign.mjs";
import { dropcastEnv, plainEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const RUNS = [
  { sender: "dropcast", ratePerSecond: 80, processes: 1 },
  { sender: "dropcast", ratePerSecond: 80, processes: 2 },
  { sender: "dropcast", ratePerSecond: 80, processes: 4 },
  { sender: "dropcast", ratePerSecond: 1_000, processes: 1 },
  { sender: "dropcast", ratePerSecond: 1_000, processes: 2 },
  { sender: "dropcast", ratePerSecond: 1_000, processes: 4 },
  { sender: "dropcast", ratePerSecond: 1_000, processes: 1, redisMs: 2, apiMs: 150 },
  { sender: "plain", ratePerSecond: 80, processes: 2 },
];
/** The start is not watched: the first claims of each process find the pace's bucket full. */
const LEAD_MS = 2_000;
const USED_MIN = 0.98;
/** Then the rate is halved: what is granted already may leave for so long. */
const CHANGE_MS = 500;
const CHANGED_SECONDS = 4;

export async function measure({ seconds = 30, results, command }) {
  const load = loadNow();
  const dir = temporaryFolder();
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const api = await startProcess("api");
  const port = await api.call("listen");
  const redis = await startRedis({ appendfsync: "always" });
  const found = [];
  try {
    for (const [serial, run] of RUNS.entries()) {
      await redis.client.flushall();
      await api.call("reset");
      const one = await paceOnce({ run, serial, seconds, redis, api, port, dir, campaignPath });
      found.push({ ...run, ...one });
      console.error(JSON.stringify(found.at(-1)));
    }
  } finally {
    await api.stop();
    await redis.stop();
  }
  const facts = machine({ redisVersion: redis.version, load });
  writeSection({
    file: results,
    name: "pace",
    lines: [
      "## Pace",
      "",
      `\`${command}\` - ${seconds} s each, after ${LEAD_MS / 1_000} s; appendfsync always; arrival times ` +
        `in the API's process. ${facts}`,
      "",
      "To reach: 98 % of the rate used, and no sliding second above the rate + max(2 %, 3 messages).",
      "An arrival counts when the API's process notices it; how late that was one time in a",
      "thousand is in the last column: 20 ms are a busiest second of 2 % more.",
      "",
      ...report(found),
    ],
  });
}

async function paceOnce({ run, serial, seconds, redis, api, port, dir, campaignPath }) {
  const { sender, ratePerSecond, processes, redisMs = 0, apiMs = 0 } = run;
  await api.call("answerAfter", apiMs);
  const far = redisMs === 0 ? null : await startFarRedis(redis, join(dir, "far.sock"), redisMs);
  const target = { socket: far?.socket ?? redis.socket, port, ratePerSecond, dir };
  const env = sender === "dropcast" ? dropcastEnv(target) : plainEnv(target);
  const csvPath = join(dir, `list-${serial}.csv`);
  // Enough for the time that is watched and a little more, so that the rate is what ends it.
  const rows = Math.ceil(ratePerSecond * (seconds + LEAD_MS / 1_000 + 8));
  writeList({ path: csvPath, rows, serial });
  const workers = [];
  try {
    for (let i = 0; i < processes; i++) workers.push(await startProcess(sender, { env }));
    await workers[0].call("importList", { campaignPath, campaign: `pace-${serial}`, csvPath });
    await Promise.all(workers.map((worker) => worker.call("start")));
    await sleep(LEAD_MS + (seconds + 1) * 1_000);
    const apiLateMs = await api.call("lateMs");
    const changed = sender === "dropcast" ? await halveRate(workers[0], ratePerSecond) : null;
    return {
      apiLateMs,
      ...evaluate(await api.call("arrivals"), ratePerSecond, seconds),
      ...changed?.(await api.call("arrivals")),
    };
  } finally {
    // They have more to send, which is not waited for.
    await Promise.all(workers.map((worker) => worker.stop()));
    await far?.stop();
  }
}

async function startFarRedis({ socket }, farSocket, roundTripMs) {
  const proxy = await startProcess("far-redis");
  await proxy.call("listen", { socket, farSocket, roundTripMs });
  return { socket: farSocket, stop: () => proxy.stop() };
}

/** Gives a function that finds the busiest second from half a second after the change on. */
async function halveRate(worker, ratePerSecond) {
  const rate = ratePerSecond / 2;
  const at = await worker.call("setRate", rate);
  await sleep(CHANGE_MS + CHANGED_SECONDS * 1_000);
  return (arrivals) => {
    const after = arrivals.filter((one) => one >= at + CHANGE_MS);
    const most = rate + Math.max(0.02 * rate, 3);
    const busiest = busiestSecond(after);
    return { changedBusiest: busiest, changedMost: most, changedReached: busiest <= most };
  };
}

function busiestSecond(arrivals) {
  let busiest = 0;
  for (let first = 0, last = 0; last < arrivals.length; last++) {
    while (arrivals[last] - arrivals[first] >= 1_000) first++;
    busiest = Math.max(busiest, last - first + 1);
  }
  return busiest;
}

function evaluate(arrivals, ratePerSecond, seconds) {
  const from = (arrivals[0] ?? 0) + LEAD_MS;
  const watched = arrivals.filter((at) => at >= from && at < from + seconds * 1_000);
  const busiest = busiestSecond(watched);
  const used = watched.length / (ratePerSecond * seconds);
  const most = ratePerSecond + Math.max(0.02 * ratePerSecond, 3);
  return { used, busiest, most, reached: used >= USED_MIN && busiest <= most };
}

function report(found) {
  const header = [
    "sender",
    "rate",
    "worker processes",
    "rate used",
    "busiest second",
    "at most",
    "",
    "rate halved: busiest second from 0.5 s on",
    "",
    "the API's process was late by, ms",
  ];
  const rows = found.map((one) => {
    const { sender, ratePerSecond, processes, used, busiest, most, reached, redisMs, apiMs } = one;
    const far = redisMs === undefined ? "" : `; ${redisMs} ms to Redis, ${apiMs} ms to the API`;
    const isOurs = sender === "dropcast";
    return [
      isOurs ? "Dropcast" : "plain sender",
      `${ratePerSecond}/s`,
      `${processes}${far}`,
      `${(used * 100).toFixed(1)} %`,
      busiest,
      most,
      isOurs ? reachedOrNot(reached) : "for comparison",
      isOurs ? `${one.changedBusiest} of ${one.changedMost}` : "",
      isOurs ? reachedOrNot(one.changedReached) : "",
      one.apiLateMs.toFixed(1),
    ];
  });
  return table(header, rows);
}
