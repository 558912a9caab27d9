import type { Redis } from "ioredis";
import type { State } from "../../core/message.ts";
import { readNumberTime } from "../clock.ts";
import { campaignKeys } from "../keys.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { RunScript } from "../scripts/runner.ts";
import { packClaimRows } from "./attempt-rows.ts";
import type { LedgerLimits } from "./ledger.ts";
import { stateOf } from "./ledger-value.ts";
import type { RowReader } from "./row-reader.ts";

/** A row that waits because an earlier message to the same person has no outcome. */
export interface WaitingRow {
  readonly row: number;
  /** The message it waits for. */
  readonly campaign: string;
  readonly campaignRow: number;
  readonly state: State;
}

/** Most batches and rows that are read, however large the campaign is. */
const BATCHES_MAX = 5;
const ROWS_MAX = 100;

/**
 * Finds which rows of a campaign wait for a person, and for which message. A claim postpones such a
 * row, so this reads only batches that are due later, the earliest first, and some that a worker
 * has open.
 */
export function createWaiting(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  rows: RowReader;
  limits: LedgerLimits;
}) {
  const { redis, number, run, person, rows, limits } = input;

  return async function waiting(campaign: string): Promise<WaitingRow[]> {
    const keys = campaignKeys(number, campaign);
    const { nowMs } = await readNumberTime(redis, number);
    const [later, open] = await Promise.all([
      redis.zrangebyscore(keys.ready, `(${nowMs}`, "+inf", "LIMIT", 0, BATCHES_MAX),
      redis.hkeys(keys.open),
    ]);
    const batches = [...later, ...open].slice(0, BATCHES_MAX).map(Number);
    const found = await Promise.all(batches.map((batch) => rows.batch(campaign, batch)));
    const putOff = found
      .flat()
      .filter(({ state, value }) => state === "pending" && (value.times.due ?? 0) > nowMs)
      .slice(0, ROWS_MAX);
    const packed = packClaimRows(putOff.map(({ row, phone }) => ({ row, person: person(phone) })));
    const { leaseMs, webhooksArrivingMs } = limits;
    const args = { campaign, rows: packed, leaseMs, webhooksArrivingMs };
    const flat = (await run("who-waits", args)) as (string | number)[];
    const waits: WaitingRow[] = [];
    for (let at = 0; at < flat.length; at += 4) {
      waits.push({
        row: Number(flat[at]),
        campaign: String(flat[at + 1]),
        campaignRow: Number(flat[at + 2]),
        state: stateOf(Number(flat[at + 3])),
      });
    }
    return waits;
  };
}
