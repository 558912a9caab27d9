// How soon a pause holds on all workers, and how soon a resume is felt, at the API.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadNow, machine, reachedOrNot, table, writeSection } from "../scripts/results.mjs";
import { campaignFile } from "./rig/campaign.mjs";
import { dropcastEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const RATE = 500;
const WORKERS = 2;
const LIST_ROWS = [10_000, 400_000];
const LEAD_MS = 2_000;
const PAUSED_MS = 1_500;
const RUNNING_MS = 1_000;
const MOST_MS = 1_000;

export async function measure({ rounds = 100, results, command }) {
  const load = loadNow();
  const dir = temporaryFolder();
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const api = await startProcess("api");
  const port = await api.call("listen");
  const redis = await startRedis({ appendfsync: "always" });
  const target = { socket: redis.socket, port, ratePerSecond: RATE, dir };
  const workers = [];
  try {
    for (let i = 0; i < WORKERS; i++) {
      workers.push(await startProcess("dropcast", { env: dropcastEnv(target) }));
    }
    const rows = Math.ceil((RATE * (LEAD_MS + rounds * (RUNNING_MS + 500))) / 1_000);
    const csvPath = join(dir, "list.csv");
    writeList({ path: csvPath, rows, serial: 0 });
    const { id } = await workers[0].call("importList", { campaignPath, csvPath });
    await Promise.all(workers.map((worker) => worker.call("start")));
    await sleep(LEAD_MS);
    const commands = [];
    for (let round = 0; round < rounds; round++) {
      const paused = await workers[0].call("control", { verb: "pause", id });
      await sleep(PAUSED_MS);
      const resumed = await workers[0].call("control", { verb: "resume", id });
      await sleep(RUNNING_MS);
      commands.push({ paused, resumed });
    }
    const waits = evaluate(commands, await api.call("arrivals"));
    const commandMs = await commandCosts({ worker: workers[0], dir, campaignPath });
    const facts = machine({ redisVersion: redis.version, load });
    writeSection({
      file: results,
      name: "pause",
      lines: [
        "## Pause and resume",
        "",
        `\`${command}\` - ${rounds} pauses at ${RATE}/s, ${WORKERS} worker processes; appendfsync always; ` +
          `from the command to the last or first arrival in the API's process. ${facts}`,
        "",
        `To reach: 99 of 100 within ${MOST_MS} ms.`,
        "",
        ...report(waits),
        "",
        ...LIST_ROWS.map(
          (rows, at) =>
            `- the command itself, for a list of ${rows.toLocaleString("en-US")} rows: ` +
            `${commandMs[at].toFixed(1)} ms (median)`,
        ),
      ],
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await api.stop();
    await redis.stop();
  }
}

/** The median of a pause and a resume, for a short and a long list, without workers' messages. */
async function commandCosts({ worker, dir, campaignPath }) {
  const costs = [];
  for (const [serial, rows] of LIST_ROWS.entries()) {
    const csvPath = join(dir, `command-${serial}.csv`);
    writeList({ path: csvPath, rows, serial: serial + 1 });
    const { id } = await worker.call("importList", { campaignPath, csvPath });
    const took = [];
    for (let round = 0; round < 20; round++) {
      for (const verb of ["pause", "resume"]) {
        const { begunAt, doneAt } = await worker.call("control", { verb, id });
        took.push(doneAt - begunAt);
      }
    }
    await worker.call("control", { verb: "cancel", id });
    costs.push(percentile(took, 0.5));
  }
  return costs;
}

function evaluate(commands, arrivals) {
  const [lasts, firsts] = [[], []];
  for (const [round, { paused, resumed }] of commands.entries()) {
    const until = commands[round + 1]?.paused.begunAt ?? Number.POSITIVE_INFINITY;
    const after = arrivals.filter((at) => at > paused.begunAt && at < resumed.begunAt);
    lasts.push(after.length === 0 ? 0 : after.at(-1) - paused.begunAt);
    const first = arrivals.find((at) => at > resumed.begunAt && at < until);
    firsts.push(first === undefined ? Number.POSITIVE_INFINITY : first - resumed.begunAt);
  }
  return { lasts, firsts };
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

function report({ lasts, firsts }) {
  const row = (name, values) => {
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(values, share));
    return [name, ...[p50, p99, most].map((ms) => ms.toFixed(0)), reachedOrNot(p99 <= MOST_MS)];
  };
  return table(
    ["", "p50 ms", "p99 ms", "most ms", ""],
    [row("pause to the last POST", lasts), row("resume to the first POST", firsts)],
  );
}
