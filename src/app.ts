import { join } from "node:path";
import { withBeats } from "./app-beats.ts";
import { createImporter, findCampaignIn } from "./app-lists.ts";
import { createClientAddress } from "./config/client-address.ts";
import { requireSendingNumber } from "./config.ts";
import { accept, type Result } from "./core/refusal.ts";
import { refusePlainly } from "./core/refusals.ts";
import { createHealthServer } from "./http/health.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { type Platform, storeNamed } from "./platform.ts";

/**
 * The composition root: each role is built here from the platform, and nowhere else. A role that
 * has started runs until its `stop`, which finishes what it has begun. Each loads its own parts
 * only: a worker without the dashboard's packages is up in two thirds of the time.
 */
export interface Role {
  stop(): Promise<void>;
}

/** Sends the campaigns of every number that has an id and a token; refuses when none has. */
export async function startWorkers(platform: Platform): Promise<Result<Role>> {
  const { config, timings, logger, stores } = platform;
  const sending = Object.values(config.numbers).map(requireSendingNumber);
  const refused = sending.find((number) => !number.ok);
  if (refused?.ok === false && sending.every((number) => !number.ok)) return refused;
  const [{ createLivechatClient }, { IN_FLIGHT_MAX }, { createWorker }] = await Promise.all([
    import("./livechat/client.ts"),
    import("./worker/flight.ts"),
    import("./worker/worker.ts"),
  ]);
  const stops: (() => Promise<void>)[] = [];
  const numbers: string[] = [];
  for (const number of sending) {
    if (!number.ok) {
      logger.warn({ code: number.refusal.code }, number.refusal.message);
      continue;
    }
    const store = stores[number.value.name];
    if (store === undefined) continue;
    const client = createLivechatClient({
      apiUrl: config.apiUrl,
      numberId: number.value.id,
      token: number.value.token,
      // As many as can be on the wire, and undici opens them only as they are needed.
      connections: IN_FLIGHT_MAX,
      answerTimeoutMs: timings.answerTimeoutMs,
      connectTimeoutMs: timings.connectTimeoutMs,
      startFenceMs: timings.startFenceMs,
    });
    const worker = createWorker({
      store,
      client,
      number: number.value,
      mode: config.mode,
      timings,
      retention: { rowsMs: config.retentionMs, campaignMs: config.campaignsKeptMs },
      logger: logger.child({ role: "worker", number: number.value.name }),
      openQueueConnection: platform.openQueueConnection,
    });
    await worker.start();
    numbers.push(store.number);
    stops.push(async () => {
      await worker.stop();
      await client.close();
    });
  }
  const health = await startHealth(platform);
  if (!health.ok) {
    await settleAll(stops);
    return health;
  }
  const running = {
    async stop() {
      health.value.drain();
      await settleAll(stops);
      await health.value.stop();
    },
  };
  return accept(withBeats(platform, { role: "worker", numbers }, running));
}

/** Watches the drop folder and imports what is put there. */
export async function startProducer(
  platform: Platform,
): Promise<Result<Role & { readonly dropsDir: string }>> {
  const { config, logger } = platform;
  const [{ createDropFolder, dropTiming }, { createModeDrops }] = await Promise.all([
    import("./producer/drop/drop-folder.ts"),
    import("./producer/drop/drop-mode.ts"),
  ]);
  const role = logger.child({ role: "producer" });
  const importFile = await createImporter(platform);
  const findCampaign = findCampaignIn(platform);
  const { retentionMs } = config;
  const timing = dropTiming(config.timeScale);
  const say = (line: string): void => role.info(line);
  const folder = createModeDrops({
    ...{ dir: config.dropsDir, mode: config.mode, say },
    open: (dir) => createDropFolder({ dir, importFile, findCampaign, retentionMs, timing, say }),
  });
  const health = await startHealth(platform);
  if (!health.ok) return health;
  const started = await folder.start();
  if (!started.ok) {
    await health.value.stop();
    return started;
  }
  const running = {
    dropsDir: folder.dir(),
    async stop() {
      health.value.drain();
      await folder.stop();
      await health.value.stop();
    },
  };
  const all = Object.keys(platform.stores);
  return accept(withBeats(platform, { role: "producer", numbers: all }, running));
}

