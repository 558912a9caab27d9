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
 * Reports a running role every ten seconds, until its `stop`. Best effort: a failed write is
 * repeated at the next heartbeat, and nothing waits for it.
 */
export function withHeartbeat<R extends { stop(): Promise<void> }>(
  { redis, config, logger }: Pick<Platform, "redis" | "config" | "logger">,
  of: {
    readonly role: ProcessRole;
    readonly numbers: () => readonly string[];
    /** What else there is to say of it now. */
    readonly more?: () => Pick<ProcessInfo, "senders" | "waiting">;
  },
  running: R,
): R {
  const { role, numbers, more = () => ({}) } = of;
  const processes = createProcesses(redis, config.mode);
  const id = randomUUID();
  const info = {
    ...{ role, version: VERSION, layout: SCHEMA },
    ...{ host: hostname(), pid: process.pid, startedAt: Date.now() },
  };
  const failed = (error: unknown) => logger.debug({ role, error: String(error) }, "no heartbeat");
  let last = Promise.resolve();
  const heartbeat = (): void => {
    last = processes
      .heartbeat(id, { ...info, numbers: numbers(), ...more(), clockMs: Date.now() })
      .catch(failed);
  };
  heartbeat();
  const timer = setInterval(heartbeat, HEARTBEAT_EVERY_MS).unref();
  return {
    ...running,
    async stop() {
      clearInterval(timer);
      // After the last heartbeat, which would register the process again.
      const left = last.then(() => processes.leave(id)).catch(failed);
      await Promise.all([endInTime(LEAVE_MS, [left]), running.stop()]);
    },
  };
}
