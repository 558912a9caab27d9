// What everyday work costs when campaigns have ended: ten, a thousand, and fifty thousand.
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
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
import { runCommand, startRole } from "./rig/command.mjs";
import { dropcastEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { copyCampaign } from "./rig/history.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const FEW = 10;
/** Fills a page, and everything else that shows or looks at so many at most. */
const FULL = 1_000;
const ROWS_EACH = 20;
const RATE = 80;
const PASSWORD = "a-password-of-the-bench";
const HEADERS = {
  authorization: `Basic ${Buffer.from(`bench:${PASSWORD}`).toString("base64")}`,
};
/** As much more than with ten campaigns as may be. */
const MORE_MAX = 0.2;
/** `/metrics` is read once in five seconds. */
const METRICS_CACHED_MS = 5_100;
const PAGES = 20;
const PAGES_OPEN = 50;
/** One person may have only so many open (src/api/seats.ts). */
const STREAMS_EACH = 10;
const USED_MIN = 0.98;
const DAY_MS = 86_400_000;

/** Roles, Redis and API of two stages, each with a listener for the exit of this process. */
process.setMaxListeners(50);

export async function measure({ campaigns = 50_000, days = 900, rounds = 7, ...options }) {
  const { seconds = 20, results, command } = options;
  const load = loadNow();
  const api = await startProcess("api");
  const port = await api.call("listen");
  const stages = [];
  try {
    for (const total of [FEW, FULL, campaigns]) {
      stages.push(await prepare({ total, spanMs: days * DAY_MS, port }));
      console.error(`${total} campaigns have ended`);
    }
    // In turns, so that what else the machine does falls upon both.
    for (let round = 0; round < rounds; round++) {
      for (const stage of stages) await measureRound(stage, round);
    }
    for (const stage of stages) stage.used = await paceWithPages(stage, api, seconds);
  } finally {
    await Promise.all(stages.map((stage) => stage.stop()));
    await api.stop();
  }
  const facts = machine({ redisVersion: stages[0].redis.version, load });
  writeSection({
    file: results,
    name: "history",
    lines: [
      "## Ended campaigns",
      "",
      `\`${command}\` - ${FEW}, ${FULL} and ${campaigns.toLocaleString("en")} campaigns of ${ROWS_EACH} rows that ` +
        `ended within ${days} days, none deleted, all of the template that is sent; ${rounds} rounds, in turns; ${facts}`,
      "",
      ...report(stages),
    ],
  });
}

/** A Redis with so many ended campaigns, a dashboard and a producer. */
async function prepare({ total, spanMs, port }) {
  const redis = await startRedis({ appendfsync: "always" });
  const dir = temporaryFolder();
  const drops = join(dir, "drops");
  const env = {
    ...dropcastEnv({ socket: redis.socket, port, ratePerSecond: RATE, dir: join(dir, "data") }),
    ...{ DROPCAST_DROPS_DIR: drops, DROPCAST_TIME_SCALE: "20" },
    ...{ DROPCAST_DASHBOARD_PORT: "0", DROPCAST_DASHBOARD_PASSWORD: PASSWORD },
  };
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const csvPath = join(dir, "source.csv");
  writeList({ path: csvPath, rows: ROWS_EACH, serial: 9 });
  const source = await sendWhole({ env, campaignPath, csvPath });
  const prefix = "dropcast:{main}:";
  await copyCampaign({ client: redis.client, prefix, source, total: total - 1, spanMs });
  const [dashboard, producer] = await Promise.all([
    startRole("dashboard", env),
    startRole("producer", env),
  ]);
  const taken = {};
  return {
    ...{ total, redis, dir, env, campaignPath, dashboard, producer, drops, taken },
    newest: `main-${await redis.client.get(`${prefix}serial`)}`,
    guard: `${prefix}guard`,
    async stop() {
      await Promise.all([dashboard.stop(), producer.stop()]);
      await redis.stop();
    },
  };
}

/** A campaign that is imported and sent to its end by a worker. */
async function sendWhole({ env, campaignPath, csvPath }) {
  const worker = await startProcess("dropcast", { env });
  await worker.call("start");
  const send = ["send", campaignPath, csvPath, "--yes", "--json"];
  const sent = JSON.parse((await runCommand(send, env)).text);
  for (let status = "running"; status !== "finished"; await sleep(50)) {
    status = JSON.parse((await runCommand(["show", sent.id, "--json"], env)).text).status;
  }
  await worker.call("stop");
  await worker.stop();
  return sent.id;
}

async function measureRound(stage, round) {
  const { env, dir, campaignPath, redis, guard, newest, dashboard, producer } = stage;
  /** `work` answers what it cost beside Redis, in CPU ms; `times`: how often it does it. */
  const time = async (name, work, times = 1) => {
    const [from, redisFrom] = [performance.now(), await redis.cpuSeconds()];
    const cpuMs = await work();
    const ms = (performance.now() - from) / times;
    const redisMs = 1_000 * ((await redis.cpuSeconds()) - redisFrom);
    stage.taken[name] ??= { ms: [], cpu: [] };
    stage.taken[name].ms.push(ms);
    stage.taken[name].cpu.push((cpuMs + redisMs) / times);
  };
  const command = (name, ...args) => time(name, async () => (await runCommand(args, env)).cpuMs);
  const byRole = async (role, work) => {
    const before = role.cpuMs();
    await work();
    return role.cpuMs() - before;
  };
  const csvPath = join(dir, `list-${round}.csv`);
  writeList({ path: csvPath, rows: 200, serial: 100 + round });
  await command("send", "send", campaignPath, csvPath, "--yes");
  const sent = await lastSerial(stage);
  await time("drop", () => byRole(producer, () => drop(stage, round)));
  await command("list", "list");
  await command("show", "show", newest);
  const pages = async () => {
    for (let nth = 0; nth < PAGES; nth++) await get(stage, "/");
  };
  await time("dashboard page", () => byRole(dashboard, pages), PAGES);
  await sleep(METRICS_CACHED_MS);
  await time("/metrics", () => byRole(dashboard, () => get(stage, "/metrics")));
  await command("erase", "erase", "+48 690 000 001");
  const now = Date.now();
  await redis.client.hset(guard, "noticedAt", now, "wentBackTo", now - 1_000, "lost", 5);
  await command("accept-rollback", "doctor", "--accept-rollback");
  for (const serial of new Set([sent, await lastSerial(stage)])) {
    await runCommand(["cancel", `main-${serial}`, "--yes"], env).catch(() => {
      // The rollback that was accepted has left nothing of it.
    });
  }
}

const lastSerial = ({ redis }) => redis.client.get("dropcast:{main}:serial");

/** From the list's last byte to its report in `done/`. */
async function drop({ producer, drops, dir }, round) {
  const inbox = producer.place;
  const name = `dropped-${round}`;
  writeList({ path: join(dir, name), rows: 200, serial: 500 + round });
  mkdirSync(inbox, { recursive: true });
  writeFileSync(join(inbox, `${name}.yaml`), campaignFile("Dropped"));
  renameSync(join(dir, name), join(inbox, `${name}.csv`));
  const report = join(drops, "done", `${name}.report.json`);
  while (!existsSync(report)) await sleep(2);
}

async function get({ dashboard }, path) {
  const answer = await fetch(new URL(path, dashboard.place), { headers: HEADERS });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text.slice(0, 200)}`);
}

/** Follows the pages in turn, each reader over a stream of its own. Returns how to leave them. */
function openPages({ dashboard }, paths, tokens) {
  const left = new AbortController();
  for (let nth = 0; nth < PAGES_OPEN; nth++) {
    const page = encodeURIComponent(paths[nth % paths.length]);
    const address = new URL(`/live?page=${page}`, dashboard.place);
    const headers = { authorization: `Bearer ${tokens[nth % tokens.length]}` };
    void follow(address, { headers, signal: left.signal }).catch((error) => {
      if (!left.signal.aborted) throw error;
    });
  }
  return () => left.abort();
}

async function follow(address, request) {
  const answer = await fetch(address, request);
  if (answer.status !== 200) throw new Error(`${address}: ${answer.status}`);
  const reader = answer.body.getReader();
  while (!(await reader.read()).done);
}

/** Tokens of people who look. */
async function addReaders(env) {
  const tokens = [];
  for (let nth = 0; nth < PAGES_OPEN / STREAMS_EACH; nth++) {
    const { text } = await runCommand(["token", "add", `reader-${nth}`, "--json"], env);
    tokens.push(JSON.parse(text).token);
  }
  return tokens;
}

/** How much of the rate is used while people look at the dashboard. */
async function paceWithPages(stage, api, seconds) {
  const { env, dir, campaignPath } = stage;
  await api.call("reset");
  const csvPath = join(dir, "pace.csv");
  writeList({ path: csvPath, rows: RATE * (seconds + 8), serial: 900 });
  const tokens = await addReaders(env);
  const send = ["send", campaignPath, csvPath, "--yes", "--json"];
  const sent = JSON.parse((await runCommand(send, env)).text);
  const worker = await startRole("worker", env);
  const closePages = openPages(stage, ["/?tab=running", `/campaigns/${sent.id}`], tokens);
  await sleep((seconds + 4) * 1_000);
  closePages();
  const arrivals = await api.call("arrivals");
  await worker.stop();
  const from = (arrivals[0] ?? 0) + 2_000;
  const watched = arrivals.filter((at) => at >= from && at < from + seconds * 1_000);
  return watched.length / (RATE * seconds);
}

function report(stages) {
  const [few, , many] = stages;
  const names = stages.map(({ total }) => total.toLocaleString("en"));
  const rows = Object.keys(few.taken).map((name) => {
    const cpu = stages.map(({ taken }) => median(taken[name].cpu));
    const more = (than) => cpu[2] / cpu[than] - 1;
    return [
      name,
      ...stages.map(({ taken }) => spread(taken[name].ms)),
      ...stages.map(({ taken }) => spread(taken[name].cpu)),
      ...[0, 1].map((than) => `${(100 * more(than)).toFixed(0)} %`),
      reachedOrNot(more(0) <= MORE_MAX),
    ];
  });
  const used = stages.map((stage) => `${(100 * stage.used).toFixed(1)} %`);
  rows.push([`${RATE}/s used, ${PAGES_OPEN} live pages open`, ...used, "", "", "", "", ""]);
  rows.at(-1).push(reachedOrNot(many.used >= USED_MIN));
  const header = [
    "",
    ...names.map((name) => `${name}: ms`),
    ...names.map((name) => `${name}: CPU ms`),
  ];
  return table([...header, `CPU more than ${names[0]}`, `than ${names[1]}`, ""], rows);
}
