import { isoTime } from "../core/format.ts";
import { accept, type Result } from "../core/refusal.ts";
import { createHealthServer } from "../http/health.ts";
import type { Platform } from "./platform.ts";
import { telemetryOf } from "./telemetry.ts";

interface Health {
  /** From now on `/readyz` answers 503. */
  drain(): void;
  stop(): Promise<void>;
}

const NO_PORT: Health = { drain() {}, async stop() {} };

/** The port for probes and metrics, the same for every role; closed unless it is configured. */
export async function startHealth(platform: Platform): Promise<Result<Health>> {
  const { config, redis, safety } = platform;
  if (config.metricsPort === null) return accept(NO_PORT);
  const health = createHealthServer({
    host: config.httpHost,
    port: config.metricsPort,
    metrics: telemetryOf(platform).metrics,
    ready: async () => (await redis.ping()) === "PONG" && safety.isSafe(),
    problem: () => unsafeWords(platform) ?? awayWords(platform),
  });
  const started = await health.start();
  return started.ok ? accept(health) : started;
}

/** Why Redis is unsafe, for people; undefined while it is safe. */
export function unsafeWords({ safety }: Pick<Platform, "safety">): string | undefined {
  const problem = safety.problem();
  return problem === undefined ? undefined : `${problem.message} ${problem.fix}`;
}

/** Which Redis is away, and what to do. The port is not for strangers: it may name hosts. */
function awayWords({ outage }: Pick<Platform, "outage">): string | undefined {
  const now = outage.now();
  if (now === undefined) return undefined;
  return `Redis is away since ${isoTime(now.sinceMs)} (${now.reason}). ${now.fix}`.trimEnd();
}
