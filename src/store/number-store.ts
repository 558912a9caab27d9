import type { Redis } from "ioredis";
import { TRIES_MAX } from "../core/message.ts";
import { createAges } from "./ages.ts";
import { createAudit } from "./audit.ts";
import { createCampaignStore } from "./campaign-store.ts";
import { createClaimCounter } from "./claim-counter.ts";
import { createCounterMemory, type MemoryFolder, NO_MEMORY } from "./counter-memory.ts";
import { createEraser } from "./eraser.ts";
import { createPersonDigest } from "./identity.ts";
import { createImportStore } from "./import-store.ts";
import { numberKeys } from "./keys.ts";
import { createLedger, type LedgerLimits, type Safety } from "./ledger.ts";
import { createMending } from "./mending.ts";
import { createNumberOptOuts } from "./number-opt-outs.ts";
import { createOptOutList } from "./opt-out-list.ts";
import { createPace } from "./pace.ts";
import { createPeople } from "./people.ts";
import { createRetention } from "./retention.ts";
import { createRetryFailed } from "./retry-failed.ts";
import { createRollback, findRolledBack } from "./rollback.ts";
import { createRowReader } from "./row-reader.ts";
import { upgradeSchema } from "./schema.ts";
import { ACTS, createScriptRunner, type RunScript } from "./scripts.ts";
import { createApplyStatus } from "./status-events.ts";

/** What the configuration does not set, and what tests start from. */
export const DEFAULT_LIMITS: LedgerLimits = {
  leaseMs: 75_000,
  personBusyMs: 60_000,
  webhooksArrivingMs: 15 * 60_000,
  resendAfterMs: 15 * 60_000,
  triesMax: TRIES_MAX,
  unknownBudget: 5,
  unknownBudgetWindowMs: 60_000,
  failuresInARowMax: 20,
  settleMs: 10_000,
};

const ALWAYS_SAFE: Safety = { isSafe: () => true, problem: () => undefined };

/**
 * Everything Redis holds about one sending number. `redis` is the ledger's client (see
 * connection.ts): a command that cannot be answered is rejected, never queued or sent again.
 */
export async function createNumberStore(input: {
  redis: Redis;
  number: string;
  limits?: LedgerLimits;
  /** Nothing is claimed or imported while it says that Redis is not safe. Left out: it is. */
  safety?: Safety;
  /** The WhatsApp number and the API as they are configured; null: not known in this process. */
  sender?: string | null;
  /** Where the claim counter is kept over restarts of this process. Left out: nowhere. */
  memory?: MemoryFolder;
}) {
  const { redis, number, safety = ALWAYS_SAFE, sender = null } = input;
  const runScript = createScriptRunner(redis, number);
  let hasActed = false;
  const run: RunScript = (name, args) => {
    hasActed ||= ACTS.has(name);
    return runScript(name, args);
  };
  const person = await createPersonDigest(redis);
  const list = createOptOutList({ redis, person });
  const optOuts = createNumberOptOuts({ redis, number, person, list });
  // In this order, and before anything can be claimed: opt-out-list.ts says why.
  await list.enter(number);
  await optOuts.catchUp();
  await upgradeSchema({ redis, number, run });
  const limits = input.limits ?? DEFAULT_LIMITS;
  const databaseId = person("database").toString("hex");
  const { guard } = numberKeys(number);
  if ((await redis.hexists(guard, "database")) === 0) {
    await redis.hsetnx(guard, "database", databaseId);
  }
  const memory =
    input.memory === undefined
      ? NO_MEMORY
      : createCounterMemory({ ...input.memory, number, databaseId });
  const counter = createClaimCounter({ databaseId, settleMs: limits.settleMs, memory, run });
  const ledger = createLedger({ redis, number, run, person, counter, safety, sender, limits });
  const campaigns = createCampaignStore({ redis, number, run, counter, sender });
  const rows = createRowReader({ redis, number });
  return {
    number,
    /** Tells this database from another: a digest under its own key. */
    databaseId,
    /** Numbers of this Redis that wait for a person to accept a rollback, configured here or not. */
    rolledBackNumbers: async () => findRolledBack(redis, await list.numbers()),
    imports: createImportStore({ run, safety, sender, counter }),
    ledger,
    applyStatus: createApplyStatus({ run, person }),
    pace: createPace({ redis, number, run }),
    campaigns,
    people: createPeople({ redis, number, person, run }),
    mending: createMending({ redis, number, run }),
    rows,
    ages: createAges({ redis, number, campaigns }),
    audit: createAudit({ redis, number, run, campaigns }),
    rollback: createRollback({ redis, number, run, person, databaseId, campaigns, rows }),
    counter,
    memory,
    /** For the end of a process: what was changed in it is remembered on this machine. */
    async close(): Promise<void> {
      if (hasActed) await counter.remember();
      memory.close();
    },
    optOuts,
    eraser: createEraser({ redis, number, run, person, campaigns }),
    deleteOld: createRetention({ redis, number, run }),
    retryFailed: createRetryFailed({ campaigns, rows }),
  };
}

export type NumberStore = Awaited<ReturnType<typeof createNumberStore>>;
