import { requireSendingNumber } from "../config/find-number.ts";
import { accept, type Result } from "../core/refusal.ts";
import { startHealth } from "./health.ts";
import { withHeartbeat } from "./heartbeat.ts";
import { openNotices } from "./notices.ts";
import type { Platform } from "./platform.ts";
import type { RunningRole } from "./serving.ts";
import { sendObserverOf } from "./telemetry.ts";

/** Sends the campaigns of every number with an id and a token; refuses if none has both. */
export async function startWorkers(platform: Platform): Promise<Result<RunningRole>> {
  const { config, timings, logger, stores } = platform;
  const sending = Object.values(config.numbers).map(requireSendingNumber);
  const refused = sending.find((number) => !number.ok);
  if (refused?.ok === false && sending.every((number) => !number.ok)) return refused;
  const [{ createLivechatClient }, { IN_FLIGHT_MAX }, { createWorker }] = await Promise.all([
    import("../livechat/client.ts"),
    import("../worker/flight.ts"),
    import("../worker/worker.ts"),
  ]);
  const notices = await openNotices(platform);
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
      // As many as there can be requests in flight; undici opens them only when needed.
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
      observer: sendObserverOf(platform, number.value.name),
      isAway: () => platform.outage.now() !== undefined,
      queueClient: platform.connections.queue(store.space),
    });
    await worker.start();
    const notifier = notices.start(store);
    numbers.push(store.number);
    stops.push(async () => {
      await Promise.all([worker.stop(), notifier.stop()]);
      await client.close();
    });
  }
  const health = await startHealth(platform);
  if (!health.ok) {
    await stopAll(stops);
    await notices.close();
    return health;
  }
  const running = {
    place: null,
    async stop() {
      health.value.drain();
      await stopAll(stops);
      await notices.close();
      await health.value.stop();
    },
  };
  return accept(withHeartbeat(platform, { role: "worker", numbers }, running));
}

async function stopAll(stops: readonly (() => Promise<void>)[]): Promise<void> {
  await Promise.all(stops.map((stop) => stop()));
}
