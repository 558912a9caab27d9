// Redis bytes for each recipient of a campaign whose outcomes have all come in.
//
// The figure is about memory, not speed: the API is a function in this process, and status events
// are applied without HTTP. Everything that touches Redis is the real code of either sender.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { timings } from "../dist/core/timings.js";
import { createLogger } from "../dist/logger.js";
import { createFileImporter } from "../dist/producer/import-file.js";
import { storeIn } from "../dist/producer/sink/sink.js";
import { createFailedQueue } from "../dist/queue/failed-queue.js";
import { createLedgerClient } from "../dist/redis/ledger-client.js";
import { createQueueClient } from "../dist/redis/queue-client.js";
import { createWamidGenerator } from "../dist/sandbox/wamid.js";
import { createNumberStore } from "../dist/store/number-store.js";
import { createWakeUps } from "../dist/store/wake-ups.js";
import { createWorker } from "../dist/worker/worker.js";
import { loadNow, machine, reachedOrNot, table, writeSection } from "../scripts/results.mjs";
import { connect } from "./baseline/campaign.mjs";
import { importList } from "./baseline/import.mjs";
import { applyStatus } from "./baseline/webhooks.mjs";
import { startWorker } from "./baseline/worker.mjs";
import { campaignFile, NUMBER_ID, TEMPLATE, TOKEN } from "./rig/campaign.mjs";
import { temporaryFolder } from "./rig/folder.mjs";
import { keepNoNotes, keyFamilies, keyspaceBytes } from "./rig/keyspace.mjs";
import { writeList } from "./rig/list.mjs";
import { startRedis } from "./rig/redis.mjs";

const RATE_PER_SECOND = 100_000;
const BYTES_MAX = 120;
const SHARE_MAX = 1 / 8;
/** Every 20th message fails. */
const FAILED_EVERY = 20;
const CODES = [131026, 131049, 130472, 131047];
const EVENTS_AT_ONCE = 200;

export async function measure({ rows = 100_000, only, results, command }) {
  const load = loadNow();
  const dir = temporaryFolder();
  const csvPath = join(dir, "list.csv");
  writeList({ path: csvPath, rows, serial: 3 });
  const all = [
    { name: "Dropcast", fillKeys: fillByDropcast },
    {
      name: "plain sender, completed jobs kept",
      fillKeys: (input) => fillByPlain({ ...input, removeOnComplete: { age: 7 * 24 * 3600 } }),
    },
    {
      name: "plain sender, completed jobs removed",
      fillKeys: (input) => fillByPlain({ ...input, removeOnComplete: true }),
    },
  ];
  const senders = only === "dropcast" ? all.slice(0, 1) : all;
  const found = [];
  let redisVersion = "";
  for (const { name, fillKeys } of senders) {
    const redis = await startRedis({ appendfsync: "everysec" });
    redisVersion = redis.version;
    try {
      await keepNoNotes(redis.client);
      const before = await keyspaceBytes(redis.client);
      await fillKeys({ redis, rows, dir, csvPath });
      const bytes = ((await keyspaceBytes(redis.client)) - before) / rows;
      found.push({ name, bytes, families: await keyFamilies(redis.client) });
      console.error(`${name}: ${bytes.toFixed(1)}`);
    } finally {
      await redis.stop();
    }
  }
  const facts = machine({ redisVersion, load });
  writeSection({
    file: results,
    name: "memory",
    lines: [
      "## Redis memory",
      "",
      `\`${command}\` - ${rows.toLocaleString("en")} recipients of 6 columns; each message with ` +
        `\`sent\`, \`delivered\` and \`read\`, or \`sent\` and \`failed\` (5 %). ${facts}`,
      "",
      ...report(found, rows),
    ],
  });
}

/** The worker, import, status and failed-job code of Dropcast, with an API that is a function. */
async function fillByDropcast({ redis, rows, dir, csvPath }) {
  const address = { kind: "socket", path: redis.socket };
  const client = createLedgerClient(address);
  await client.connect();
  const store = await createNumberStore({ redis: client, number: "main", mode: "sandbox" });
  await store.join();
  const connection = createQueueClient(address);
  const failed = createFailedQueue({ client: () => connection, store });
  const campaignPath = join(dir, "campaign.json");
  writeFileSync(campaignPath, campaignFile("Bench"));
  const importFile = createFileImporter({
    numbers: { main: {} },
    openNumber: () => ({ sink: storeIn(store.imports), corrections: null, country: null }),
    mode: "sandbox",
  });
  const imported = await importFile({ campaignPath, csvPath });
  if (!imported.ok) throw new Error(imported.refusal.message);
  const { id } = imported.value;

  const { messages, accept } = createApi();
  const number = { name: "main", id: NUMBER_ID, token: TOKEN, ratePerSecond: RATE_PER_SECOND };
  const common = {
    timings: timings({ answerTimeoutMs: 60_000, timeScale: 1 }),
    logger: createLogger({ level: "error" }),
    isAway: () => false,
  };
  const worker = createWorker({ ...common, wakeUps: createWakeUps(client, "sandbox") });
  worker.add({
    ...common,
    store,
    client: {
      send: async (body) => ({ kind: "accepted", ...accept(body), held: false }),
      now: () => performance.now(),
    },
    number,
    mode: "sandbox",
    retention: { rowsMs: null, campaignMs: null },
    queueClient: () => connection,
  });
  worker.start();
  while ((await store.campaigns.find(id)).status !== "finished") await sleep(200);
  await applyAll(messages, async (event) => {
    const { data, atMs } = event;
    const applied = await store.applyStatus(
      {
        wamid: data.id,
        status: data.status,
        atMs,
        recipient: data.recipient_id,
        code: data.errors?.[0].code ?? 0,
        category: data.pricing?.category ?? null,
        billable: data.pricing?.billable ?? null,
        origin: data.pricing === undefined ? null : "marketing",
      },
      "park",
    );
    if (applied.kind !== "moved") throw new Error(`A status event ${applied.kind}.`);
    const { campaign, row, attempt } = applied;
    if (applied.state === "failed") await failed.add({ campaign, row, attempt });
  });
  await worker.stop();
  const { counts } = await store.campaigns.find(id);
  if (counts.read + counts.failed !== rows) throw new Error(JSON.stringify(counts));
  await failed.close();
  connection.disconnect();
  client.disconnect();
}

