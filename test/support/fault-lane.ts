/**
 * A deployment whose every wire runs through a proxy: worker to Redis, webhook consumer to Redis,
 * worker to API. Worker and consumer are processes of their own; the sandbox and the proxies live
 * in the test, because nothing is ever done to them. The test looks into Redis directly.
 */
import { join } from "node:path";
import { Redis } from "ioredis";
import { createRowFormat } from "../../src/export/row-format.ts";
import type { RequestEntry } from "../../src/sandbox/json-log.ts";
import { SANDBOX_DEFAULTS, type SandboxOptions } from "../../src/sandbox/options.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import { campaignKeys, numberKeys } from "../../src/store/keys.ts";
import { createNumberStore, type NumberStore } from "../../src/store/number-store.ts";
import { importTestCampaign, testDefinition } from "./campaigns.ts";
import { compareWithLog, type ExportedRow } from "./compare-request-log.ts";
import { createStage, type Running, type Stage } from "./processes.ts";
import { watchProgress } from "./progress.ts";
import { type OwnRedis, startOwnRedis, testNumber } from "./redis.ts";
import { type RedisProxy, startRedisProxy } from "./redis-proxy.ts";
import { readRequestLog, readWebhookLog } from "./request-log.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export interface Lane {
  readonly number: string;
  readonly stage: Stage;
  readonly sandbox: Sandbox;
  /** Straight to Redis, past the proxies. */
  readonly redis: Redis;
  readonly store: NumberStore;
  /** Between worker (and `send`) and Redis. */
  readonly toRedis: RedisProxy;
  /** Between webhook consumer and Redis. */
  readonly webhooksToRedis: RedisProxy;
  readonly toApi: TcpProxy;
  /** Kills the process with SIGKILL, when it runs. Resolves when it is gone. */
  kill(role: "worker" | "webhooks"): Promise<void>;
  /** Of the process that runs now, or 0. */
  pidOf(role: "worker" | "webhooks"): number;
  /** Where the consumer takes webhooks. */
  webhooksUrl(): string;
  /** Starts what does not run. */
  ensureRunning(): Promise<void>;
  /** Imports a campaign to these phones; returns its id. */
  import(phones: readonly string[]): Promise<string>;
  /** Waits for the end of a campaign and of all that follows from it; resumes it when it pauses. */
  settled(id: string): Promise<{ campaign: Campaign; pauses: number }>;
  /** Everything about a settled campaign that is not as it must be, in words. */
  contradictions(campaign: Campaign, phones: readonly string[]): Promise<string[]>;
  /** Where a campaign stands, for the message of a failure. */
  describe(id: string): Promise<string>;
  /** Everything the API was asked so far. */
  posts(): RequestEntry[];
  /** The rows as `export` writes them. */
  rows(id: string): Promise<ExportedRow[]>;
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 20;
/**
 * A late record can take a row out of `unknown` again, and so bring a finished campaign back: while
 * one is unknown, the end is believed after longer than a worker waits between two tries.
 */
const CALM_MS = 3_000;

/** A Redis that is killed and started again: by its socket only, so that nobody can take its port. */
export function startSocketRedis(): Promise<OwnRedis> {
  return startOwnRedis({ args: ["--port", "0"] });
}

