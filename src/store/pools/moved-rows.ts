import type { Redis } from "ioredis";

/** Rows that are read at once. */
const ROWS_AT_ONCE = 16_384;
const ROW_BYTES = 4;

/** Where rows of a campaign were that were moved to it: 4 bytes for each, in their order. */
export function createMovedRows(redis: Redis, keyOf: (campaign: string) => string) {
  async function read(campaign: string, from: number, count: number): Promise<number[]> {
    const [first, end] = [ROW_BYTES * from, ROW_BYTES * (from + count)];
    const bytes = await redis.getrangeBuffer(keyOf(campaign), first, end - 1);
    const rows = Math.floor(bytes.length / ROW_BYTES);
    return Array.from({ length: rows }, (_, at) => bytes.readUInt32BE(ROW_BYTES * at));
  }

  return {
    /** From its row `first` (from 0) on. */
    async noteMoved(campaign: string, first: number, rows: readonly number[]): Promise<void> {
      const packed = Buffer.alloc(ROW_BYTES * rows.length);
      for (const [at, row] of rows.entries()) packed.writeUInt32BE(row, ROW_BYTES * at);
      // A move that begins again may have fewer rows, since some were erased.
      if (first === 0) await redis.set(keyOf(campaign), packed);
      else if (rows.length > 0) await redis.setrange(keyOf(campaign), ROW_BYTES * first, packed);
    },

    /** How many there are. */
    movedRows: async (campaign: string): Promise<number> =>
      Math.floor((await redis.strlen(keyOf(campaign))) / ROW_BYTES),

    /** Those of all its rows. */
    async *movedTo(campaign: string): AsyncGenerator<number> {
      for (let from = 0; ; from += ROWS_AT_ONCE) {
        const rows = await read(campaign, from, ROWS_AT_ONCE);
        yield* rows;
        if (rows.length < ROWS_AT_ONCE) return;
      }
    },

    /** Those from `first` to `last`, each with its row in the campaign: finds them by halves. */
    async movedBetween(
      campaign: string,
      first: number,
      last: number,
    ): Promise<ReadonlyMap<number, number>> {
      let low = 0;
      let high = Math.floor((await redis.strlen(keyOf(campaign))) / ROW_BYTES);
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const [row = 0] = await read(campaign, middle, 1);
        if (row < first) low = middle + 1;
        else high = middle;
      }
      const found = await read(campaign, low, last - first + 1);
      return new Map(found.flatMap((row, at) => (row > last ? [] : [[row, low + at + 1]])));
    },
  };
}
