import { accept, type Result, refuse } from "../core/refusal.ts";
import { refusePlainly } from "../core/refusals.ts";
import { localUrl } from "../http/listen.ts";
import type { FailedQueue } from "../queue/failed-queue.ts";
import { createWrongSignatures } from "../store/index.ts";
import { observeWebhooks } from "../telemetry/observe-webhooks.ts";
import { startHealth, unsafeWords } from "./health.ts";
import { withHeartbeat } from "./heartbeat.ts";
import { type Platform, storeNamed } from "./platform.ts";
import type { RunningRole } from "./serving.ts";
import { telemetryOf } from "./telemetry.ts";

/** Receives status webhooks for every number with a secret; refuses if none has one. */
export async function startWebhooks(platform: Platform): Promise<Result<RunningRole>> {
  const { config, logger, redis } = platform;
  const numbers = Object.values(config.numbers).filter((n) => n.webhookSecrets.length > 0);
  if (numbers.length === 0) return refusePlainly("webhook_secret_missing");
  if (config.sharingSecrets.length > 0) return refuseElsewhere(config.sharingSecrets);
  const [{ createFailedQueue }, { createWebhookServer }] = await Promise.all([
    import("../queue/failed-queue.ts"),
    import("../webhooks/server.ts"),
  ]);
  const { metrics, tracing } = telemetryOf(platform);
  const role = logger.child({ role: "webhooks" });
  const observe = observeWebhooks(metrics.process, tracing, role);
  const health = await startHealth(platform);
  if (!health.ok) return health;
  const failed = new Map<string, FailedQueue>();
  function failedOf(name: string): FailedQueue {
    const store = storeNamed(platform, name);
    const client = () => platform.connections.queue(store.space);
    const queue = failed.get(name) ?? createFailedQueue({ client, store });
    failed.set(name, queue);
    return queue;
  }
  const server = createWebhookServer({
    host: config.httpHost,
    port: config.webhookPort,
    numbers,
    logger: role,
    totals: metrics.process.webhooks,
    ...(config.webhookMetrics ? { scrape: metrics } : {}),
    ready: async () => (await redis.ping()) === "PONG",
    problem: () => unsafeWords(platform),
    async apply(number, event, unmatched) {
      if (platform.config.sharingSecrets.includes(number)) throw new SharedElsewhere(number);
      const startedAt = Date.now();
      const result = await storeNamed(platform, number).applyStatus(event, unmatched);
      observe(number, event, { result, startedAt });
      return result;
    },
    onFailed: async ({ number, campaign, row, attempt }) => {
      await failedOf(number).add({ campaign, row, attempt });
    },
    onWrongSignatures: createWrongSignatures(redis, config.mode).note,
  });
  const started = await server.start();
  const withSecrets = () =>
    Object.values(platform.config.numbers).filter(
      ({ webhookSecrets }) => webhookSecrets.length > 0,
    );
  const tell = (taken: Result<unknown>): void => {
    if (!taken.ok) role.error({ ...taken.refusal }, taken.refusal.message);
  };
  const stopRenumbering = platform.onRenumber(async () => {
    const { sharingSecrets } = platform.config;
    // The others are received for. Events of these are repeated by their sender until then.
    if (sharingSecrets.length > 0) tell(refuseElsewhere(sharingSecrets));
    tell(server.setNumbers(withSecrets()));
    // Each has the store of before.
    const queues = [...failed.values()];
    failed.clear();
    await Promise.all(queues.map((queue) => queue.close()));
  });
  const close = async () => {
    stopRenumbering();
    health.value.drain();
    await server.stop();
    await health.value.stop();
    await Promise.all([...failed.values()].map((queue) => queue.close()));
  };
  if (!started.ok) {
    await close();
    return started;
  }
  const info = { role: "webhooks", numbers: () => withSecrets().map(({ name }) => name) } as const;
  const place = `${localUrl(started.value)}/webhooks/livechat`;
  return accept(withHeartbeat(platform, info, { place, stop: close }));
}

/** An event that any of several numbers may be about is asked of all of them, or of none. */
function refuseElsewhere(sharing: readonly string[]) {
  return refuse(
    "webhook_secret_elsewhere",
    `${sharing.join(", ")}: shares its webhook secret with a number that DROPCAST_NUMBERS leaves out here.`,
    "Name all numbers that share a secret in DROPCAST_NUMBERS, or give each a secret of its own.",
  );
}

/** An event that is not taken, and not forgotten either: it is answered as if Redis were away. */
class SharedElsewhere extends Error {
  override readonly name = "webhook_secret_elsewhere";
}
