import { readReports } from "../campaigns/drops.ts";
import type { Stores } from "../campaigns/find.ts";
import { readRecurring } from "../campaigns/recurring.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import type { Timings } from "../core/timings.ts";
import type { NumberStore, SeenProcess } from "../store/index.ts";
import type { Check } from "./check.ts";
import { dropChecks, recurringCheck, retentionChecks } from "./deployment.ts";
import { type NumberFacts, readNumberFacts } from "./facts.ts";
import { numberChecks } from "./number.ts";
import { fleetChecks, nameChecks, processChecks, unservedChecks } from "./processes.ts";
import { numberAwayCheck, type RedisFacts, redisChecks, unreachableCheck } from "./redis.ts";
import { type TopologyFacts, topologyChecks } from "./topology.ts";
import { type ConfiguredEndpoint, checkWebhooksOut } from "./webhooks-out.ts";

/** Everything that is read to say how the deployment is. */
export interface Health {
  /** In the order in which they were made. */
  readonly checks: readonly Check[];
  readonly numbers: readonly NumberFacts[];
  /** Null: Redis does not answer. */
  readonly redis: RedisFacts | null;
  /** Seen in the last hour, whether they live or not. */
  readonly processes: readonly SeenProcess[];
}

export interface HealthSources {
  readonly timings: Pick<Timings, "sweepEveryMs" | "personBusyMs">;
  readonly readRedis: () => Promise<RedisFacts>;
  /** Default: one Redis without replicas. */
  readonly readTopology?: () => Promise<TopologyFacts>;
  /** Endpoints of webhooks out that this process has in its configuration. */
  readonly endpoints: readonly ConfiguredEndpoint[];
  /** Null: rows of ended campaigns are kept. */
  readonly retentionMs: number | null;
}

/**
 * Every check that needs neither the machine of another process nor the API. `isLimited`: only some
 * numbers may be seen, so what belongs to none of them is left out. Without Redis there is one
 * check, which says so.
 */
export async function readHealth(
  stores: Stores,
  sources: HealthSources,
  isLimited = false,
): Promise<Health> {
  try {
    return await readAll(stores, sources, isLimited);
  } catch (error) {
    if (redisTrouble(error) === undefined) throw error;
    return { checks: [unreachableCheck(error)], numbers: [], redis: null, processes: [] };
  }
}

async function readAll(
  stores: Stores,
  { timings, readRedis, readTopology, endpoints, retentionMs }: HealthSources,
  isLimited: boolean,
): Promise<Health> {
  const all = Object.values(stores);
  const [redis, topology, read, recurring, drops, processes, unserved] = await Promise.all([
    readRedis(),
    isLimited ? undefined : readTopology?.(),
    Promise.all(all.map((store) => readNumber(store, endpoints))),
    isLimited ? [] : readRecurring(stores),
    isLimited ? [] : readReports(stores),
    all[0]?.processes(),
    isLimited ? [] : (all[0]?.unserved() ?? []),
  ]);
  const seen = processes?.processes ?? [];
  const numbers = read.flatMap(({ facts }) => facts ?? []);
  const checks = [
    ...redisChecks(redis),
    ...(topology === undefined ? [] : topologyChecks(topology)),
    ...numbers.flatMap((facts) => [...numberChecks(facts, timings), ...processChecks(facts)]),
    ...unservedChecks(unserved, stores),
    ...read.flatMap((one) => one.checks),
    ...recurring.map(recurringCheck),
    ...dropChecks(drops),
    ...fleetChecks(seen),
    ...(isLimited ? [] : nameChecks([...seen, ...(processes?.stopping ?? [])])),
    ...retentionChecks(numbers, { retentionMs, nowMs: Date.now() }),
  ];
  return { checks, numbers, redis, processes: seen };
}

/** Of a cluster one node may be away: its numbers are then, and the others are told of. */
async function readNumber(store: NumberStore, endpoints: readonly ConfiguredEndpoint[]) {
  try {
    const [facts, checks] = await Promise.all([
      readNumberFacts(store),
      checkWebhooksOut(endpoints, store),
    ]);
    return { facts, checks };
  } catch (error) {
    if (redisTrouble(error) === undefined) throw error;
    return { facts: undefined, checks: [numberAwayCheck(store.number, error)] };
  }
}
