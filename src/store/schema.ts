import type { Redis } from "ioredis";
import type { Mode } from "../core/mode.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { keySpace, numberKeys } from "./keys.ts";
import { drainOldQueues, type OldQueues } from "./old-queues.ts";
import type { ProcessInfo } from "./recovery/processes.ts";
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
 *   stored stays as it is; new ones are written short, but not before every process that may run
 *   can read them.
 */
export const SCHEMA = 4;
/** What processes know that do not report their layout. */
const UNREPORTED = 3;

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

/** Brings a number's data up to {@link SCHEMA}. */
export async function upgradeSchema(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  clientOf: OldQueues["clientOf"];
  /** The number without its mode. */
  name: string;
  /** The processes of the last hour: one that counts as gone may only be frozen. */
  seen: () => Promise<readonly Pick<ProcessInfo, "numbers" | "layout">[]>;
}): Promise<void> {
  const { redis, number, run, name, seen } = input;
  const { schema } = numberKeys(number);
  const found = Number((await redis.get(schema)) ?? 1);
  if (found < 2) await indexCampaigns(run);
  if (found < 3) await drainOldQueues(input);
  if (found < 3) await redis.set(schema, 3);
  if (found >= SCHEMA) return;
  // After the step before: if two processes do this at once, the one that sees none is the last.
  const olderOnes = (await seen()).filter(
    ({ numbers, layout = UNREPORTED }) => numbers.includes(name) && layout < SCHEMA,
  );
  if (olderOnes.length === 0) await redis.set(schema, SCHEMA);
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
