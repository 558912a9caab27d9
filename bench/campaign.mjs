// CSV file to final outcomes: import, sending, and three signed webhooks for each message, with
// Dropcast and the plain sender in turn, all roles as processes.
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
const WARM_UP_ROWS_MAX = 1_000;
const FASTER_MIN = 2.5;
/** What the processes do after the last answer belongs to the messages. */
const SETTLE_MS = 500;
const SILENT_MS_MAX = 30_000;

export async function measure(input) {
  const { rows = 100_000, rounds = 1, fsync = "always", profile, results, command } = input;
  const load = loadNow();
  const dir = temporaryFolder();
  const warmUpRows = Math.min(rows, WARM_UP_ROWS_MAX);
  const lists = [
    { path: join(dir, "warm-up.csv"), rows: warmUpRows, name: "warm-up" },
    { path: join(dir, "list.csv"), rows, name: "list" },
  ];
  for (const [at, list] of lists.entries()) writeList({ ...list, serial: at + 1 });
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const found = [];
  let redisVersion = "";
  for (let round = 1; round <= rounds; round++) {
    for (const sender of ["dropcast", "plain"]) {
      const redis = await startRedis({ appendfsync: fsync });
      redisVersion = redis.version;
      try {
        const one = await sendOnce({ sender, redis, lists, campaignPath, dir, profile });
        found.push({ sender, ...one });
        console.error(`${round} ${sender}: ${JSON.stringify(one)}`);
      } finally {
        await redis.stop();
      }
    }
  }
  const header =
    `${rows.toLocaleString("en")} rows, three events each, ${rounds} rounds each, alternating; ` +
    `appendfsync ${fsync}. ${machine({ redisVersion, load })}`;
  writeSection({
    file: results,
    name: "campaign",
    lines: ["## CSV to final outcome", "", `\`${command}\` - ${header}`, "", ...report(found)],
  });
}

/** One list through one sender: importer, worker and webhooks are processes that already run. */
async function sendOnce({ sender, redis, lists, campaignPath, dir, profile }) {
  const api = await startProcess("api");
  const target = { socket: redis.socket, port: await api.call("listen"), dir };
  const make = sender === "dropcast" ? dropcastEnv : plainEnv;
  const env = make({ ...target, ratePerSecond: RATE_PER_SECOND });
  const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const start = () => startProcess(sender, { env, execArgv });
  const roles = { worker: await start(), webhooks: await start(), importer: await start() };
  try {
    await roles.worker.call("start");
    await api.call("sendWebhooks", await roles.webhooks.call("startWebhooks"));
    const send = async ({ path, rows, name }) => {
      await api.call("reset");
      const list = { campaignPath, campaign: name, csvPath: path };
      const imported = await roles.importer.call("importList", list);
      return { imported, last: await untilFinished(api, rows) };
    };
    const [warmUp, list] = lists;
    await send(warmUp);
    await sleep(SETTLE_MS);
    const [before, apiBefore] = [await cpuOf(roles, redis), await api.call("cpu")];
    const { imported, last } = await send(list);
    await sleep(SETTLE_MS);
    const [after, apiAfter] = [await cpuOf(roles, redis), await api.call("cpu")];
    await assertAllRead({ api, roles, campaign: imported.id ?? list.name, rows: list.rows });
    const cost = Object.fromEntries(
      Object.keys(after).map((name) => [name, (after[name] - before[name]) / list.rows]),
    );
    return {
      perSecond: (list.rows / (last.lastAt - imported.startedAt)) * 1_000,
      ...cost,
      total: Object.values(cost).reduce((sum, one) => sum + one, 0),
      api: (apiAfter - apiBefore) / list.rows,
      again: last.again,
    };
  } finally {
    await Promise.all(
      Object.values(roles).map(async (role) => {
        await role.call("stop").catch(() => {});
        await role.stop();
      }),
    );
    await api.stop();
  }
}

async function cpuOf(roles, redis) {
  const found = { redis: (await redis.cpuSeconds()) * 1e6 };
  for (const [name, role] of Object.entries(roles)) found[name] = await role.call("cpu");
  return found;
}

/** Waits until the last event of the last message is taken. */
async function untilFinished(api, expected) {
  let last = { finished: -1 };
  let movedAt = performance.now();
  for (;;) {
    const report = await api.call("webhooksReport");
    if (report.finished !== last.finished) movedAt = performance.now();
    last = report;
    if (report.finished >= expected) return report;
    if (performance.now() - movedAt > SILENT_MS_MAX) {
      throw new Error(`Nothing comes any more: ${JSON.stringify(report)} of ${expected}`);
    }
    await sleep(50);
  }
}

/** The oracle, the same for both: each message that the API took is stored once, and as read. */
async function assertAllRead({ api, roles, campaign, rows }) {
  const messages = await api.call("messages");
  const expected = messages.map(({ to, wamid }) => `${to} ${wamid} read`).sort();
  const outcomes = (await roles.importer.call("outcomes", { campaign, rows })).sort();
  if (expected.length !== rows) throw new Error(`The API took ${expected.length} of ${rows}.`);
  const wrong = expected.findIndex((one, at) => one !== outcomes[at]);
  if (wrong === -1 && outcomes.length === rows) return;
  throw new Error(`Stored is "${outcomes[wrong]}", and true is "${expected[wrong]}".`);
}

const PARTS = ["worker", "webhooks", "importer", "redis"];

function report(found) {
  const of = (sender, figure) =>
    found.filter((one) => one.sender === sender).map((one) => one[figure]);
  const row = (sender, name) => [
    name,
    ...["perSecond", "total", ...PARTS, "api", "again"].map((figure) => spread(of(sender, figure))),
  ];
  const faster = median(of("dropcast", "perSecond")) / median(of("plain", "perSecond"));
  const cheaper = median(of("dropcast", "total")) / median(of("plain", "total"));
  const parts = [...PARTS, "the API, not counted"];
  const header = ["", "messages/s", "CPU µs per message", ...parts, "events sent again"];
  return [
    ...table(header, [row("dropcast", "Dropcast"), row("plain", "plain sender")]),
    "",
    `- messages/s: ${faster.toFixed(2)} x plain; to reach: ${FASTER_MIN} x: ${reachedOrNot(faster >= FASTER_MIN)}`,
    `- CPU per message: ${cheaper.toFixed(2)} of plain`,
  ];
}