export async function openLane(o: {
  redis: OwnRedis;
  ratePerSecond: number;
  sandbox?: SandboxOptions;
  env?: Readonly<Record<string, string>>;
}): Promise<Lane> {
  const number = testNumber();
  const socket = o.redis.address.path;
  const redis = new Redis({ path: socket, maxRetriesPerRequest: null });
  redis.on("error", () => {
    // Tests end this Redis on purpose; commands wait until it is back.
  });
  const store = await createNumberStore({ redis, number, mode: "sandbox" });
  const stage = createStage({ DROPCAST_CONFIG: "numbers.yaml", DROPCAST_WEBHOOK_PORT: "0" });
  const requestLogPath = join(stage.dir, "requests.ndjson");
  const webhookLogPath = join(stage.dir, "webhooks.ndjson");
  const sandbox = createSandbox({
    logPath: requestLogPath,
    webhookLogPath,
    latencyMs: [5, 30],
    webhookDelayMs: [10, 50],
    // Minutes: a receiver that is killed takes its time on a busy machine.
    webhookRetryDelaysMs: [
      ...Array.from({ length: 40 }, () => 100),
      ...Array.from({ length: 300 }, () => 1_000),
    ],
    ...o.sandbox,
  });
  const [{ port: apiPort }, toRedis, webhooksToRedis] = await Promise.all([
    sandbox.start(),
    startRedisProxy({ targetPath: socket }),
    startRedisProxy({ targetPath: socket }),
  ]);
  const toApi = await startTcpProxy({ targetPort: apiPort });
  stage.write("numbers.yaml", numbersFile(number, o.ratePerSecond));
  stage.setEnv({
    DROPCAST_TIME_SCALE: "20",
    DROPCAST_ANSWER_TIMEOUT_SECONDS: "0.6",
    DROPCAST_API_URL: toApi.url,
    ...o.env,
  });
  const running: Partial<Record<"worker" | "webhooks", Running>> = {};

  let webhooksUrl = "";

  async function start(role: "worker" | "webhooks"): Promise<void> {
    const { url } = role === "worker" ? toRedis : webhooksToRedis;
    stage.setEnv({ DROPCAST_REDIS_URL: url });
    const started = await stage.start<{ place: string }>(role, [role]);
    running[role] = started;
    if (role !== "webhooks") return;
    webhooksUrl = started.ready.place;
    sandbox.change({ webhookUrl: webhooksUrl });
  }

  async function settled(id: string) {
    const progress = watchProgress();
    let pauses = 0;
    let last = { counts: "", since: 0 };
    let wasFinished = false;
    for (;;) {
      // Asked after the campaign was seen to end, and before what its webhooks led to is looked at.
      const { open, givenUp } = sandbox.stats().webhooks;
      if (givenUp > 0) throw new Error(`${givenUp} webhooks were given up`);
      const campaign = await found(store, id);
      const counts = JSON.stringify(campaign.counts);
      if (counts !== last.counts) last = { counts, since: performance.now() };
      const isFinished = campaign.status === "finished";
      const isOver =
        wasFinished && isFinished && open === 0 && (await leftOver(redis, store.space)) === "";
      wasFinished = isFinished;
      const isCalm = performance.now() - last.since > CALM_MS;
      if (isOver && (isCalm || campaign.counts.unknown === 0)) break;
      if (campaign.status === "paused") {
        pauses++;
        await store.campaigns.resume(id);
      }
      if (progress.isStuck([campaign.status, counts, open]))
        throw new Error(`stuck: ${await describe(campaign)}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    return { campaign: await found(store, id), pauses };
  }

  async function describe(campaign: Campaign): Promise<string> {
    const { id, status, reason, counts } = campaign;
    const left = await leftOver(redis, store.space);
    const nonZero = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    const pace = await redis.hgetall(numberKeys(store.space).pace);
    const { open, ready } = campaignKeys(store.space, id);
    const batches = {
      open: await redis.hgetall(open),
      ready: await redis.zrange(ready, "0", "-1"),
    };
    return `${id}: ${JSON.stringify({ status, reason, ...nonZero, left, pace, ...batches })}`;
  }

  async function rows(id: string): Promise<ExportedRow[]> {
    const format = await createRowFormat("ndjson", ["phone", "first_name"]);
    const { rows: count } = await found(store, id);
    const all: ExportedRow[] = [];
    for await (const row of store.rows.all(id, count)) {
      all.push(JSON.parse(format.rows([row])) as ExportedRow);
    }
    return all;
  }

  /** A campaign and its rows of the same moment: a late answer may settle one that is unknown. */
  async function whole(id: string): Promise<{ campaign: Campaign; exported: ExportedRow[] }> {
    for (;;) {
      const campaign = await found(store, id);
      const exported = await rows(id);
      const { counts } = await found(store, id);
      if (JSON.stringify(counts) === JSON.stringify(campaign.counts)) return { campaign, exported };
    }
  }

  async function contradictions({ id }: Campaign, phones: readonly string[]): Promise<string[]> {
    const { campaign, exported } = await whole(id);
    const mine = new Set(phones);
    const unknown = exported.filter(({ state }) => state === "unknown").map(({ row }) => row);
    const problems = compareWithLog({
      rows: exported,
      posts: readRequestLog(requestLogPath).filter(({ to }) => to !== null && mine.has(to)),
      webhooks: readWebhookLog(webhookLogPath),
      recipientOf: ({ row }) => phones[row - 1] ?? null,
      unheardRows: new Set(unknown),
    });
    return [...problems, ...miscounted(campaign, exported)];
  }

  return {
    number,
    stage,
    sandbox,
    redis,
    store,
    toRedis,
    webhooksToRedis,
    toApi,
    async kill(role) {
      const process = running[role];
      delete running[role];
      await process?.kill();
    },
    pidOf: (role) => running[role]?.pid ?? 0,
    webhooksUrl: () => webhooksUrl,
    async ensureRunning() {
      if (running.webhooks === undefined) await start("webhooks");
      if (running.worker === undefined) await start("worker");
    },
    import: (phones) =>
      importTestCampaign(store, {
        rows: phones.length,
        definition: testDefinition(number),
        outcomes: new Map(phones.map((phone, at) => [at + 1, { kind: "pending", phone }])),
      }),
    settled,
    contradictions,
    describe: async (id) => describe(await found(store, id)),
    posts: () => readRequestLog(requestLogPath),
    rows,
    async close() {
      try {
        await stage.close();
      } finally {
        redis.disconnect();
        await sandbox.stop();
        await Promise.all([toRedis.close(), webhooksToRedis.close(), toApi.close()]);
      }
    },
  };
}

/**
 * What a crash could leave behind, by name, and failures that wait for a `sent` of our own message
 * before they count; empty when nothing is. An open batch of a finished campaign is left alone on
 * purpose: it has nothing to send, and is found when it runs again.
 */
async function leftOver(redis: Redis, space: string): Promise<string> {
  const keys = numberKeys(space);
  const [leases, failures, outbox] = await Promise.all([
    redis.zcard(keys.leases),
    redis.zcard(keys.failuresDue),
    redis.zcard(keys.failedOutbox),
  ]);
  const left = { leases, failures, outbox };
  return Object.values(left).some((count) => count > 0) ? JSON.stringify(left) : "";
}

async function found(store: NumberStore, id: string): Promise<Campaign> {
  const campaign = await store.campaigns.find(id);
  if (campaign === undefined) throw new Error(`There is no campaign ${id}.`);
  return campaign;
}

/** The counters against a count of the rows. */
function miscounted(campaign: Campaign, rows: readonly ExportedRow[]): string[] {
  const counted = new Map<string, number>();
  for (const { state } of rows) counted.set(state, (counted.get(state) ?? 0) + 1);
  const wrong = Object.entries(campaign.counts).filter(
    ([state, count]) => count !== (counted.get(state) ?? 0),
  );
  return wrong.map(([state, count]) => `${count} counted as ${state}: ${counted.get(state) ?? 0}`);
}

function numbersFile(number: string, ratePerSecond: number): string {
  const { token, webhookSecret } = SANDBOX_DEFAULTS;
  const id = SANDBOX_DEFAULTS.numberIds[0];
  return JSON.stringify({ numbers: { [number]: { id, token, webhookSecret, ratePerSecond } } });
}
