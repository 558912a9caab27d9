import { readDeployment } from "../metrics/deployment.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { countSending } from "../telemetry/count-sending.ts";
import { logSending } from "../telemetry/log-sending.ts";
import { createSparing } from "../telemetry/sparing.ts";
import { tracedApi, traceSending } from "../telemetry/trace-sending.ts";
import { findTracing, type Tracing } from "../telemetry/tracing.ts";
import { neverThrowing, observedByBoth, type SendObserver } from "../worker/observer.ts";
import type { Platform } from "./platform.ts";

/** What measures and traces this process. */
interface Telemetry {
  readonly metrics: Metrics;
  /** Undefined if no provider of traces was loaded. */
  readonly tracing: Tracing | undefined;
}

type Measured = Pick<Platform, "stores" | "redis" | "connections" | "config">;

/** By the stores, which all roles of a process share. */
const known = new WeakMap<Platform["stores"], Telemetry>();

/** That of this process: one registry, so that its port shows the counts of every role. */
export function telemetryOf(platform: Measured): Telemetry {
  const { stores, redis, connections, config } = platform;
  const found = known.get(stores) ?? {
    metrics: createMetrics(stores, {
      deployment: readDeployment({
        ...{ redis, clientOf: connections.ledger, mode: config.mode, stores },
        nodes: () => connections.endpoints().map(({ ledger }) => ledger),
        durability: config.durability,
      }),
    }),
    tracing: findTracing(),
  };
  known.set(stores, found);
  return found;
}

/** What observes the sending of one number. */
export function sendObserverOf(
  platform: Measured & Pick<Platform, "logger">,
  number: string,
): SendObserver {
  const { config, logger } = platform;
  const { metrics, tracing } = telemetryOf(platform);
  const observers = [countSending(number, metrics.process)];
  if (logger.isLevelEnabled("debug")) {
    observers.push(logSending(logger.child({ role: "worker", number })));
  }
  if (tracing !== undefined) {
    observers.push(traceSending(tracing, { number, api: tracedApi(config.apiUrl) }));
  }
  const sparing = createSparing(logger);
  return observers.map((one) => neverThrowing(one, sparing)).reduce(observedByBoth);
}
