// Ten million rows on one Redis: imported, listed, shown, searched, sent in part, erased from, and
// what happens when its memory is nearly used up.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scriptSource } from "../dist/store/scripts/runner.js";
import { SCRIPT_NAMES } from "../dist/store/scripts/script-list.js";
import {
  loadNow,
  machine,
  median,
  reachedOrNot,
  table,
  writeSection,
} from "../scripts/results.mjs";
import { campaignFile } from "./rig/campaign.mjs";
import { runCommand, startRole } from "./rig/command.mjs";
import { dropcastEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { phoneOf, writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const SMALL = 100_000;
const WARM_UP_ROWS = 50_000;
const SHORT_ROUNDS = 3;
/** Messages that are sent of each list. */
const SENT = 20_000;
const RATE = 100_000;
const MORE_MAX = 0.15;
/** No script takes longer, but one in a thousand. */
const SCRIPT_MS_MAX = 5;
const SLOW_MAX = 0.001;
const MEBIBYTE = 1_024 * 1_024;

export async function measure({ rows = 10_000_000, memory = 2_048, results, command }) {
  const load = loadNow();
  const api = await startProcess("api");
  const port = await api.call("listen");
  const redis = await startRedis({ appendfsync: "everysec" });
  redis.goFirst();
  const { client } = redis;
  const dir = temporaryFolder();
  const env = {
    ...dropcastEnv({ socket: redis.socket, port, ratePerSecond: RATE, dir }),
    DROPCAST_LOG_LEVEL: "error",
  };
  await client.config("SET", "maxmemory", memory * MEBIBYTE);
  await client.config("SET", "slowlog-log-slower-than", SCRIPT_MS_MAX * 1_000);
  await client.config("SET", "slowlog-max-len", 100_000);
  await client.config("RESETSTAT");
  const bench = { redis, dir, env, api };
  try {
    const small = await measureList({ bench, rows: SMALL, serial: 11 });
    const large = await measureList({ bench, rows, serial: 12 });
    const full = await fill(bench);
    const scripts = await scriptTimes(client);
    const facts = machine({ redisVersion: redis.version, load });
    writeSection({
      file: results,
      name: "growth",
      lines: [
        "## Growth",
        "",
        `\`${command}\` - a list of ${count(SMALL)} rows and one of ${count(rows)} on one Redis with ` +
          `maxmemory ${count(memory)} MiB, of each ${count(SENT)} messages sent; appendfsync everysec. ${facts}`,
        "",
        ...report({ small, large, full, scripts }),
      ],
    });
  } finally {
    await redis.stop();
    await api.stop();
  }
}

/** What one list costs, from its import to an erased person. */
async function measureList({ bench, rows, serial }) {
  const { redis, dir, env, api } = bench;
  const campaignPath = join(dir, "campaign.json");
  // Of a template of its own: else the people of the others are looked for in it.
  const file = campaignFile(`List of ${rows}`).replaceAll("spring_sale", `list_of_${rows}`);
  writeFileSync(campaignPath, file);
  const redisMs = async () => 1_000 * (await redis.cpuSeconds());
  const cost = async (work) => {
    const before = await redisMs();
    const cpuMs = await work();
    return { cpuMs, redisMs: (await redisMs()) - before };
  };
  const importer = await startProcess("dropcast", { env });
  const imports = [];
  let id;
  const list = (name, count, its) => {
    const path = join(dir, `${name}.csv`);
    writeList({ path, rows: count, serial: its });
    return { path, rows: count };
  };
  const importOne = async ({ path, rows: count }) => {
    const before = await redisMs();
    const one = await importer.call("importList", { campaignPath, csvPath: path });
    if (one.rows !== count) throw new Error(`Imported ${one.rows} of ${count} rows`);
    const redisCpu = ((await redisMs()) - before) / 1_000;
    return { ...one, micros: one.cpuMicros / count, redisMicros: (1e9 * redisCpu) / 1_000 / count };
  };
  const warm = await importOne(list("warm-up", WARM_UP_ROWS, serial + 100));
  await importer.call("cancel", warm.id);
  const rounds = rows <= SMALL ? SHORT_ROUNDS : 1;
  for (let round = 0; round < rounds; round++) {
    if (id !== undefined) await importer.call("cancel", id);
    const one = await importOne(list(`list-${rows}-${round}`, rows, serial + 10 * round));
    id = one.id;
    imports.push(one);
  }
  const rssBytes = await importer.call("peakRssBytes");
  await importer.call("control", { verb: "pause", id });
  await importer.call("stop");
  await importer.stop();
  const phone = phoneOf({ row: rows - 7, serial: serial + 10 * (rounds - 1) });
  const command = (...args) => cost(async () => (await runCommand(args, env)).cpuMs);
  const listed = await command("list");
  const shown = await command("show", id);
  const found = await command("find", phone);
  const erased = await command("erase", phone);
  const sent = await sendPart({ bench, id, api, redisMs });
  await runCommand(["cancel", id, "--yes"], env);
  return {
    ...{ rows, rssBytes, listed, shown, found, erased, sent },
    micros: median(imports.map((one) => one.micros)),
    redisMicros: median(imports.map((one) => one.redisMicros)),
    perSecond: median(imports.map((one) => (1_000 * rows) / (one.endedAt - one.startedAt))),
    usedBytes: await usedBytes(redis.client),
  };
}

/**
 * Sends a part of the list with a worker; CPU microseconds a message, of the worker and of Redis.
 */
async function sendPart({ bench, id, api, redisMs }) {
  const worker = await startRole("worker", bench.env);
  await api.call("reset");
  await runCommand(["resume", id], bench.env);
  const arrived = async (most) => {
    while ((await api.call("report")).accepted < most) await sleep(5);
  };
  await arrived(1_000);
  const [from, cpu, redis] = [(await api.call("report")).accepted, worker.cpuMs(), await redisMs()];
  await arrived(from + SENT);
  const done = (await api.call("report")).accepted - from;
  const micros = (1_000 * (worker.cpuMs() - cpu)) / done;
  const redisMicros = (1_000 * ((await redisMs()) - redis)) / done;
  await runCommand(["pause", id], bench.env);
  await worker.stop();
  return { micros, redisMicros };
}

/**
 * A list is imported while Redis has hardly more memory left than imports leave; sending goes on.
 */
async function fill({ redis, dir, env, api }) {
  const { client } = redis;
  const campaignPath = join(dir, "full.json");
  writeFileSync(campaignPath, campaignFile("Sent while Redis is nearly full"));
  const path = join(dir, "full.csv");
  writeList({ path, rows: 5_000, serial: 90 });
  const worker = await startRole("worker", env);
  await api.call("reset");
  const before = await usedBytes(client);
  await client.config("SET", "maxmemory", Math.ceil((before + 8 * MEBIBYTE) / 0.9));
  const sending = JSON.parse(
    (await runCommand(["send", campaignPath, path, "--yes", "--json"], env)).text,
  );
  const largePath = join(dir, "too-large.csv");
  writeList({ path: largePath, rows: 1_000_000, serial: 91 });
  writeFileSync(campaignPath, campaignFile("Does not fit"));
  const refused = await runCommand(["send", campaignPath, largePath, "--yes", "--json"], env).then(
    () => "imported",
    (error) => /redis_memory_short/.exec(error.message)?.[0] ?? error.message.slice(0, 300),
  );
  for (let status = ""; status !== "finished"; await sleep(50)) {
    status = JSON.parse((await runCommand(["show", sending.id, "--json"], env)).text).status;
  }
  const sent = (await api.call("report")).accepted;
  const after = await usedBytes(client);
  await worker.stop();
  return { refused, sent, left: after - before };
}

/** The names of scripts as Redis calls them. */
const NAMES = new Map(
  SCRIPT_NAMES.map((name) => [createHash("sha1").update(scriptSource(name)).digest("hex"), name]),
);

/** All calls of scripts in the run, and the slow ones. */
async function scriptTimes(client) {
  const stats = await client.info("commandstats");
  const calls = [...stats.matchAll(/^cmdstat_evalsha?:calls=(\d+)/gm)].reduce(
    (sum, [, one]) => sum + Number(one),
    0,
  );
  const log = await client.call("SLOWLOG", "GET", "-1");
  const scripts = log.filter(([, , , [name]]) => /^evalsha?$/i.test(name));
  const slow = scripts.map(([, , micros]) => micros / 1_000);
  const byName = new Map();
  for (const [, , , [, sha]] of scripts) {
    const name = NAMES.get(sha) ?? "others";
    byName.set(name, (byName.get(name) ?? 0) + 1);
  }
  const latency = await client.info("latencystats");
  const p999 = /^latency_percentiles_usec_evalsha:.*p99\.9=([\d.]+)/m.exec(latency)?.[1];
  return { calls, slow, byName, p999Ms: p999 === undefined ? null : Number(p999) / 1_000 };
}

async function usedBytes(client) {
  return Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))[1]);
}

