import { requireSendingNumber } from "../config/find-number.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { LivechatClient } from "../livechat/client.ts";
import { createWakeUps } from "../store/index.ts";
import { startHealth } from "./health.ts";
import { withHeartbeat } from "./heartbeat.ts";
import { openNotices } from "./notices.ts";
import type { Platform } from "./platform.ts";
import type { RunningRole } from "./serving.ts";
import { sendObserverOf } from "./telemetry.ts";

/** Sends the campaigns of every number with an id and a token; refuses if none has both. */
export async function startWorkers(platform: Platform): Promise<Result<RunningRole>> {
  const { config, timings, logger, stores, connections } = platform;
  const sending = Object.values(config.numbers).map(requireSendingNumber);
  const refused = sending.find((number) => !number.ok);
  if (refused?.ok === false && sending.every((number) => !number.ok)) return refused;
  const [{ createLivechatClient }, { IN_FLIGHT_MAX }, { createWorker }, { startPoolChore }] =
    await Promise.all([
      import("../livechat/client.ts"),
      import("../worker/flight.ts"),
      import("../worker/worker.ts"),
      import("../worker/pool-chore.ts"),
    ]);
  const notices = await openNotices(platform);
  const isAway = (): boolean => platform.outage.now() !== undefined;
  const worker = createWorker({
    ...{ timings, isAway, wakeUps: createWakeUps(platform.redis, config.mode) },
    logger: logger.child({ role: "worker" }),
  });
  const clients: LivechatClient[] = [];
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
    clients.push(client);
    worker.add({
      ...{ store, client, number: number.value, mode: config.mode, timings, isAway },
      retention: { rowsMs: config.retentionMs, campaignMs: config.campaignsKeptMs },
      logger: logger.child({ role: "worker", number: number.value.name }),
      observer: sendObserverOf(platform, number.value.name),
      queueClient: () => connections.queue(store.space),
      notifier: notices.of(store),
    });
    numbers.push(store.number);
  }
  connections.eachEndpoint(({ ledger }) => {
    ledger.on("ready", worker.reconnected);
    return () => ledger.off("ready", worker.reconnected);
  });
  const unwatch = connections.onQueueMoved((space) => {
    const moved = Object.values(stores).find((store) => store.space === space);
    if (moved !== undefined) void worker.moved(moved.number);
  });
  worker.start();
  const pools = startPoolChore({
    ...{ stores, isAway },
    onProblem: (error) => logger.warn({ error: String(error) }, "pools could not be looked at"),
  });
  async function stop(): Promise<void> {
    unwatch();
    await Promise.all([worker.stop(), pools.stop()]);
    await Promise.all(clients.map((client) => client.close()));
    await notices.close();
  }
  const health = await startHealth(platform);
  if (!health.ok) {
    await stop();
    return health;
  }
  const running = {
    place: null,
    async stop() {
      health.value.drain();
      await stop();
      await health.value.stop();
    },
  };
  return accept(withHeartbeat(platform, { role: "worker", numbers }, running));
}
