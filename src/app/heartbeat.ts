import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { endInTime } from "../queue/in-time.ts";
import {
  createProcesses,
  HEARTBEAT_EVERY_MS,
  type ProcessInfo,
  type ProcessRole,
  SCHEMA,
} from "../store/index.ts";
import { VERSION } from "../version.ts";
import type { Platform } from "./platform.ts";

/** Redis removes a process that stops reporting after 90 s. */
const LEAVE_MS = 1_000;

/**
 * Reports a running role every ten seconds and at a change, until its `stop`. Best effort: a failed
 * write is repeated at the next heartbeat, and nothing waits for it.
 */
export function withHeartbeat<R extends { stop(): Promise<void> }>(
  { redis, config, logger }: Pick<Platform, "redis" | "config" | "logger">,
  of: {
    readonly role: ProcessRole;
    readonly numbers: () => readonly string[];
    /** What else there is to say of it now. */
    readonly more?: () => Pick<ProcessInfo, "senders" | "waiting">;
    /** Gets what reports a change at once. */
    readonly onStart?: (report: () => void) => void;
  },
  running: R,
): R {
  const { role, numbers, more = () => ({}), onStart } = of;
  const processes = createProcesses(redis, config.mode);
  const id = randomUUID();
  const info = {
    ...{ role, version: VERSION, layout: SCHEMA },
    ...{ host: hostname(), pid: process.pid, startedAt: Date.now() },
  };
  const failed = (error: unknown) => logger.debug({ role, error: String(error) }, "no heartbeat");
  let last = Promise.resolve();
  let [isNext, isOver] = [false, false];
  /** Many changes at once, as of hundreds of numbers, are one report. */
  const heartbeat = (): void => {
    if (isNext || isOver) return;
    isNext = true;
    last = last
      .then(() => {
        isNext = false;
        const state = isOver ? { isStopping: true as const } : {};
        const now = { numbers: numbers(), ...more(), ...state, clockMs: Date.now() };
        return processes.heartbeat(id, { ...info, ...now });
      })
      .catch(failed);
  };
  heartbeat();
  onStart?.(heartbeat);
  const timer = setInterval(heartbeat, HEARTBEAT_EVERY_MS).unref();
  return {
    ...running,
    async stop() {
      clearInterval(timer);
      // The last report, which says that it stops.
      heartbeat();
      isOver = true;
      try {
        await running.stop();
      } finally {
        // Not before: what it still does needs the layout that it knows. And after the last
        // heartbeat, which would register the process again.
        const left = last.then(() => processes.leave(id)).catch(failed);
        await endInTime(LEAVE_MS, [left]);
      }
    },
  };
}
