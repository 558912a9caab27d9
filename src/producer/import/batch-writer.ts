import type { ImportRow } from "../../store/batch-rows.ts";
import type { ImportBatch, ImportStore } from "../../store/import-store.ts";
import { BATCH_ROWS } from "../../store/keys.ts";

/**
 * Cuts the judged rows into batches and stores them, in order, ten batches a call. Two calls are
 * in flight at most: Redis stores one while the next is made, and a list of any size stays out of
 * memory. A timer keeps the lease while no chunk is ready.
 *
 * Races: the answer to a chunk may come after the reader has gone on by one more chunk. A "lost"
 * makes every later call give up; what was sent meanwhile carries the same token and is refused
 * by the store.
 */
export interface BatchWriter {
  /** Takes a row; stores nothing by itself. */
  add(row: ImportRow): void;
  /** Stores the full chunks and waits while two are under way. False when the import is lost. */
  drain(): Promise<boolean>;
  /** Stores what is left. Answers the number of batches, or null when the import is lost. */
  end(): Promise<number | null>;
  /** Ends the heartbeat. Always called. */
  close(): Promise<void>;
}

const CHUNK_BATCHES = 10;
const CALLS_MAX = 2;
/** The lease is 3 s: two heartbeats may be late and it still holds. */
const HEARTBEAT_EVERY_MS = 700;

export function createBatchWriter(input: {
  imports: ImportStore;
  campaign: string;
  token: string;
}): BatchWriter {
  const { imports, campaign, token } = input;
  const calls: Promise<void>[] = [];
  let rows: ImportRow[] = [];
  let full: ImportBatch[] = [];
  let stored = 0;
  let lost = false;
  let renewedAt = performance.now();
  let failure: { error: unknown } | null = null;

  function track(call: Promise<"stored" | "alive" | "lost">): Promise<void> {
    return call.then(
      (answer) => {
        if (answer === "lost") lost = true;
        renewedAt = performance.now();
      },
      (error: unknown) => {
        failure ??= { error };
      },
    );
  }

  async function send(batches: ImportBatch[]): Promise<void> {
    const firstBatch = stored;
    stored += batches.length;
    calls.push(track(imports.chunk({ campaign, token, firstBatch, batches })));
    if (calls.length >= CALLS_MAX) await calls.shift();
  }

  function checked(): boolean {
    if (failure !== null) throw failure.error;
    return !lost;
  }

  let beat: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    if (performance.now() - renewedAt < HEARTBEAT_EVERY_MS) return;
    renewedAt = performance.now();
    beat = track(imports.heartbeat({ campaign, token }));
  }, HEARTBEAT_EVERY_MS / 2);

  return {
    add(row) {
      rows.push(row);
      if (rows.length < BATCH_ROWS) return;
      full.push({ rows });
      rows = [];
    },
    async drain() {
      while (full.length >= CHUNK_BATCHES && checked()) {
        const chunk = full.slice(0, CHUNK_BATCHES);
        full = full.slice(CHUNK_BATCHES);
        await send(chunk);
      }
      return checked();
    },
    async end() {
      if (rows.length > 0) full.push({ rows });
      rows = [];
      if (full.length > 0 && checked()) await send(full);
      full = [];
      await Promise.all(calls);
      return checked() ? stored : null;
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...calls, beat]);
    },
  };
}
