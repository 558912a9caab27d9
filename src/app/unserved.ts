import { hostname } from "node:os";
import { UNSERVED_FIX, unservedWords } from "../export/stall-words.ts";
import { createProcesses, createUnheardOptOuts, createUnserved } from "../store/index.ts";
import type { Platform } from "./platform.ts";

const EVERY_MS = 60_000;

/**
 * Once a minute logs which numbers have campaigns that no running worker sends, and passes on the
 * opt-outs of numbers that no worker has: the worker process that has run longest does so for the
 * deployment. Returns how to end that.
 */
export function watchUnserved(platform: Platform): () => void {
  const { redis, connections, config, logger } = platform;
  const { mode } = config;
  const processes = createProcesses(redis, mode);
  const asked = { redis, clientOf: connections.ledger, mode };
  const [unserved, unheard] = [createUnserved(asked), createUnheardOptOuts(asked)];
  const log = logger.child({ role: "worker" });

  async function look(): Promise<void> {
    const { processes: seen } = await processes.seen();
    const [oldest] = seen
      .filter((one) => one.isLive && one.role === "worker")
      .sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
    if (oldest?.pid !== process.pid || oldest.host !== hostname()) return;
    for (const { number, isRunning } of await unserved()) {
      const words = `number ${number}: ${unservedWords(isRunning)}`;
      log.error({ number, fix: UNSERVED_FIX }, words);
    }
    for (const number of await unheard()) {
      // One whose node goes away meanwhile keeps no other from it; it is tried at the next look.
      await passOnOptOutsOf(platform, number).catch(() => {});
    }
  }

  const timer = setInterval(() => void look().catch(() => {}), EVERY_MS / config.timeScale);
  timer.unref();
  return () => clearInterval(timer);
}

async function passOnOptOutsOf(platform: Platform, number: string): Promise<void> {
  const opened = await platform.openNumber(number);
  if (!opened.ok) return;
  const store = opened.value;
  try {
    await store.optOuts.flushOutbox(store.rows);
  } finally {
    // One without a token is configured here, and sent from by none.
    if (platform.stores[number] !== store) await store.close();
  }
}
