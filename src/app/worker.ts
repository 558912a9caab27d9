import { requireSendingNumber } from "../config/find-number.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { LivechatClient } from "../livechat/client.ts";
import { createProcesses, createWakeUps } from "../store/index.ts";
import { startHealth } from "./health.ts";
import { withHeartbeat } from "./heartbeat.ts";
import { bringNewestLayout } from "./newest-layout.ts";
import { openNotices } from "./notices.ts";
import { createOneName } from "./one-name.ts";
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
  const senders = new Map<string, string>();
  const senderOf = (id: string): string => `${id} at ${new URL(config.apiUrl).host}`;
  let isStopping = false;
  let report = (): void => {};
  const oneName = createOneName({
    seen: createProcesses(platform.redis, config.mode).seen,
    serving: () => Object.fromEntries(senders),
    serve,
    logger,
  });

  /** Sends from these numbers, unless one has no id or no token. */
  async function add(names: readonly string[]): Promise<void> {
    const found: Record<string, string> = {};
    for (const name of names) {
      const configured = platform.config.numbers[name];
      if (isStopping || configured === undefined) continue;
      const number = requireSendingNumber(configured);
      if (number.ok) found[name] = senderOf(number.value.id);
      else logger.warn({ code: number.refusal.code }, number.refusal.message);
    }
    await oneName.add(found);
    report();
  }

  function serve(name: string): void {
    const [configured, store] = [platform.config.numbers[name], stores[name]];
    if (isStopping || configured === undefined || store === undefined) return;
    const number = requireSendingNumber(configured);
    if (!number.ok) return;
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
    senders.set(name, senderOf(number.value.id));
    worker.add({
      ...{ store, client, number: number.value, mode: config.mode, timings },
      isAway: () => platform.isAway(store.space),
      retention: { rowsMs: config.retentionMs, campaignMs: config.campaignsKeptMs },
      logger: logger.child({ role: "worker", number: number.value.name }),
      observer: sendObserverOf(platform, number.value.name),
      queueClient: () => connections.queue(store.space),
      notifier: notices.of(store),
    });
    report();
  }

  /** Sends from it no more, once what has begun is finished; the name stays this process's. */
  async function release(name: string): Promise<void> {
    oneName.remove(name);
    await worker.remove(name);
    await clients.get(name)?.close();
    clients.delete(name);
  }

  function leave(name: string): void {
    senders.delete(name);
    report();
  }

  async function remove(name: string): Promise<void> {
    await release(name);
    leave(name);
  }

  /** With its old id, token and rate until what has begun is finished. */
  async function change(name: string): Promise<void> {
    try {
      await release(name);
    } finally {
      const configured = platform.config.numbers[name];
      const number = configured && requireSendingNumber(configured);
      // The same WhatsApp number: others have waited for it, so this one need not ask.
      if (number?.ok && senders.get(name) === senderOf(number.value.id)) serve(name);
      else {
        leave(name);
        await add([name]);
      }
    }
  }

  await add(Object.keys(config.numbers));
  const stopRenumbering = platform.onRenumber(async ({ added, removed, changed }) => {
    await Promise.all([add(added), ...removed.map(remove), ...changed.map(change)]);
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
  const stopLayout = bringNewestLayout(platform);
  worker.start();
  const pools = startPoolChore({
    ...{ stores, isAway },
    openNumber: async (name) => {
      const opened = await platform.openNumber(name);
      if (opened.ok) return opened.value;
      throw new Error(opened.refusal.message);
    },
    onProblem: (error, pool) =>
      logger.warn({ pool, error: String(error) }, "pool could not be started or moved"),
  });
  async function stop(): Promise<void> {
    isStopping = true;
    oneName.stop();
    stopRenumbering();
    unwatch();
    unwatchNumbers();
    stopLayout();
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
    withHeartbeat(
      platform,
      {
        ...{ role: "worker", numbers: () => [...clients.keys()] },
        more: () => ({ senders: Object.fromEntries(senders), waiting: oneName.waiting() }),
        onStart: (heartbeat) => {
          report = heartbeat;
        },
      },
      running,
    ),
  );
}
