import type { Redis } from "ioredis";
import { campaignKeys } from "../keys.ts";
import { BATCH_ROWS } from "../scripts/protocol.ts";
import { decodeLedgerValue, type LedgerValue } from "./ledger-value.ts";

/** A batch as it is stored: its rows packed, and the ledger's word on each by its place, from 0. */
export interface StoredBatch {
  readonly blob: Buffer;
  /** `epochMs` is the campaign's: its times count from there. */
  value(place: number, epochMs: number): LedgerValue;
  /** As it is stored. */
  wamid(place: number): Buffer | undefined;
}

/**
 * Reads a batch; undefined when the campaign has none such. The ledger comes before the rows: a row
 * that is corrected in between still reads as rejected. The other way round it would read as pending,
 * with the phone and the cells that it was rejected for. (One connection answers in the order asked.)
 */
export async function readBatch(
  redis: Redis,
  number: string,
  { campaign, batch }: { campaign: string; batch: number },
): Promise<StoredBatch | undefined> {
  const keys = campaignKeys(number, campaign);
  const [values, blob] = await Promise.all([
    redis.hgetallBuffer(keys.ledger(batch)),
    redis.getBuffer(keys.batch(batch)),
  ]);
  if (blob === null) return undefined;
  return {
    blob,
    value: (place, epochMs) => decodeLedgerValue(values[String(place)], epochMs),
    wamid: (place) => values[String(BATCH_ROWS + place)],
  };
}
