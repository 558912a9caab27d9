import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Config, NumberConfig } from "../config/config.ts";
import { portfolioOf } from "../config/portfolios.ts";
import type { Mode } from "../core/mode.ts";
import { redisTrouble } from "../core/redis-trouble.ts";
import { accept, type Refusal, type Result, refuse } from "../core/refusal.ts";
import { type Timings, timings } from "../core/timings.ts";
import { createTroubleLog, type TroubleLog } from "../core/trouble-log.ts";
import type { Logger } from "../logger.ts";
import { describeAddress, type RedisAddress } from "../redis/address.ts";
import { keepAofConsistent } from "../redis/aof.ts";
import { type Connections, connectOne } from "../redis/connections.ts";
import { acquireRedis } from "../redis/embedded.ts";
import { type OutageWatch, watchOutage } from "../redis/outage.ts";
import { checkRedisSafety } from "../redis/safety.ts";
import { type SafetyWatch, watchSafety } from "../redis/safety-watch.ts";
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
  type Suppressions,
} from "../store/index.ts";

/** The base of every role: a safe Redis, and a store for each number. */
export interface Platform {
  readonly config: Config;
  readonly timings: Timings;
  readonly logger: Logger;
  readonly connections: Connections;
  /** The ledger client for what belongs to no number, of this mode. */
  readonly redis: Redis;
  /** Whether Redis is safe; nothing is claimed or imported while it is not. */
  readonly safety: SafetyWatch;
  /** Whether Redis can be reached. */
  readonly outage: OutageWatch;
  /** By number name. */
  readonly stores: Readonly<Record<string, NumberStore>>;
  /** The store of any number of this Redis, configured or not; by default of this mode. */
  openNumber(number: string, mode?: Mode): Promise<NumberStore>;
  /** The opt-outs of a mode. */
  openSuppressions(mode: Mode): Promise<Suppressions>;
  /** The audit of a mode. */
  actsOf(mode: Mode): ActLog;
  /** Closes what this opened; stops an embedded Redis that no other process uses. */
  close(): Promise<void>;
}

const WHERE_REDIS =
  "Start it, or correct DROPCAST_REDIS_URL (rediss:// with TLS, else redis://); without that " +
  "variable Dropcast starts its own.";
const AOF_NOT_REWRITTEN =
  "Redis could not be asked to rewrite its append-only file: after a power cut it may be damaged";
const CANNOT_REMEMBER =
  "the claim counter cannot be stored in the data folder: after a restart of Redis a person is asked";
