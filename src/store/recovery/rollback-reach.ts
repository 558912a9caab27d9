import { OPEN_CAMPAIGNS_MAX, openBatchesMax } from "../campaigns/campaign-store.ts";
import { rowsOf } from "../rows.ts";

/** A worker shares its reading with each dispatch, every 500 ms; so much may be granted between. */
const UNTOLD_SECONDS = 8;
/**
 * How often all open batches may be left half claimed in a short lost time: when it ends, and once
 * before, because workers stopped or could not reach Redis.
 */
const TIMES_LEFT = 2;
const SHORT_LOSS_MS = 300_000;

/** What is known of a rollback (rollback.ts): null if no process remembers. */
interface Loss {
  readonly noticedAt: number;
  readonly wentBackTo: number;
  readonly lost: number | null;
  readonly lostActs: number | null;
}

/**
 * How many rows a campaign whose batches go out whole can have got along `ready` in the lost time:
 * the claims, and the batches that were left half claimed. Infinity if that is not known.
 */
export function reachOf(loss: Loss, ratePerSecond: number, campaigns: number): number {
  const { lost, lostActs, noticedAt, wentBackTo } = loss;
  const open = openBatchesMax(ratePerSecond);
  // While campaigns wait for room, a run ends with a part of its batch.
  const isCrowded = campaigns + open > OPEN_CAMPAIGNS_MAX;
  const isLong = noticedAt - wentBackTo > SHORT_LOSS_MS;
  if (lost === null || lostActs !== 0 || isCrowded || isLong) return Number.POSITIVE_INFINITY;
  const claims = Math.ceil(lost + UNTOLD_SECONDS * ratePerSecond) + 10;
  return claims + rowsOf(TIMES_LEFT * open);
}

/** The batches of a sorted set that was read with its scores. */
export function pairsOf(flat: readonly string[]): (readonly [batch: number, score: number])[] {
  return flat.flatMap((batch, at) =>
    at % 2 === 0 ? [[Number(batch), Number(flat[at + 1])] as const] : [],
  );
}
