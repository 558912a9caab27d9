import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Config, NumberConfig } from "../config/config.ts";
import { portfolioOf } from "../config/portfolios.ts";
import type { Mode } from "../core/mode.ts";
import { accept, type Refusal, type Result } from "../core/refusal.ts";
import { refusePlainly } from "../core/refusals.ts";
import { type Timings, timings } from "../core/timings.ts";
import { createTroubleLog, type TroubleLog } from "../core/trouble-log.ts";
import { readTopology, type TopologyFacts } from "../health/topology.ts";
import type { Logger } from "../logger.ts";
import { keepAofConsistent } from "../redis/aof.ts";
import type { Connections, Endpoint } from "../redis/connections.ts";
import { acquireRedis } from "../redis/embedded.ts";
import { checkRedisSafety } from "../redis/safety.ts";
import { type Watches, watchEndpoints } from "../redis/watches.ts";
import {
  type ActLog,
  ALL_NUMBERS,
  COUNTERS_FOLDER,
  checkSchema,
  createActLog,
  createNumberStore,
  createSuppressions,
  DEFAULT_LIMITS,
  keySpace,
  type LedgerLimits,
  type MemoryFolder,
  type NumberStore,
  restoringKey,
  type Suppressions,
} from "../store/index.ts";
import { reachRedis } from "./reach-redis.ts";
import { createNumbers, type NumberChange, type OnRenumber } from "./renumber.ts";
import { nameOf, spacesOf, wantedOf } from "./spaces.ts";

/** The base of every role: a safe Redis, and a store for each number. */
export interface Platform {
  /** The numbers in it change with {@link Platform.renumber}; nothing else does. */
  readonly config: Config;
  readonly timings: Timings;
  readonly logger: Logger;
  readonly connections: Connections;
  /** The ledger client for what belongs to no number, of this mode. */
  readonly redis: Redis;
  /** Whether Redis is safe; nothing is claimed or imported while it is not. */
  readonly safety: Watches["safety"];
  /** Whether Redis can be reached. */
  readonly outage: Watches["outage"];
  /** The nodes of Redis, and who has which number. */
  topology(): Promise<TopologyFacts>;
  /** Whether the Redis of a key space is known to be away: of a cluster, its node. */
  isAway(space: string): boolean;
  /** By number name. */
  readonly stores: Readonly<Record<string, NumberStore>>;
  /** Takes the numbers of another configuration, and tells `onRenumber`. */
  renumber(next: Config): Promise<Result<NumberChange>>;
  onRenumber(listener: OnRenumber): () => void;
  /** The store of any number of this Redis, configured or not; by default of this mode. */
  openNumber(number: string, mode?: Mode): Promise<Result<NumberStore>>;
  /** The opt-outs of a mode. */
  openSuppressions(mode: Mode): Promise<Suppressions>;
  /** The audit of a mode. */
  actsOf(mode: Mode): ActLog;
  /** Closes what this opened; stops an embedded Redis that no other process uses. */
  close(): Promise<void>;
}

const AOF_NOT_REWRITTEN =
  "Redis could not be asked to rewrite its append-only file: after a power cut it may be damaged";
const CANNOT_REMEMBER =
  "the claim counter cannot be stored in the data folder: after a restart of Redis a person is asked";
const CANNOT_AUDIT = "what was done could not be noted in the audit";
/** Numbers that are opened side by side. */
const STORES_AT_ONCE = 64;

/**
 * Opens Redis and the stores. `patience`: roles report and wait for a Redis that is absent or still
 * loading, and join their numbers; commands refuse at once, and those that import join. Both refuse
 * an unsafe Redis.
 */
