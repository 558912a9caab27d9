import { batchOfRow, placeInBatch, rowInBatch } from "../rows.ts";
import { layout } from "../scripts/layout.ts";

/**
 * The messages of an action, packed in list order: for each batch its number and how many of its
 * rows follow, then the place and the attempt of each. Three bytes a message, so a million take
 * 3 MB while the action runs.
 */
const BATCH = layout({ batch: "I4", rows: "B" });
const ROW = layout({ place: "B", attempt: "I2" });

/** Bytes that hold any one batch. */
export const PACKED_BATCH_MAX = BATCH.bytes + 100 * ROW.bytes;

/** A message and the attempt that it had when the action began, which fences it. */
interface ChosenRow {
  readonly row: number;
  readonly attempt: number;
}

/** Packs messages; those of one batch must come one after another. */
export function createRowsPacker() {
  const parts: Buffer[] = [];
  let batch: { index: number; rows: ChosenRow[] } | undefined;
  let total = 0;

  function close(): void {
    if (batch === undefined) return;
    const packed = Buffer.allocUnsafe(BATCH.bytes + batch.rows.length * ROW.bytes);
    BATCH.write(packed, 0, { batch: batch.index, rows: batch.rows.length });
    for (const [at, { row, attempt }] of batch.rows.entries()) {
      ROW.write(packed, BATCH.bytes + at * ROW.bytes, { place: placeInBatch(row), attempt });
    }
    parts.push(packed);
    batch = undefined;
  }

  return {
    add(chosen: ChosenRow): void {
      const index = batchOfRow(chosen.row);
      if (batch?.index !== index) {
        close();
        batch = { index, rows: [] };
      }
      batch.rows.push({ row: chosen.row, attempt: chosen.attempt });
      total++;
    },
    end(): { readonly packed: Buffer; readonly total: number } {
      close();
      return { packed: Buffer.concat(parts), total };
    },
  };
}

/** The messages of the batch that `packed` begins with, and its length in bytes. */
export function unpackBatch(packed: Buffer): {
  readonly batch: number;
  readonly rows: readonly ChosenRow[];
  readonly bytes: number;
} {
  const batch = BATCH.get(packed, "batch");
  const count = BATCH.get(packed, "rows");
  const rows = Array.from({ length: count }, (_, at) => {
    const one = packed.subarray(BATCH.bytes + at * ROW.bytes);
    return { row: rowInBatch(batch, ROW.get(one, "place")), attempt: ROW.get(one, "attempt") };
  });
  return { batch, rows, bytes: BATCH.bytes + count * ROW.bytes };
}