function report({ small, large, full, scripts }) {
  const kinds = [
    ["import, importer, CPU µs per row", (one) => one.micros],
    ["import, Redis, CPU µs per row", (one) => one.redisMicros],
    ["sent in part, worker, CPU µs per message", (one) => one.sent.micros],
    ["sent in part, Redis, CPU µs per message", (one) => one.sent.redisMicros],
    ["list: command and Redis, CPU ms", (one) => one.listed.cpuMs + one.listed.redisMs],
    ["show", (one) => one.shown.cpuMs + one.shown.redisMs],
    ["find a phone", (one) => one.found.cpuMs + one.found.redisMs],
  ];
  const rows = kinds.map(([name, of]) => {
    const more = of(large) / of(small) - 1;
    const verdict = reachedOrNot(more <= MORE_MAX);
    return [name, of(small).toFixed(1), of(large).toFixed(1), percent(more), verdict];
  });
  const perRow = (one) => (1_000 * (one.erased.cpuMs + one.erased.redisMs)) / one.rows;
  rows.push(
    ["erase a person, CPU µs per row", perRow(small).toFixed(2), perRow(large).toFixed(2), "", ""],
    ["rows/s", count(small.perSecond), count(large.perSecond), "", ""],
    ["importer, MiB at most", mebibytes(small.rssBytes), mebibytes(large.rssBytes), "", ""],
    ["Redis in use, MiB", mebibytes(small.usedBytes), mebibytes(large.usedBytes), "", ""],
  );
  const { calls, slow, byName, p999Ms } = scripts;
  const isQuick = slow.length / calls <= SLOW_MAX;
  const longest = slow.length === 0 ? "" : `, the longest ${Math.max(...slow).toFixed(0)} ms`;
  return [
    ...table(["", count(small.rows), count(large.rows), "more", ""], rows),
    "",
    `- scripts: ${count(calls)} calls, ${slow.length} over ${SCRIPT_MS_MAX} ms${longest}; the 99.9th ` +
      `percentile ${p999Ms === null ? "not told" : `${p999Ms.toFixed(2)} ms`}; to reach: at most ${SCRIPT_MS_MAX} ms: ${reachedOrNot(isQuick)}`,
    `- of which: ${[...byName].map(([name, times]) => `${name} ${times}`).join(", ") || "none"}`,
    `- a list that does not fit: ${full.refused}, and ${mebibytes(full.left)} MiB more in use after it; meanwhile ` +
      `${count(full.sent)} of 5,000 messages were sent: ${reachedOrNot(full.refused === "redis_memory_short" && full.sent === 5_000)}`,
  ];
}

const count = (number) => Math.round(number).toLocaleString("en");
const percent = (share) => `${(100 * share).toFixed(0)} %`;
const mebibytes = (bytes) => (bytes / MEBIBYTE).toFixed(0);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
