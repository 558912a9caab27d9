/**
 * The composition root: each role is built from the platform by its own file of this folder, and
 * nowhere else. Each loads only its own parts: without the dashboard's packages a worker starts in
 * two thirds of the time.
 */
import type { Result } from "../core/refusal.ts";
import type { Platform } from "./platform.ts";
import type { RunningRole } from "./serving.ts";

/** `say` prints a one-time message for a person: a generated password. */
type RoleStarter = (
  platform: Platform,
  say: (line: string) => void,
) => Promise<Result<RunningRole>>;

export type RoleName = "producer" | "worker" | "webhooks" | "dashboard";

export const ROLE_STARTERS: Readonly<Record<RoleName, RoleStarter>> = {
  producer: async (platform) => (await import("./producer.ts")).startProducer(platform),
  worker: async (platform) => (await import("./worker.ts")).startWorkers(platform),
  webhooks: async (platform) => (await import("./webhooks.ts")).startWebhooks(platform),
  dashboard: async (platform, say) =>
    (await import("./dashboard.ts")).startDashboard(platform, say),
};
