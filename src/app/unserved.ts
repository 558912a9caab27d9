import { hostname } from "node:os";
import { UNSERVED_FIX, unservedWords } from "../export/stall-words.ts";
import { createProcesses, createUnserved } from "../store/index.ts";
import type { Platform } from "./platform.ts";

const EVERY_MS = 60_000;

/**
 * Logs once a minute which numbers have campaigns that no running worker sends: the worker process
 * that has run longest does so for the deployment. Returns how to end that.
 */
export function watchUnserved({ redis, connections, config, logger }: Platform): () => void {
  const { mode } = config;
  const processes = createProcesses(redis, mode);
  const unserved = createUnserved({ redis, clientOf: connections.ledger, mode });
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
  }

  const timer = setInterval(() => void look().catch(() => {}), EVERY_MS / config.timeScale);
  timer.unref();
  return () => clearInterval(timer);
}
