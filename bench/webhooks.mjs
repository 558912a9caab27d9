// Signed status webhooks: how many a second one process takes, beside a bare receiver, in turn.
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
import { messageKey, WAMID_SECONDS, wamidKey } from "./baseline/campaign.mjs";
import { campaignFile } from "./rig/campaign.mjs";
import { dropcastEnv, plainEnv } from "./rig/environment.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { writeList } from "./rig/list.mjs";
import { startProcess } from "./rig/process.mjs";
import { startRedis } from "./rig/redis.mjs";

const CONNECTIONS = 64;
const EVENTS_A_MESSAGE = 3;
const WARM_UP_MESSAGES = 1_000;
/** So high that the pace does not limit the sending of the messages. */
const RATE_PER_SECOND = 100_000;
const OF_BARE_MIN = 0.95;
const P99_MS_MAX = 50;
const TWO_OF_ONE_MIN = 1.7;
/** What the receivers and Redis do after the last answer belongs to the events. */
const SETTLE_MS = 200;
const SILENT_MS_MAX = 15_000;

const RECEIVERS = {
  dropcast: { title: "Dropcast", process: "dropcast", environment: dropcastEnv, fill: sendLists },
  bare: { title: "bare receiver", process: "bare", environment: plainEnv, fill: storeMessages },
};

export async function measure(input) {
  const { rows = 10_000, rounds = 3, fsync = "always", profile, results, command } = input;
  const load = loadNow();
  const dir = temporaryFolder();
  const lists = [WARM_UP_MESSAGES, rows, rows, rows].map((size, at) => {
    const path = join(dir, `list-${at}.csv`);
    writeList({ path, rows: size, serial: at + 1 });
    return { path, rows: size };
  });
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const [api, sender] = [await startProcess("api"), await startProcess("hooks")];
  const port = await api.call("listen");
  const found = [];
  let redisVersion = "";
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const receiver of Object.keys(RECEIVERS)) {
        const redis = await startRedis({ appendfsync: fsync });
        redisVersion = redis.version;
        const target = { socket: redis.socket, port, ratePerSecond: RATE_PER_SECOND, dir };
        try {
          const stage = { receiver, redis, api, sender, target, lists, campaignPath, profile };
          const one = await receiveAll(stage);
          found.push({ receiver, ...one });
          console.error(`${round} ${receiver}: ${JSON.stringify(one)}`);
        } finally {
          await redis.stop();
        }
      }
    }
  } finally {
    await Promise.all([api.stop(), sender.stop()]);
  }
  writeSection({
    file: results,
    name: "webhooks",
    lines: report({
      found,
      header:
        `\`${command}\` - ${(rows * EVENTS_A_MESSAGE).toLocaleString("en")} events, ` +
        `${rounds} rounds each, alternating; ${CONNECTIONS} connections; appendfsync ${fsync}. ` +
        machine({ redisVersion, load }),
    }),
  });
}

/** One receiver: as fast as one process can, at half of that, and as fast as two can. */
async function receiveAll(stage) {
  const { receiver, redis, sender, target, profile } = stage;
  const { process, environment, fill } = RECEIVERS[receiver];
  const [warmUp, most, half, byTwo] = await fill(stage);
  const env = environment(target);
  const execArgv = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const started = [];
  const start = async (options) => {
    const one = await startProcess(process, { env, ...options });
    started.push({ one, port: await one.call("startWebhooks") });
  };
  const connect = async () => {
    const ports = started.map(({ port }) => port);
    await sender.call("connect", { ports, count: CONNECTIONS });
  };
  try {
    await start({ execArgv });
    await connect();
    await sender.call("build", warmUp);
    await sender.call("sendAll");
    await sleep(SETTLE_MS);
    if (profile !== undefined) await redis.client.config("RESETSTAT");
    const events = await sender.call("build", most);
    const before = [await redis.cpuSeconds(), await started[0].one.call("cpu")];
    const one = await sender.call("sendAll");
    await sleep(SETTLE_MS);
    const redisMicros = ((await redis.cpuSeconds()) - before[0]) * 1e6;
    const nodeMicros = (await started[0].one.call("cpu")) - before[1];
    if (profile !== undefined) console.error(await redis.commandCosts(events));
    await sender.call("build", half);
    const atHalf = await sender.call("sendAt", one.perSecond / 2);
    await start();
    await connect();
    await sender.call("build", warmUp);
    await sender.call("sendAll");
    await sender.call("build", byTwo);
    const two = await sender.call("sendAll");
    await assertAllRead(stage);
    return {
      perSecond: one.perSecond,
      node: nodeMicros / events,
      redis: redisMicros / events,
      total: (nodeMicros + redisMicros) / events,
      p99: one.p99,
      halfPerSecond: atHalf.perSecond,
      halfP99: atHalf.p99,
      two: two.perSecond,
      twoOfOne: two.perSecond / one.perSecond,
    };
  } finally {
    await sender.call("connect", { ports: [], count: 0 });
    await Promise.all(
      started.map(async ({ one }) => {
        await one.call("stop").catch(() => {});
        await one.stop();
      }),
    );
  }
}

