import type { Redis } from "ioredis";
import { campaignKeys } from "../keys.ts";
import { BATCH_ROWS } from "../scripts/protocol.ts";
import { type BatchRow, inflateBlob, phonesOfBlob, unpackRows } from "./batch-rows.ts";
import { decodeLedgerValue, type LedgerValue } from "./ledger-value.ts";

interface BatchPlace {
  readonly campaign: string;
  readonly batch: number;
}

/** A stored batch: its rows, and the ledger value of each by its place, from 0. */
interface StoredBatch {
  readonly rows: readonly BatchRow[];
  /** The rows as they are stored: what a change of them begins with. */
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
  { campaign, batch }: BatchPlace,
): Promise<StoredBatch | undefined> {
  const keys = campaignKeys(number, campaign);
  const [values, blob] = await Promise.all([
    redis.hgetallBuffer(keys.ledger(batch)),
    redis.getBuffer(keys.batch(batch)),
  ]);
  if (blob === null) return undefined;
  return {
    rows: unpackRows(blob),
    blob,
    value: (place, epochMs) => decodeLedgerValue(values[String(place)], epochMs),
    wamid: (place) => values[String(BATCH_ROWS + place)],
  };
}

/**
 * The phones of a batch, one a row; empty for a row that cannot be sent to and for a duplicate.
 * Undefined if the campaign does not have the batch.
 */
export async function readBatchPhones(
  redis: Redis,
  number: string,
  { campaign, batch }: BatchPlace,
): Promise<readonly string[] | undefined> {
  const blob = await redis.getBuffer(campaignKeys(number, campaign).batch(batch));
  return blob === null ? undefined : phonesOfBlob(blob);
}

/** What is stored of some batches, as text to be searched; undefined for one that is not there. */
export async function readBatchTexts(
  redis: Redis,
  number: string,
  places: readonly BatchPlace[],
): Promise<(string | undefined)[]> {
  if (places.length === 0) return [];
  const keys = places.map(({ campaign, batch }) => campaignKeys(number, campaign).batch(batch));
  const blobs = await redis.mgetBuffer(...keys);
  return blobs.map((blob) => (blob === null ? undefined : inflateBlob(blob)));
}
