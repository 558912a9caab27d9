import { join } from "node:path";
import type { Config } from "../config.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Platform } from "../platform.ts";

/** A role that serves. */
export interface RunningRole {
  readonly stop: () => Promise<void>;
  /** Where it listens or looks, for people; null when there is nothing to point at. */
  readonly place: string | null;
}

/** `say` tells a person something once: a password that was made. */
export type RoleStarter = (
  platform: Platform,
  say: (line: string) => void,
) => Promise<Result<RunningRole>>;

export type RoleName = "producer" | "worker" | "webhooks" | "dashboard";

/** How each role is started. A role that is not here has no command and is not part of `up`. */
export const ROLE_STARTERS: Readonly<Partial<Record<RoleName, RoleStarter>>> = {
  producer: async (platform) => {
    const { startProducer } = await import("../app.ts");
    const started = await startProducer(platform);
    if (!started.ok) return started;
    return accept({
      stop: () => started.value.stop(),
      place: join(started.value.dropsDir, "inbox"),
    });
  },
  worker: async (platform) => {
    const { startWorkers } = await import("../app.ts");
    const started = await startWorkers(platform);
    return started.ok ? accept({ stop: () => started.value.stop(), place: null }) : started;
  },
  dashboard: async (platform, say) => {
    const { startDashboard } = await import("../app.ts");
    const started = await startDashboard(platform, say);
    if (!started.ok) return started;
    const role = started.value;
    return accept({ stop: () => role.stop(), place: httpUrl(platform.config, role.port) });
  },
  webhooks: async (platform) => {
    const { startWebhooks } = await import("../app.ts");
    const started = await startWebhooks(platform);
    if (!started.ok) return started;
    const role = started.value;
    return accept({
      stop: () => role.stop(),
      place: `${httpUrl(platform.config, role.port)}/webhooks/livechat`,
    });
  },
};

/** The address for somebody on this machine. */
export function httpUrl({ httpHost }: Config, port: number): string {
  const host = httpHost === "0.0.0.0" || httpHost === "::" ? "127.0.0.1" : httpHost;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