/** The port for probes and metrics, of every role alike; none unless it is set. */
async function startHealth(
  platform: Platform,
  metrics: Metrics = createMetrics(platform.stores),
): Promise<Result<Role & { drain(): void }>> {
  const { config, redis, safety } = platform;
  if (config.metricsPort === null) return accept({ drain() {}, async stop() {} });
  const health = createHealthServer({
    host: config.httpHost,
    port: config.metricsPort,
    metrics,
    ready: async () => (await redis.ping()) === "PONG" && safety.isSafe(),
    problem: () => unsafeWords(safety),
  });
  const started = await health.start();
  return started.ok ? accept(health) : started;
}

/** Receives status webhooks for every number that has a secret; refuses when none has. */
export async function startWebhooks(
  platform: Platform,
): Promise<Result<Role & { readonly host: string; readonly port: number }>> {
  const { config, logger, stores, redis, safety } = platform;
  const numbers = Object.values(config.numbers).filter((n) => n.webhookSecrets.length > 0);
  if (numbers.length === 0) {
    return refusePlainly("webhook_secret_missing");
  }
  const [{ createFailedQueue }, { createWebhookServer }] = await Promise.all([
    import("./queue/failed-queue.ts"),
    import("./webhooks/server.ts"),
  ]);
  const metrics = createMetrics(stores);
  const health = await startHealth(platform, metrics);
  if (!health.ok) return health;
  const connection = platform.openQueueConnection();
  const failed = new Map(
    Object.entries(stores).map(([name, store]) => [name, createFailedQueue({ connection, store })]),
  );
  const server = createWebhookServer({
    host: config.httpHost,
    port: config.webhookPort,
    numbers,
    logger: logger.child({ role: "webhooks" }),
    metrics: metrics.registry,
    ...(config.webhookMetrics ? { scrape: metrics } : {}),
    ready: async () => (await redis.ping()) === "PONG",
    problem: () => unsafeWords(safety),
    apply: (number, event, unmatched) => storeNamed(platform, number).applyStatus(event, unmatched),
    onFailed: async ({ number, campaign, row, attempt }) => {
      await failed.get(number)?.add({ campaign, row, attempt });
    },
  });
  const started = await server.start();
  const close = async () => {
    health.value.drain();
    await server.stop();
    await health.value.stop();
    await settleAll([...failed.values()].map((queue) => queue.close));
    connection.disconnect();
  };
  if (!started.ok) {
    await close();
    return started;
  }
  const heard = { role: "webhooks", numbers: numbers.map(({ name }) => name) } as const;
  return accept(withBeats(platform, heard, { ...started.value, stop: close }));
}

/** Serves campaign pages, their API and the retry dashboard. `say` tells a password that was made. */
export async function startDashboard(
  platform: Platform,
  say: (line: string) => void,
): Promise<Result<Role & { readonly host: string; readonly port: number }>> {
  const { config, redis, safety, stores, logger } = platform;
  const [{ dashboardPassword }, { createDashboard }] = await Promise.all([
    import("./dashboard/password.ts"),
    import("./dashboard/server.ts"),
  ]);
  const password = await dashboardPassword({
    configured: config.dashboardPassword,
    host: config.httpHost,
    dataDir: config.dataDir,
    say,
  });
  if (!password.ok) return password;
  const metrics = createMetrics(stores);
  const health = await startHealth(platform, metrics);
  if (!health.ok) return health;
  const dashboard = createDashboard({
    host: config.httpHost,
    port: config.dashboardPort,
    password: password.value,
    stores,
    openQueueConnection: platform.openQueueConnection,
    ready: async () => (await redis.ping()) === "PONG",
    unsafe: () => unsafeWords(safety),
    logger: logger.child({ role: "dashboard" }),
    metrics,
    clientAddress: createClientAddress(config.trustedProxies),
  });
  const started = await dashboard.start();
  if (!started.ok) {
    await health.value.stop();
    return started;
  }
  const running = {
    ...started.value,
    async stop() {
      health.value.drain();
      await dashboard.stop();
      await health.value.stop();
    },
  };
  const shown = { role: "dashboard", numbers: Object.keys(stores) } as const;
  return accept(withBeats(platform, shown, running));
}

function unsafeWords(safety: Platform["safety"]): string | undefined {
  const problem = safety.problem();
  return problem === undefined ? undefined : `${problem.message} ${problem.fix}`;
}

async function settleAll(stops: readonly (() => Promise<void>)[]): Promise<void> {
  await Promise.all(stops.map((stop) => stop()));
}

/** Where `up --sandbox` keeps the log of its sandbox: one line for each POST. */
export function sandboxLogPath(dataDir: string): string {
  return join(dataDir, "sandbox.log");
}