const CANNOT_AUDIT = "what was done could not be noted in the audit";
const ASK_AGAIN_MS = 1_000;
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
  let outage: OutageWatch | undefined;
  const isAway = (): boolean => outage?.now() !== undefined;
  const troubles = createTroubleLog({ logger, isAway, now: () => performance.now() });
  const connected = await connect({ ...input, address, troubles });
  if (!connected.ok) {
    await release();
    return connected;
  }
  const connections = connected.value;
  const redis = connections.ledger(keySpace(ALL_NUMBERS, config.mode));
  const checkSafety = () =>
    checkRedisSafety(redis, {
      ...{ allowUnsafe: config.allowUnsafeRedis, durability: config.durability },
    });
  const found = await checkSafety();
  if (!found.ok) {
    connections.close();
    await release();
    return found;
  }
  for (const warning of found.value.warnings) logger.warn({ warning }, "unsafe Redis allowed");
  outage = watchOutage(redis);
  const safety = watchSafety({ redis, check: checkSafety, ...safetyWords(logger, troubles) });
  if (input.patience === "wait") {
    await keepAofConsistent(redis, (problem) => logger.warn({ problem }, AOF_NOT_REWRITTEN));
  }

  const waits = timings(config);
  // All workers of an embedded Redis share its data folder, so it has all their counters.
  const limits = limitsOf(config.redisUrl === null ? { ...waits, settleMs: 0 } : waits);
  const { mode } = config;
  const memory: MemoryFolder = {
    dir: join(config.dataDir, COUNTERS_FOLDER),
    copies: mode === "live" ? "doubted" : "trusted",
    onProblem: (error: unknown) => logger.warn({ error: String(error) }, CANNOT_REMEMBER),
  };
  const deploymentOf = (of: Mode) => connections.ledger(keySpace(ALL_NUMBERS, of));
  const onAuditProblem = (error: unknown): void =>
    logger.error({ error: String(error) }, CANNOT_AUDIT);
  const { durability } = config;
  const common = { clientOf: connections.ledger, limits, safety, durability, onAuditProblem };
  const stores: Record<string, NumberStore> = {};
  const openStore = async ({ name: number, id }: NumberConfig): Promise<Result<NumberStore>> => {
    const own = connections.ledger(keySpace(number, mode));
    const readable = await checkSchema(own, number, mode);
    if (!readable.ok) return readable;
    const sender = id === null ? null : `${id} at ${config.apiName}`;
    const portfolio = portfolioOf(config.portfolios, number);
    const counted = portfolio === undefined ? {} : { portfolio };
    const store = await createNumberStore({
      ...{ ...common, redis: own, number, mode, sender, memory },
      ...counted,
    });
    if (input.patience === "wait") await store.join();
    return accept(store);
  };
  const waiting = Object.values(config.numbers);
  while (waiting.length > 0) {
    // Side by side: hundreds of numbers would wait for hundreds of round trips, one by one.
    for (const opened of await Promise.all(waiting.splice(0, STORES_AT_ONCE).map(openStore))) {
      if (opened.ok) {
        stores[opened.value.number] = opened.value;
        continue;
      }
      safety.stop();
      outage.stop();
      connections.close();
      await release();
      return opened;
    }
  }
  return accept({
    config,
    timings: waits,
    logger,
    connections,
    redis,
    safety: withReplicas(safety, stores),
    outage,
    stores,
    openNumber: async (number, of = mode) =>
      (of === mode ? stores[number] : undefined) ??
      createNumberStore({
        ...{ ...common, redis: connections.ledger(keySpace(number, of)), number, mode: of },
      }),
    actsOf: (of) => createActLog({ redis: deploymentOf(of), mode: of, onProblem: onAuditProblem }),
    openSuppressions: (of) =>
      createSuppressions({
        ...{ redis: deploymentOf(of), clientOf: connections.ledger, mode: of },
        startFenceMs: waits.startFenceMs,
      }),
    async close() {
      safety.stop();
      outage.stop();
      await Promise.all(Object.values(stores).map((store) => store.close()));
      connections.close();
      await release();
    },
  });
}

/** Replicas that have fallen behind a claim keep a number from sending, as an unsafe Redis does. */
function withReplicas(
  safety: SafetyWatch,
  stores: Readonly<Record<string, NumberStore>>,
): SafetyWatch {
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
    onChange(problem: Refusal | undefined): void {
      if (problem === undefined) logger.info("Redis is safe again: sending continues");
      else logger.error({ ...problem }, "Redis is no longer safe: nothing is sent or imported");
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

async function connect(input: {
  address: RedisAddress;
  troubles: TroubleLog;
  say: (line: string) => void;
  patience: "wait" | "refuse";
  signal?: AbortSignal;
}): Promise<Result<Connections>> {
  const { address, say, patience, signal } = input;
  let lastError = "";
  const connections = connectOne(address, (error, client) => {
    lastError = error.message;
    input.troubles(error, "redis error", { client });
  });
  const redis = connections.ledger(ALL_NUMBERS);
  let reported = false;
  for (;;) {
    const failure = await attempt(redis);
    if (failure === undefined) return accept(connections);
    const problem = (lastError || failure).replace(/\.$/, "");
    const trouble = redisTrouble(problem);
    const where = describeAddress(address);
    if (patience === "refuse" || signal?.aborted) {
      connections.close();
      return refuse(
        "redis_unreachable",
        `Redis at ${where} does not answer: ${problem}.`,
        trouble === undefined || trouble.name === "UNREACHABLE" ? WHERE_REDIS : trouble.fix,
      );
    }
    if (!reported) say(`Waiting for Redis at ${where}: ${problem}.`);
    reported = true;
    await sleep(ASK_AGAIN_MS, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Undefined if Redis answers and has loaded its data; else its error. */
async function attempt(redis: Redis): Promise<string | undefined> {
  try {
    if (redis.status === "wait" || redis.status === "end") await redis.connect();
    await redis.ping();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