async function fillByPlain({ redis, rows, csvPath, removeOnComplete }) {
  const { socket } = redis;
  const { messages, accept } = createApi();
  await importList({ socket, path: csvPath, campaign: "bench", removeOnComplete });
  const post = async (message) => {
    const { id } = accept(JSON.stringify(message));
    return { statusCode: 200, text: JSON.stringify({ messages: [{ id }] }) };
  };
  const worker = startWorker({
    socket,
    template: TEMPLATE,
    ratePerSecond: RATE_PER_SECOND,
    post,
  });
  while (messages.length < rows) await sleep(200);
  await worker.stop();
  const client = connect(socket);
  await applyAll(messages, (event) => applyStatus(client, event.data));
  client.disconnect();
}

/** Accepts POSTs, with ids as WhatsApp makes them. */
function createApi() {
  const wamids = createWamidGenerator();
  const messages = [];
  const accept = (body) => {
    const to = /"to":"(\d+)"/.exec(body)[1];
    const id = wamids(to);
    messages.push({ to, id });
    return { id, isWamid: true };
  };
  return { messages, accept };
}

/** What WhatsApp reports of every message, first all `sent`, then the rest. */
async function applyAll(messages, apply) {
  const rounds = [
    (index) => ({ status: "sent", index }),
    (index) => ({ status: index % FAILED_EVERY === 0 ? "failed" : "delivered", index }),
    (index) => (index % FAILED_EVERY === 0 ? null : { status: "read", index }),
  ];
  for (const [round, of] of rounds.entries()) {
    for (let at = 0; at < messages.length; at += EVENTS_AT_ONCE) {
      const events = messages
        .slice(at, at + EVENTS_AT_ONCE)
        .flatMap((message, i) => statusEvent(message, of(at + i), round) ?? []);
      await Promise.all(events.map(apply));
    }
  }
}

function statusEvent({ to, id }, what, round) {
  if (what === null) return null;
  const { status, index } = what;
  const atMs = Date.now() + 1_000 * round;
  const data = { id, status, timestamp: Math.floor(atMs / 1_000), recipient_id: to };
  if (status === "sent" || status === "delivered") {
    data.pricing = { billable: true, pricing_model: "CBP", category: "marketing" };
  }
  if (status === "failed") {
    const code = CODES[(index / FAILED_EVERY) % CODES.length];
    data.errors = [{ code, title: "Message undeliverable" }];
  }
  return { data, atMs };
}

function report(found, rows) {
  const [own, kept, removed] = found;
  const perRecipient = (bytes) => bytes.toFixed(1);
  return [
    ...table(
      ["", "bytes per recipient"],
      found.map(({ name, bytes }) => [name, perRecipient(bytes)]),
    ),
    "",
    `- Dropcast, all keys, failed jobs included: ${perRecipient(own.bytes)}; to reach: ${BYTES_MAX}: ` +
      reachedOrNot(own.bytes <= BYTES_MAX),
    ...(kept === undefined ? [] : compare(own, kept, removed)),
    "",
    "Cross-check by `MEMORY USAGE` of every key, bytes per recipient:",
    "",
    ...found.flatMap(({ name, families }) => [
      ...table(
        [name, "keys", "bytes per recipient"],
        families.map(({ family, keys, bytes }) => [
          `\`${family}\``,
          keys,
          perRecipient(bytes / rows),
        ]),
      ),
      "",
    ]),
  ].slice(0, -1);
}

function compare(own, kept, removed) {
  const share = own.bytes / kept.bytes;
  return [
    `- 1/${(1 / share).toFixed(1)} of the plain sender, which keeps completed jobs because their ids ` +
      `are its only guard against an import that is repeated; to reach: 1/8: ${reachedOrNot(share <= SHARE_MAX)}`,
    `- 1/${(removed.bytes / own.bytes).toFixed(1)} of the plain sender without that guard; it also ` +
      "keeps no column of the list, while Dropcast keeps all of them for the export",
  ];
}
