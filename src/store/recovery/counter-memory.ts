import { randomBytes } from "node:crypto";
import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { formatReading, laterOf, parseReading, type Reading } from "./reading.ts";

/**
 * Keeps the claim counter on this machine's disk, so that a process that starts after Redis was
 * restored from a backup knows what the processes before it were told.
 *
 * Several processes share the folder (workers on one volume, commands, `up`), so none writes what
 * another wrote: each has a file of its own, `<number>-<database>.<random>.live`, and overwrites its
 * one short line in place, which costs microseconds: a claim's reading is there before its messages
 * are sent. One that ends renames it to `<number>-<database>.<count>.kept`. Whoever starts takes the
 * highest of all; whoever ends removes what is lower and of the dead. Where the folder cannot be
 * written to, a process remembers for as long as it lives.
 *
 * A line also says which file it was written to. A folder that was copied back from a backup is
 * probably of the same moment as the Redis beside it: what it says notices a loss, but does not speak
 * for that Redis. So its `at` reads as 0.
 */
export interface CounterMemory {
  /** The highest reading that any process kept here; undefined: none did. */
  recall(): Reading | undefined;
  /** Holds when this process is killed; when the machine loses power, what {@link sync} has written. */
  note(reading: Reading): void;
  sync(): Promise<void>;
  close(): void;
}

/** In the data folder. It holds numbers only, nothing of people. */
export const COUNTERS_FOLDER = "claim-counters";

/** Where the readings are kept, and how. */
export interface MemoryFolder {
  readonly dir: string;
  /** `trusted`: the folder of a demo may be copied as it is. */
  readonly copies: "doubted" | "trusted";
  /** Hears once why nothing can be kept. */
  readonly onProblem: (error: unknown) => void;
}

/** Of a process that lives: it writes again long before. */
const DEAD_AFTER_MS = 24 * 3600 * 1000;
const TOUCH_EVERY_MS = 3600 * 1000;
/** Whoever reads a line that is being written reads it again. */
const READS_MAX = 5;
/** Longer than any line, which is padded: a shorter one leaves nothing of the one before. */
const LINE_BYTES = 160;

/** For stores that need none: tests, and a process that may write nowhere. */
export const NO_MEMORY: CounterMemory = {
  recall: () => undefined,
  note: () => {},
  sync: async () => {},
  close: () => {},
};

export function createCounterMemory(
  input: MemoryFolder & { readonly number: string; readonly databaseId: string },
): CounterMemory {
  const { dir, copies, onProblem } = input;
  const prefix = `${input.number}-${input.databaseId}.`;
  const live = join(dir, `${prefix}${randomBytes(6).toString("hex")}.live`);
  let file: { readonly handle: number; readonly identity: string } | undefined;
  let isTold = false;
  let kept: Reading | undefined;
  let writtenAt = 0;

  function tell(error: unknown): void {
    if (!isTold) onProblem(error);
    isTold = true;
  }

  function attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      tell(error);
    }
  }

  function openFile() {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const handle = openSync(live, "w", 0o600);
    return { handle, identity: identityOf(fstatSync(handle)) };
  }

  return {
    recall() {
      const all = readAll(dir, prefix).map(({ reading, isCopy }) =>
        isCopy && copies === "doubted" ? { ...reading, at: 0 } : reading,
      );
      return all.length === 0 ? undefined : all.reduce(laterOf);
    },

    note(reading) {
      attempt(() => {
        file ??= openFile();
        writeSync(file.handle, lineOf(reading, file.identity), 0);
        kept = reading;
        writtenAt = performance.now();
      });
    },

    async sync() {
      if (file === undefined || kept === undefined) return;
      if (performance.now() - writtenAt > TOUCH_EVERY_MS) this.note(kept);
      await promisify(fdatasync)(file.handle).catch(tell);
    },

    close() {
      const [opened, last] = [file, kept];
      if (opened === undefined || last === undefined) return;
      file = undefined;
      attempt(() => {
        fsyncSync(opened.handle);
        closeSync(opened.handle);
        renameSync(live, join(dir, `${prefix}${last.count}.kept`));
        removeLower(readAll(dir, prefix), last);
      });
    },
  };
}

/** Files of processes that are gone, which say less than what is kept now. */
function removeLower(found: readonly Found[], kept: Reading): void {
  for (const { path, reading, isLive } of found) {
    const writtenAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const isGone = !isLive || writtenAt < Date.now() - DEAD_AFTER_MS;
    const isLower = reading.count < kept.count || (isLive && reading.count === kept.count);
    if (isGone && isLower) rmSync(path, { force: true });
  }
}

interface Found {
  readonly path: string;
  readonly reading: Reading;
  readonly isLive: boolean;
  readonly isCopy: boolean;
}

function readAll(dir: string, prefix: string): Found[] {
  const names = (() => {
    try {
      return readdirSync(dir);
    } catch {
      return [];
    }
  })();
  return names.flatMap((name): Found[] => {
    if (!name.startsWith(prefix)) return [];
    const path = join(dir, name);
    const line = readLine(path);
    return line === undefined ? [] : [{ path, ...line, isLive: name.endsWith(".live") }];
  });
}

/** The reading, the file it is in, and what all the numbers add up to: a half written line does not. */
const LINE = /^((\d+ \d+ \d+ \d+) (\d+ \d+)) (\d+) *\n$/;

function lineOf(reading: Reading, identity: string): string {
  const line = `${formatReading(reading)} ${identity}`;
  return `${`${line} ${sumOf(line)}`.padEnd(LINE_BYTES - 1)}\n`;
}

function readLine(path: string): Pick<Found, "reading" | "isCopy"> | undefined {
  for (let reads = 0; reads < READS_MAX; reads++) {
    try {
      const [, line = "", text = "", identity = "", sum] =
        LINE.exec(readFileSync(path, "utf8")) ?? [];
      const reading = parseReading(text);
      if (reading === undefined || Number(sum) !== sumOf(line)) continue;
      return { reading, isCopy: isCopyOf(identity, statSync(path)) };
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function sumOf(line: string): number {
  return line.split(" ").reduce((sum, number) => sum + Number(number), 0);
}

function identityOf({ ino, birthtimeMs }: Stats): string {
  return `${ino} ${Math.round(birthtimeMs)}`;
}

/**
 * A copy is another file, and was made at another time. Both have to differ: some file systems number
 * their files anew at each mount, and some know of no birth.
 */
function isCopyOf(identity: string, stats: Stats): boolean {
  const [ino, birth] = identity.split(" ");
  const [inoNow, birthNow] = identityOf(stats).split(" ");
  return ino !== inoNow && birth !== birthNow;
}
