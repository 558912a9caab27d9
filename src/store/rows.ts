/** Rows, from 1, and batches, from 0: each follows from the other by arithmetic. */
import { BATCH_ROWS } from "./scripts/protocol.ts";

/** The number of batches of a campaign with `rows` rows. */
export function batchesOf(rows: number): number {
  return Math.ceil(rows / BATCH_ROWS);
}

/** The rows of so many full batches. */
export function rowsOf(batches: number): number {
  return batches * BATCH_ROWS;
}

/** The batch a row (from 1) is in. */
export function batchOfRow(row: number): number {
  return Math.floor((row - 1) / BATCH_ROWS);
}

/** The place (from 0) of a row in its batch. */
export function placeInBatch(row: number): number {
  return (row - 1) % BATCH_ROWS;
}

/** The row (from 1) at a place (from 0) in a batch. */
export function rowInBatch(batch: number, place: number): number {
  return batch * BATCH_ROWS + place + 1;
}
