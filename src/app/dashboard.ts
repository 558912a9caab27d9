import { createClientAddress } from "../config/client-address.ts";
import type { Config } from "../config/config.ts";
import { accept, type Result } from "../core/refusal.ts";
import { localUrl } from "../http/listen.ts";
import { createSessions, createTokens, createUsers } from "../store/index.ts";
import { apiDeps } from "./api.ts";
import { startHealth, unsafeWords } from "./health.ts";
import { withHeartbeat } from "./heartbeat.ts";
import type { Platform } from "./platform.ts";
import type { RunningRole } from "./serving.ts";
import { telemetryOf } from "./telemetry.ts";

/** Serves campaign pages, their API and the retry dashboard. `say` prints a new password. */
export async function startDashboard(
  platform: Platform,
  say: (line: string) => void,
): Promise<Result<RunningRole>> {
  const { config, redis, stores, logger } = platform;
  const [{ dashboardPassword }, { createDashboard }] = await Promise.all([
    import("../dashboard/password.ts"),
    import("../dashboard/server.ts"),
  ]);
  const password = await dashboardPassword({
    configured: config.dashboardPassword,
    host: config.httpHost,
    dataDir: config.dataDir,
    say,
  });
  if (!password.ok) return password;
  const health = await startHealth(platform);
  if (!health.ok) return health;
  const open = (port: number) =>
    createDashboard({
      host: config.httpHost,
      port,
      password: password.value,
      access: {
        tokens: createTokens(redis, config.mode),
        users: createUsers(redis, config.mode),
        sessions: createSessions(redis, config.mode),
        ...config.access,
      },
      api: apiDeps(platform),
      stores,
      queueClient: platform.connections.queue,
      onSpaceMoved: platform.connections.onSpaceMoved,
      ready: async () => (await redis.ping()) === "PONG",
      unsafe: () => unsafeWords(platform),
      logger: logger.child({ role: "dashboard" }),
      metrics: telemetryOf(platform).metrics,
      clientAddress: createClientAddress(config.trustedProxies),
    });
  let dashboard = open(config.dashboardPort);
  const started = await dashboard.start();
  if (!started.ok) {
    await health.value.stop();
    return started;
  }
  const { port } = started.value;
  // Its pages and Bull Board are made for the numbers of its start.
  let shown = shownOf(platform.config);
  const stopRenumbering = platform.onRenumber(async () => {
    const next = shownOf(platform.config);
    if (shown === next) return;
    await dashboard.stop();
    dashboard = open(port);
    const again = await dashboard.start();
    // The reload is tried again, and so is this.
    if (!again.ok) throw new Error(again.refusal.message);
    shown = next;
  });
  const running = {
    place: localUrl(started.value),
    async stop() {
      stopRenumbering();
      health.value.drain();
      await dashboard.stop();
      await health.value.stop();
    },
  };
  const info = { role: "dashboard", numbers: () => Object.keys(stores) } as const;
  return accept(withHeartbeat(platform, info, running));
}

/** What it has of the numbers. Rates and webhook secrets are others' concern. */
function shownOf({ numbers }: Config): string {
  return JSON.stringify(
    Object.values(numbers).map((one) => ({ ...one, ratePerSecond: 0, webhookSecrets: [] })),
  );
}
