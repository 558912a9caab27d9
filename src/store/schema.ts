import type { Redis } from "ioredis";
import type { Mode } from "../core/mode.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { keySpace, numberKeys } from "./keys.ts";
import { drainOldQueues, type OldQueues } from "./old-queues.ts";
import { SHORT_FORMS_SCHEMA } from "./scripts/protocol.ts";
import type { RunScript } from "./scripts/runner.ts";

/**
 * The layout of a number's keys. A role that finds an older layout upgrades it, in small steps that
 * may be repeated, also by several roles at once. A role that finds a newer layout stops, because
 * it would misread it.
 *
 * - 1: before versions were stored.
 * - 2: indexes of campaigns by their end (`by-end`, `with-rows`).
 * - 3: BullMQ's keys are in the number's hash slot (`bull:*`; before, `bull:` was their prefix).
 * - 4: ledger values, the wamid index and the phones of batches have short forms as well. What is
 *   stored stays as it is; new ones are written short. A process that knows only layout 3 would
 *   misread them, so a number with data gets this layout last ({@link finishUpgrade}).
 */
export const SCHEMA = 4;
/** The newest layout that processes of every earlier version can work with while they run. */
const SHARED = SCHEMA - 1;

/** Campaigns that one step indexes: one or two milliseconds of Redis. */
const INDEXED_AT_ONCE = 500;

/** Refuses a number whose data has a newer layout (`schema_newer`). Changes nothing. */
export async function checkSchema(
  redis: Redis,
  number: string,
  mode: Mode = "live",
): Promise<Result<void>> {
  const found = Number((await redis.get(numberKeys(keySpace(number, mode)).schema)) ?? 1);
  if (found <= SCHEMA) return accept(undefined);
  return refuse(
    "schema_newer",
    `The data of number ${number} in Redis has layout ${found}; this version supports up to ${SCHEMA}.`,
    "Run the version of Dropcast that wrote it, or a newer one.",
  );
}

/**
 * Brings a number's data to the newest layout that older processes can work with. A number without
 * data gets {@link SCHEMA} at once if none of them is there.
 */
export async function upgradeSchema(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  clientOf: OldQueues["clientOf"];
  hasOlder: () => Promise<boolean>;
}): Promise<void> {
  const { redis, number, run, hasOlder } = input;
  const { schema, campaigns } = numberKeys(number);
  const found = Number((await redis.get(schema)) ?? 1);
  if (found >= SHARED) return;
  const isEmpty = found === 1 && (await redis.exists(campaigns)) === 0;
  if (found < 2) await indexCampaigns(run);
  await drainOldQueues(input);
  await run("raise-layout", { layout: isEmpty && !(await hasOlder()) ? SCHEMA : SHARED });
}

/**
 * Gives a number {@link SCHEMA}. Call it only when no process that would misread it has run for so
 * long that none may still be starting, or finishing what it has on the wire.
 */
export async function finishUpgrade(redis: Redis, number: string, run: RunScript): Promise<void> {
  const found = Number(await redis.get(numberKeys(number).schema));
  // A lower one lacks steps: of those, the next start of a role takes care.
  if (found === SHARED) await run("raise-layout", { layout: SCHEMA });
}

/** Whether batches of the number (its key space) may have short forms. */
export async function hasShortForms(redis: Redis, number: string): Promise<boolean> {
  return Number(await redis.get(numberKeys(number).schema)) >= SHORT_FORMS_SCHEMA;
}

async function indexCampaigns(run: RunScript): Promise<void> {
  for (let from = 0; ; from += INDEXED_AT_ONCE) {
    const found = Number(
      await run("index-campaigns", { firstRank: from, campaigns: INDEXED_AT_ONCE }),
    );
    if (found < INDEXED_AT_ONCE) return;
  }
}
