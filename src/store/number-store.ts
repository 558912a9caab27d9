import type { Redis } from "ioredis";
import { createCampaignStore } from "./campaign-store.ts";
import { createPersonDigest } from "./identity.ts";
import { createImportStore } from "./import-store.ts";
import { createLedger, type LedgerLimits } from "./ledger.ts";
import { createMending } from "./mending.ts";
import { createPace } from "./pace.ts";
import { createPeople } from "./people.ts";
import { createRetryFailed } from "./retry-failed.ts";
import { createRowReader } from "./row-reader.ts";
import { createScriptRunner } from "./scripts.ts";

/** What the configuration does not set, and what tests start from. */
export const DEFAULT_LIMITS: LedgerLimits = {
  leaseMs: 75_000,
  personBusyMs: 60_000,
  webhooksArrivingMs: 15 * 60_000,
  triesMax: 8,
  unknownBudget: 5,
  unknownBudgetWindowMs: 60_000,
  failuresInARowMax: 20,
};

/**
 * Everything Redis holds about one sending number. `redis` is the ledger's client (see
 * connection.ts): a command that cannot be answered is rejected, never queued or sent again.
 */
export async function createNumberStore(input: {
  redis: Redis;
  number: string;
  limits?: LedgerLimits;
}) {
  const { redis, number } = input;
  const run = createScriptRunner(redis, number);
  const person = await createPersonDigest(redis, number);
  const limits = input.limits ?? DEFAULT_LIMITS;
  const ledger = createLedger({ redis, number, run, person, limits });
  const campaigns = createCampaignStore({ redis, number, run });
  const rows = createRowReader({ redis, number });
  return {
    number,
    imports: createImportStore(run),
    ledger,
    applyStatus: ledger.applyStatus,
    pace: createPace({ redis, number, run }),
    campaigns,
    people: createPeople({ redis, number, person, campaigns }),
    mending: createMending({ redis, number, run }),
    rows,
    retryFailed: createRetryFailed({ campaigns, rows }),
  };
}

export type NumberStore = Awaited<ReturnType<typeof createNumberStore>>;
