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
import { watchUnserved } from "./unserved.ts";

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
  const clients = new Map<string, LivechatClient>();
  let isStopping = false;

  /** Sends from a number, unless it has no id or no token. */
  function add(name: string): void {
    const [configured, store] = [platform.config.numbers[name], stores[name]];
    if (isStopping) return;
    if (configured === undefined || store === undefined) return;
    const number = requireSendingNumber(configured);
    if (!number.ok) {
      logger.warn({ code: number.refusal.code }, number.refusal.message);
      return;
    }
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
    clients.set(name, client);
    worker.add({
      ...{ store, client, number: number.value, mode: config.mode, timings },
      isAway: () => platform.isAway(store.space),
      retention: { rowsMs: config.retentionMs, campaignMs: config.campaignsKeptMs },
      logger: logger.child({ role: "worker", number: number.value.name }),
      observer: sendObserverOf(platform, number.value.name),
      queueClient: () => connections.queue(store.space),
      notifier: notices.of(store),
    });
  }

  async function remove(name: string): Promise<void> {
    await worker.remove(name);
    await clients.get(name)?.close();
    clients.delete(name);
  }

  for (const name of Object.keys(config.numbers)) add(name);
  const stopRenumbering = platform.onRenumber(async ({ added, removed, changed }) => {
    for (const name of added) add(name);
    await Promise.all([
      ...removed.map(remove),
      // With its old token and rate until what has begun is finished.
      ...changed.map(async (name) => {
        await remove(name).finally(() => add(name));
      }),
    ]);
  });
  // Of a node that joins later, too.
  connections.eachEndpoint(({ ledger }) => {
    ledger.on("ready", worker.reconnected);
    return () => ledger.off("ready", worker.reconnected);
  });
  const unwatch = connections.onSpaceMoved((space) => {
    const moved = Object.values(stores).find((store) => store.space === space);
    if (moved !== undefined) void worker.moved(moved.number);
  });
  const unwatchNumbers = watchUnserved(platform);
  worker.start();
  const pools = startPoolChore({
    ...{ stores, isAway, openNumber: platform.openNumber },
    onProblem: (error, pool) =>
      logger.warn({ pool, error: String(error) }, "pool could not be started or moved"),
  });
  async function stop(): Promise<void> {
    isStopping = true;
    stopRenumbering();
    unwatch();
    unwatchNumbers();
    await Promise.all([worker.stop(), pools.stop()]);
    await Promise.all([...clients.values()].map((client) => client.close()));
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
  return accept(
    withHeartbeat(platform, { role: "worker", numbers: () => [...clients.keys()] }, running),
  );
}
