import {
  BATCH_ROWS,
  createRowPacker,
  type ImportOutcome,
  type ImportRow,
  type ImportStore,
} from "../../store/index.ts";

/** Takes the rows of a place, in order. */
export interface RowWriter {
  /** Takes a row; does not store it yet. */
  add(row: ImportRow): void;
  /** The rows of a batch exceed what can be stored at once: going on is pointless. */
  isOverfull(): boolean;
  /** Stores full batches and waits while too much is in flight. False if the import is lost. */
  drain(): Promise<boolean>;
  /** Stores the rest. Returns the number of batches, or null if the import is lost. */
  end(): Promise<number | null>;
  /** Must always be called. */
  close(): Promise<void>;
}

const CHUNK_BATCHES = 10;
const CALLS_MAX = 2;
/** Packed bytes of a call, and of all calls in flight, unless a single batch has more. */
const BYTES_MAX = 4 * 1024 * 1024;
/** Packed bytes of one batch. It is copied on its way to Redis, and workers read all of it. */
const BATCH_BYTES_MAX = 16 * 1024 * 1024;
/** The lease is 3 s: it survives two late heartbeats. */
const HEARTBEAT_EVERY_MS = 700;

interface FullBatch {
  readonly outcomes: readonly ImportOutcome[];
  readonly blob: Buffer;
}

/**
 * Groups the checked rows into batches and stores them in order, ten batches a call. At most two
 * calls are in flight: Redis stores one while the next is prepared. Rows may be a megabyte each, so
 * each is packed on arrival, and bytes bound a call and what is in flight: memory stays bounded for
 * lists of any size and width. A timer renews the lease while no chunk is ready.
 *
 * Races: the answer to a chunk may arrive after the reader has produced one more. After "lost",
 * every later call gives up; what was sent in between carries the same token, and the store refuses
 * it.
 */
export function createBatchWriter(input: {
  imports: Pick<ImportStore, "chunk" | "heartbeat">;
  campaign: string;
  token: string;
  /** Whether batches may have the short form of phones ({@link createRowPacker}). */
  shortForms: boolean;
}): RowWriter {
  const { imports, campaign, token, shortForms } = input;
  const calls: { done: Promise<void>; bytes: number }[] = [];
  let batch = emptyBatch(shortForms);
  let full: FullBatch[] = [];
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

  function endBatch(): void {
    full.push({ outcomes: batch.outcomes, blob: batch.packer.end() });
    batch = emptyBatch(shortForms);
  }

  async function send(batches: FullBatch[]): Promise<void> {
    const firstBatch = stored;
    stored += batches.length;
    const done = track(imports.chunk({ campaign, token, firstBatch, batches }));
    calls.push({ done, bytes: bytesOf(batches) });
    while (calls.length >= CALLS_MAX || (calls.length > 0 && bytesOf(calls) >= BYTES_MAX)) {
      await calls.shift()?.done;
    }
  }

  async function sendFirst(): Promise<void> {
    const chunk = firstChunk(full);
    full = full.slice(chunk.length);
    await send(chunk);
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
      batch.packer.add(row);
      batch.outcomes.push(row.outcome);
      if (batch.outcomes.length === BATCH_ROWS) endBatch();
    },
    isOverfull: () => batch.packer.packedBytes > BATCH_BYTES_MAX,
    async drain() {
      while (isChunk(full) && checked()) await sendFirst();
      return checked();
    },
    async end() {
      if (batch.outcomes.length > 0) endBatch();
      while (full.length > 0 && checked()) await sendFirst();
      await Promise.all(calls.map(({ done }) => done));
      return checked() ? stored : null;
    },
    async close() {
      clearInterval(timer);
      await Promise.all([...calls.map(({ done }) => done), beat]);
    },
  };
}

function emptyBatch(shortForms: boolean) {
  return { packer: createRowPacker(shortForms), outcomes: [] as ImportOutcome[] };
}

function isChunk(full: readonly FullBatch[]): boolean {
  return full.length >= CHUNK_BATCHES || bytesOf(full) >= BYTES_MAX;
}

/** Ten batches, or fewer if these have enough bytes. */
function firstChunk(full: readonly FullBatch[]): FullBatch[] {
  let bytes = 0;
  const end = full.findIndex(({ blob }, at) => {
    bytes += blob.length;
    return at + 1 === CHUNK_BATCHES || bytes >= BYTES_MAX;
  });
  return full.slice(0, end === -1 ? full.length : end + 1);
}

function bytesOf(parts: readonly ({ blob: Buffer } | { bytes: number })[]): number {
  return parts.reduce((sum, part) => sum + ("blob" in part ? part.blob.length : part.bytes), 0);
}
