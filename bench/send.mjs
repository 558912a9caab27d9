// CSV file to last accepted POST, import included: Dropcast and the plain sender in turn.
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
import { campaignFile } from "./rig/campaign.mjs";
import { dropcastEnv, plainEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

/** So high that the pace does not limit. */
const RATE_PER_SECOND = 100_000;
/** Sent first, so that both senders are measured warm; no more than the list itself. */
const WARM_UP_ROWS_MAX = 1_000;
/** What is under way when the API has all: it is recorded by then. */
const SETTLE_MS = 500;
const SILENT_MS_MAX = 15_000;
/** Messages a second, in relation to the plain sender's, by appendfsync; and CPU per message. */
const FASTER_MIN = { always: 2.2, everysec: 2 };
const CPU_SHARE_MAX = 0.45;

export async function measure({ rows = 20_000, rounds = 3, fsync, profile, results, command }) {
  const load = loadNow();
  const modes = fsync === undefined ? ["always", "everysec"] : [fsync];
  const dir = temporaryFolder();
  const warmUpRows = Math.min(rows, WARM_UP_ROWS_MAX);
  const lists = [join(dir, "warm-up.csv"), join(dir, "list.csv")];
  writeList({ path: lists[0], rows: warmUpRows, serial: 1 });
  writeList({ path: lists[1], rows, serial: 2 });
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const api = await startProcess("api");
  const port = await api.call("listen");
  const found = [];
  let redisVersion = "";
  try {
    for (const mode of modes) {
      for (let round = 1; round <= rounds; round++) {
        for (const sender of ["dropcast", "plain"]) {
          const redis = await startRedis({ appendfsync: mode });
          redisVersion = redis.version;
          try {
            const input = {
              sender,
              redis,
              api,
              port,
              lists,
              campaignPath,
              rows,
              warmUpRows,
              dir,
              profile,
            };
            const one = await sendOnce(input);
            found.push({ mode, sender, ...one });
            console.error(`${mode} ${round} ${sender}: ${JSON.stringify(one)}`);
          } finally {
            await redis.stop();
          }
        }
      }
    }
  } finally {
    await api.stop();
  }
  const header = `${rows.toLocaleString("en")} rows, ${rounds} rounds each, alternating. `;
  writeSection({
    file: results,
    name: "send",
    lines: [
      "## CSV to last accepted POST",
      "",
      `\`${command}\` - ${header}${machine({ redisVersion, load })}`,
      ...modes.flatMap((mode) => report(mode, found)),
    ],
  });
}

/** One list through one sender: an importer process, and one worker process that already runs. */
async function sendOnce(input) {
  const { sender, redis, api, port, lists, campaignPath, rows, warmUpRows, dir, profile } = input;
  const target = { socket: redis.socket, port, ratePerSecond: RATE_PER_SECOND, dir };
  const env = sender === "dropcast" ? dropcastEnv(target) : plainEnv(target);
  const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const worker = await startProcess(sender, { env, execArgv });
  const importer = await startProcess(sender, { env });
  try {
    await worker.call("start");
    const send = async (csvPath, campaign, expected) => {
      await api.call("reset");
      const imported = await importer.call("importList", { campaignPath, campaign, csvPath });
      const arrived = await untilAccepted(api, expected);
      return { imported, arrived };
    };
    await send(lists[0], "warm-up", warmUpRows);
    await sleep(SETTLE_MS);
    if (profile !== undefined) await redis.client.config("RESETSTAT");
    const [redisBefore, workerBefore] = [await redis.cpuSeconds(), await worker.call("cpu")];
    const { imported, arrived } = await send(lists[1], "list", rows);
    await sleep(SETTLE_MS);
    assertEachOnce(await api.call("report"), rows);
    const redisMicros = ((await redis.cpuSeconds()) - redisBefore) * 1e6;
    const workerMicros = (await worker.call("cpu")) - workerBefore;
    if (sender === "dropcast") {
      const counts = await worker.call("counts", imported.id);
      if (counts.accepted !== rows) throw new Error(`Recorded: ${JSON.stringify(counts)}`);
    }
    if (profile !== undefined) console.error(await redis.commandCosts(rows));
    const tookMs = arrived.lastAt - imported.startedAt;
    return {
      perSecond: (rows / tookMs) * 1_000,
      importMs: imported.endedAt - imported.startedAt,
      importer: imported.cpuMicros / rows,
      worker: workerMicros / rows,
      redis: redisMicros / rows,
      total: (imported.cpuMicros + workerMicros + redisMicros) / rows,
    };
  } finally {
    await worker.call("stop").catch(() => {});
    await importer.call("stop").catch(() => {});
    await Promise.all([worker.stop(), importer.stop()]);
  }
}

/** Waits until the API has accepted `expected` messages, and holds that each came once. */
async function untilAccepted(api, expected) {
  let last = { accepted: -1 };
  let movedAt = performance.now();
  for (;;) {
    const report = await api.call("report");
    if (report.accepted !== last.accepted) movedAt = performance.now();
    last = report;
    if (report.accepted >= expected) break;
    if (performance.now() - movedAt > SILENT_MS_MAX) {
      throw new Error(`Nothing comes any more: ${JSON.stringify(report)} of ${expected}`);
    }
    await sleep(50);
  }
  assertEachOnce(last, expected);
  return last;
}

function assertEachOnce(report, expected) {
  if (report.accepted === expected && report.recipients === expected) return;
  throw new Error(`Not each recipient once: ${JSON.stringify(report)} of ${expected}`);
}

function report(mode, found) {
  const of = (sender, figure) =>
    found.filter((one) => one.mode === mode && one.sender === sender).map((one) => one[figure]);
  const row = (sender, name) => [
    name,
    ...["perSecond", "total", "worker", "importer", "redis", "importMs"].map((figure) =>
      spread(of(sender, figure)),
    ),
  ];
  const faster = median(of("dropcast", "perSecond")) / median(of("plain", "perSecond"));
  const least = FASTER_MIN[mode];
  const cheaper = median(of("dropcast", "total")) / median(of("plain", "total"));
  const header = [
    "",
    "messages/s",
    "CPU µs per message",
    "worker",
    "importer",
    "Redis",
    "import ms",
  ];
  return [
    "",
    `### appendfsync ${mode}`,
    "",
    ...table(header, [row("dropcast", "Dropcast"), row("plain", "plain sender")]),
    "",
    `- messages/s: ${faster.toFixed(2)} x plain; to reach: ${least} x: ${reachedOrNot(faster >= least)}`,
    `- CPU per message: ${cheaper.toFixed(2)} of plain; to reach: ${CPU_SHARE_MAX}: ` +
      reachedOrNot(cheaper <= CPU_SHARE_MAX),
  ];
}