export async function openPlatform(input: {
  config: Config;
  logger: Logger;
  say: (line: string) => void;
  patience: "wait" | "refuse";
  signal?: AbortSignal;
}): Promise<Result<Platform>> {
  const { config, logger, say } = input;
  const acquired = await acquireRedis({ redisUrl: config.redisUrl, dataDir: config.dataDir, say });
  if (!acquired.ok) return acquired;
  const { address, release } = acquired.value;
  const { mode } = config;
  // The numbers of a process that runs may change.
  let spaces = spacesOf(config);
  let watches: Watches | undefined;
  const isAway = (): boolean => watches?.outage.now() !== undefined;
  const troubles = createTroubleLog({ logger, isAway, now: () => performance.now() });
  const wanted = wantedOf(config);
  const connected = await reachRedis({ ...input, address, wanted, troubles });
  if (!connected.ok) {
    await release();
    return connected;
  }
  const connections = connected.value;
  const close = async (): Promise<void> => {
    connections.close();
    await release();
  };
  const check = (redis: Redis) =>
    checkRedisSafety(redis, {
      ...{ allowUnsafe: config.allowUnsafeRedis, durability: config.durability },
    });
  const behind = new Map<Endpoint, Refusal>();
  for (const endpoint of new Set(spaces.map((space) => connections.endpoint(space)))) {
    const found = await check(endpoint.ledger);
    if (!found.ok) {
      await close();
      return found;
    }
    for (const warning of found.value.warnings) logger.warn({ warning }, "unsafe Redis allowed");
    if (found.value.behind !== null) behind.set(endpoint, found.value.behind);
  }
  if ((await connections.ledger(keySpace(ALL_NUMBERS, mode)).exists(restoringKey(mode))) === 1) {
    await close();
    return refusePlainly("restore_unfinished");
  }
  watches = watchEndpoints({
    ...{ connections, spaces: () => spaces, check, found: behind },
    ...safetyWords(logger, troubles),
  });
  const { safety, outage, safetyOf } = watches;
  if (input.patience === "wait") {
    const warn = (problem: string): void => logger.warn({ problem }, AOF_NOT_REWRITTEN);
    const rewrites: Promise<void>[] = [];
    connections.eachEndpoint(({ ledger }) => {
      rewrites.push(keepAofConsistent(ledger, warn));
      return () => {};
    });
    await Promise.all(rewrites);
  }

  const waits = timings(config);
  // All workers of an embedded Redis share its data folder, so it has all their counters.
  const limits = limitsOf(config.redisUrl === null ? { ...waits, settleMs: 0 } : waits);
  const memory: MemoryFolder = {
    dir: join(config.dataDir, COUNTERS_FOLDER),
    copies: mode === "live" ? "doubted" : "trusted",
    onProblem: (error: unknown) => logger.warn({ error: String(error) }, CANNOT_REMEMBER),
  };
  const deploymentOf = (of: Mode) => connections.ledger(keySpace(ALL_NUMBERS, of));
  const onAuditProblem = (error: unknown): void =>
    logger.error({ error: String(error) }, CANNOT_AUDIT);
  const { durability, caps } = config;
  const common = { clientOf: connections.ledger, limits, durability, onAuditProblem, caps };
  const stores: Record<string, NumberStore> = {};
  const openStore = async (
    { name: number, id }: NumberConfig,
    { portfolios }: Pick<Config, "portfolios">,
  ): Promise<Result<NumberStore>> => {
    const own = connections.ledger(keySpace(number, mode));
    const safety = safetyOf(keySpace(number, mode));
    const readable = await checkSchema(own, number, mode);
    if (!readable.ok) return readable;
    const sender = id === null ? null : `${id} at ${config.apiName}`;
    const portfolio = portfolioOf(portfolios, number);
    const counted = portfolio === undefined ? {} : { portfolio };
    const store = await createNumberStore({
      ...{ ...common, redis: own, safety, number, mode, sender, memory },
      ...counted,
    });
    if (input.patience === "wait") await store.join();
    return accept(store);
  };
  const waiting = Object.values(config.numbers);
  while (waiting.length > 0) {
    // Side by side: hundreds of numbers would wait for hundreds of round trips, one by one.
    const some = waiting.splice(0, STORES_AT_ONCE).map((number) => openStore(number, config));
    for (const opened of await Promise.all(some)) {
      if (opened.ok) {
        stores[opened.value.number] = opened.value;
        continue;
      }
      await close();
      return opened;
    }
  }
  const numbers = createNumbers({ config, stores, openStore });
  numbers.onRenumber(async () => {
    spaces = spacesOf(numbers.config());
  });
  return accept({
    get config() {
      return numbers.config();
    },
    renumber: numbers.renumber,
    onRenumber: numbers.onRenumber,
    timings: waits,
    logger,
    connections,
    redis: deploymentOf(mode),
    safety: withReplicas(safety, stores),
    outage,
    isAway: watches.isAway,
    topology: () =>
      readTopology({
        ...{ kind: address.kind, connections, durability },
        spaces: new Map(spaces.map((space) => [space, nameOf(space, mode)])),
      }),
    stores,
    openNumber: async (number, of = mode) => {
      const known = of === mode ? stores[number] : undefined;
      if (known !== undefined) return accept(known);
      const redis = connections.ledger(keySpace(number, of));
      const readable = await checkSchema(redis, number, of);
      if (!readable.ok) return readable;
      const safety = safetyOf(keySpace(number, of));
      return accept(await createNumberStore({ ...common, redis, number, mode: of, safety }));
    },
    actsOf: (of) => createActLog({ redis: deploymentOf(of), mode: of, onProblem: onAuditProblem }),
    openSuppressions: (of) =>
      createSuppressions({
        ...{ redis: deploymentOf(of), clientOf: connections.ledger, mode: of, durability },
        startFenceMs: waits.startFenceMs,
      }),
    async close() {
      await Promise.all(Object.values(stores).map((store) => store.close()));
      await close();
    },
  });
}

/** Replicas that have fallen behind a claim keep a number from sending, as an unsafe Redis does. */
function withReplicas(
  safety: Watches["safety"],
  stores: Readonly<Record<string, NumberStore>>,
): Watches["safety"] {
  const behind = (): Refusal | undefined =>
    Object.values(stores).flatMap(({ replicasBehind }) => replicasBehind() ?? [])[0];
  return {
    ...safety,
    isSafe: () => safety.isSafe() && behind() === undefined,
    problem: () => safety.problem() ?? behind(),
  };
}

/** Logs when Redis is no longer safe; repeats it once a minute. */
function safetyWords(logger: Logger, troubles: TroubleLog) {
  return {
    onChange(problem: Refusal | undefined, endpoint: Endpoint): void {
      const at = { redis: endpoint.where() };
      if (problem === undefined) logger.info(at, "Redis is safe again: sending continues");
      else
        logger.error({ ...problem, ...at }, "Redis is no longer safe: nothing is sent or imported");
    },
    onFailure: (error: unknown) => troubles(error, "the safety of Redis could not be checked"),
  };
}

function limitsOf(waits: Timings): LedgerLimits {
  return {
    ...DEFAULT_LIMITS,
    leaseMs: waits.leaseMs,
    personBusyMs: waits.personBusyMs,
    unknownBudgetWindowMs: waits.unknownBudgetWindowMs,
    resendAfterMs: waits.resendAfterMs,
    failedWaitMs: waits.failedWaitMs,
    webhooksArrivingMs: waits.webhooksArrivingMs,
    settleMs: waits.settleMs,
  };
}

/** The store of a configured number; throws for any other, which is a bug. */
export function storeNamed({ stores }: Pick<Platform, "stores">, number: string): NumberStore {
  const store = Object.hasOwn(stores, number) ? stores[number] : undefined;
  if (store === undefined) throw new Error(`No store for number ${number}.`);
  return store;
}