/** Dropcast's messages: sent by its worker. Returns those of each list. */
async function sendLists({ api, target, lists, campaignPath }) {
  const worker = await startProcess("dropcast", { env: dropcastEnv(target) });
  const all = [];
  try {
    await worker.call("start");
    for (const { path, rows } of lists) {
      await api.call("reset");
      const { id } = await worker.call("importList", { campaignPath, csvPath: path });
      await untilAccepted(worker, id, rows);
      all.push(await api.call("messages"));
    }
  } finally {
    await worker.call("stop");
    await worker.stop();
  }
  return all;
}

async function untilAccepted(worker, id, rows) {
  const until = performance.now() + SILENT_MS_MAX + rows;
  while ((await worker.call("counts", id)).accepted !== rows) {
    if (performance.now() > until) throw new Error("The messages are not sent.");
    await sleep(50);
  }
}

/** The bare receiver's messages, as the plain sender leaves them. */
async function storeMessages({ redis, lists }) {
  const all = [];
  for (const [list, { rows }] of lists.entries()) {
    const messages = Array.from({ length: rows }, (_, at) => {
      const to = `4860${String(list * 1_000_000 + at).padStart(7, "0")}`;
      const id = Buffer.from(`${to}-${"x".repeat(28)}`).toString("base64");
      return { to, wamid: `wamid.${id}` };
    });
    const writes = redis.client.pipeline();
    for (const [at, { to, wamid }] of messages.entries()) {
      const key = messageKey(`list-${list}`, at + 1);
      writes.hset(key, { campaign: `list-${list}`, row: at + 1, to, wamid, status: "accepted" });
      writes.set(wamidKey(wamid), key, "EX", WAMID_SECONDS);
    }
    await writes.exec();
    all.push(messages);
  }
  return all;
}

/** Both receivers have to have every message as read. */
async function assertAllRead({ receiver, redis, target, lists }) {
  const expected = lists.reduce((sum, { rows }) => sum + rows, 0);
  const read = await (receiver === "dropcast" ? readByDropcast(target) : readByBare(redis.client));
  if (read !== expected) throw new Error(`${receiver}: ${read} of ${expected} messages are read.`);
}

async function readByDropcast(target) {
  const reader = await startProcess("dropcast", { env: dropcastEnv(target) });
  try {
    const all = await reader.call("allCounts");
    return all.reduce((sum, counts) => sum + counts.read, 0);
  } finally {
    await reader.call("stop");
    await reader.stop();
  }
}

async function readByBare(client) {
  let read = 0;
  for await (const keys of client.scanStream({ match: "message:*", count: 1_000 })) {
    const statuses = client.pipeline();
    for (const key of keys) statuses.hget(key, "status");
    for (const [, status] of await statuses.exec()) read += status === "read" ? 1 : 0;
  }
  return read;
}

function report({ found, header }) {
  const of = (receiver, figure) =>
    found.filter((one) => one.receiver === receiver).map((one) => one[figure]);
  const columns = ["perSecond", "total", "node", "redis", "p99", "halfPerSecond", "halfP99"];
  const rows = Object.entries(RECEIVERS).map(([receiver, { title }]) => [
    title,
    ...[...columns, "two"].map((figure) => spread(of(receiver, figure))),
  ]);
  const ratio = median(of("dropcast", "perSecond")) / median(of("bare", "perSecond"));
  const p99 = median(of("dropcast", "halfP99"));
  const two = median(of("dropcast", "twoOfOne"));
  const twoBare = median(of("bare", "twoOfOne"));
  return [
    "## Webhooks",
    "",
    header,
    "",
    ...table(
      [
        "",
        "events/s, one process",
        "CPU µs an event",
        "Node",
        "Redis",
        "p99 ms",
        "half of it: events/s",
        "p99 ms",
        "events/s, two processes",
      ],
      rows,
    ),
    "",
    `- events/s, one process: ${ratio.toFixed(2)} x the bare receiver; to reach: ${OF_BARE_MIN}: ${reachedOrNot(ratio >= OF_BARE_MIN)}`,
    `- p99 at half of its own maximum: ${p99.toFixed(1)} ms; to reach: ${P99_MS_MAX}: ${reachedOrNot(p99 <= P99_MS_MAX)}`,
    `- two processes: ${two.toFixed(2)} x one (bare receiver: ${twoBare.toFixed(2)}); to reach: ${TWO_OF_ONE_MIN}: ${reachedOrNot(two >= TWO_OF_ONE_MIN)}`,
  ];
}
