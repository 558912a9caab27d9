import type { Redis } from "ioredis";
import { campaignKeys } from "../keys.ts";
import { BATCH_ROWS } from "../scripts/protocol.ts";
import { decodeLedgerValue, type LedgerValue } from "./ledger-value.ts";

/** A stored batch: its packed rows, and the ledger value of each by its place, from 0. */
interface StoredBatch {
  readonly blob: Buffer;
  /** `epochMs` is the campaign's; times count from there. */
  value(place: number, epochMs: number): LedgerValue;
  /** As it is stored. */
  wamid(place: number): Buffer | undefined;
}

/**
 * Reads a batch; undefined if the campaign does not have it. The ledger is read before the rows: a
 * row that is corrected in between still reads as rejected. In the other order it would read as
 * pending, with the phone and cells for which it was rejected. (One connection answers in order.)
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
