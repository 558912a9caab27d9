import type { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { createClientAddress } from "../../src/config/client-address.ts";
import { type Timings, timings } from "../../src/core/timings.ts";
import {
  type AccessDeps,
  createDashboard,
  type DashboardOptions,
} from "../../src/dashboard/server.ts";
import { createLivechatClient } from "../../src/livechat/client.ts";
import { createLogger } from "../../src/logger.ts";
import type { RedisPlace } from "../../src/redis/open-client.ts";
import { createQueueClient } from "../../src/redis/queue-client.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { createWakeUps, type Retention, type WakeUps } from "../../src/store/index.ts";
import { createWorker } from "../../src/worker/worker.ts";
import { accessStores, apiDepsOf, CHEAP } from "../api/support.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { connectTestRedis, redisAddress, testNumber } from "../support/redis.ts";

export const PASSWORD = "correct horse: żółć";

export function basic(password: string): string {
  return basicAs("anybody", password);
}

/** A client for BullMQ that is closed after what the test has opened with it. */
export function openQueueClient(address: RedisPlace = redisAddress()): Redis {
  const client = createQueueClient(address);
  client.on("error", () => {
    // Some tests kill their server.
  });
  onTestFinished(() => client.disconnect());
  return client;
}

/** One client for all key spaces. */
export function queueClientOf(client: Redis): DashboardOptions["queueClient"] {
  return () => client;
}

/** A logger that keeps its lines. */
function createTestLogger(lines: string[] = []) {
  const stream = { write: (line: string) => lines.push(line) };
  return createLogger({ level: "info", pretty: false, stream });
}

/** Users, tokens and sessions are a whole deployment's, so each dashboard gets keys of its own. */
export function accessOf(redis = connectTestRedis({ keyPrefix: `${testNumber()}:` })): AccessDeps {
  return {
    ...accessStores(redis),
    oidc: null,
    secondPersonAbove: null,
    askBy: "dialog",
    cost: CHEAP,
  };
}

export function basicAs(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
}

/** Signs in as a browser does; the cookie of the session, as a browser sends it back. */
export async function signIn(
  { url }: Pick<TestDashboard, "url">,
  { cookie = "", ...fields }: { name?: string; password: string; cookie?: string },
): Promise<string> {
  const answer = await fetch(`${url}/sign-in`, {
    ...{ method: "POST", redirect: "manual", body: new URLSearchParams(fields) },
    headers: { origin: url, cookie },
  });
  if (answer.status !== 303) throw new Error(`signing in was answered ${answer.status}`);
  return answer.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** A dashboard on a free port, of one number with a random name. Stopped when the test ends. */
export async function openDashboard(
  changes: Partial<DashboardOptions> & { test?: TestStore } = {},
) {
  const { test = await openTestStore(), ...options } = changes;
  const logged: string[] = [];
  const access = options.access ?? accessOf();
  const { queueClient = queueClientOf(openQueueClient()) } = options;
  const dashboard = createDashboard({
    host: "127.0.0.1",
    port: 0,
    password: PASSWORD,
    access,
    api: apiDepsOf(test),
    stores: { [test.number]: test.store },
    queueClient,
    ready: async () => (await test.redis.ping()) === "PONG",
    unsafe: () => undefined,
    logger: createTestLogger(logged),
    metrics: { contentType: "text/plain", text: async () => "" },
    clientAddress: createClientAddress([]),
    ...options,
  });
  const started = await dashboard.start();
  if (!started.ok) throw new Error(started.refusal.message);
  onTestFinished(() => dashboard.stop());
  const url = `http://127.0.0.1:${started.value.port}`;

  /** A request as a script makes it, with the password. */
  function ask(path: string, init: Omit<RequestInit, "headers"> & { headers?: Headers } = {}) {
    const headers = { authorization: basic(PASSWORD), ...init.headers };
    return fetch(`${url}${path}`, { redirect: "manual", ...init, headers });
  }

  return { test, access, url, port: started.value.port, logged, stop: () => dashboard.stop(), ask };
}

type Headers = Readonly<Record<string, string>>;

export type TestDashboard = Awaited<ReturnType<typeof openDashboard>>;

/**
 * A real worker against a real sandbox. Both are stopped when the test ends. `sweeps: "first"`
 * leaves it at the sweep of the start, so that what a test sees is what Retry itself does.
 */
export async function startSending(
  test: TestStore,
  input: {
    knobs?: SandboxOptions;
    sweeps?: "first" | "all";
    /** Gets the worker's log lines. */
    logged?: string[];
    queueClient?: Redis;
    /** Default: those of the deployment. */
    wakeUps?: WakeUps;
    retention?: Retention;
    /** Instead of the usual waits of tests. */
    timings?: Partial<Timings>;
  } = {},
) {
  const sandbox = createSandbox({ latencyMs: 0, ...input.knobs });
  const { url } = await sandbox.start();
  const token = Buffer.from("sandbox-account:sandbox-pat").toString("base64");
  // Nothing waits for a lease; an answer may take its time on a busy machine.
  const usual = timings({ answerTimeoutMs: 60_000, timeScale: 20 });
  const sweeps = input.sweeps === "first" ? { sweepEveryMs: 60_000 } : {};
  const waits = { ...usual, ...sweeps, ...input.timings };
  const client = createLivechatClient({
    apiUrl: url,
    numberId: "sandbox-number",
    token,
    connections: 4,
    answerTimeoutMs: waits.answerTimeoutMs,
  });
  const logger = createTestLogger(input.logged);
  const common = { timings: waits, logger, isAway: () => false };
  const { wakeUps = createWakeUps(test.redis, test.store.mode) } = input;
  const worker = createWorker({ ...common, wakeUps });
  const queueClient = input.queueClient ?? openQueueClient();
  worker.add({
    ...common,
    store: test.store,
    client,
    number: {
      name: test.number,
      id: "sandbox-number",
      token,
      ratePerSecond: 500,
      webhookSecrets: [],
      country: null,
    },
    mode: "sandbox",
    retention: input.retention ?? { rowsMs: null, campaignMs: null },
    queueClient: () => queueClient,
  });
  worker.start();
  onTestFinished(async () => {
    await worker.stop();
    await client.close();
    await sandbox.stop();
  });
  return { ...sandbox, worker, stopWorker: worker.stop };
}

/** The `code` of a problem answer. */
export async function problemCode(answer: Response): Promise<string> {
  const type = answer.headers.get("content-type");
  if (type !== "application/problem+json") throw new Error(`not a problem: ${type}`);
  return ((await answer.json()) as { code: string }).code;
}

/** Ids of the jobs in the failed list of the dashboard's number, newest first. */
export async function failedJobs({ ask, test }: TestDashboard): Promise<string[]> {
  const queue = `failed-${test.number}`;
  const answer = await ask(`/queues/api/queues?activeQueue=${queue}&status=failed&page=1`);
  const { queues } = (await answer.json()) as {
    queues: { name: string; jobs: { id: string }[] }[];
  };
  return queues.find(({ name }) => name === queue)?.jobs.map(({ id }) => id) ?? [];
}

export { SOON } from "../support/soon.ts";
