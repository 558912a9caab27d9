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
 * Stores the claim counter on this machine's disk, so that a process that starts after Redis was
 * restored from a backup knows the readings of earlier processes.
 *
 * Several processes share the folder (workers on one volume, commands, `up`), so each writes only
 * its own file, `<number>-<database>.<random>.live`. It overwrites one short line in place, which
 * takes microseconds, so a claim's reading is stored before its messages are sent. A process that
 * ends renames its file to `<number>-<database>.<count>.kept`. A process that starts takes the
 * highest reading of all files; one that ends removes lower readings and files of dead processes.
 * If the folder is not writable, a process remembers only as long as it lives.
 *
 * Each line also identifies the file it was written to. A folder restored from a backup is probably
 * as old as the Redis beside it: its readings can detect a loss, but do not confirm that Redis. So
 * their `at` reads as 0.
 */
export interface CounterMemory {
  /** The highest reading stored here by any process; undefined if there is none. */
  recall(): Reading | undefined;
  /** Survives a kill of this process; of a power loss, only what {@link sync} wrote. */
  note(reading: Reading): void;
  sync(): Promise<void>;
  close(): void;
}

/** In the data folder. It contains only numbers, no personal data. */
export const COUNTERS_FOLDER = "claim-counters";

/** Where and how readings are stored. */
export interface MemoryFolder {
  readonly dir: string;
  /** `trusted`: the folder of a demo may be copied. */
  readonly copies: "doubted" | "trusted";
  /** Called once with the reason if nothing can be stored. */
  readonly onProblem: (error: unknown) => void;
}

/** A live process writes much more often. */
const DEAD_AFTER_MS = 24 * 3600 * 1000;
const TOUCH_EVERY_MS = 3600 * 1000;
/** A reader that finds a half written line reads again. */
const READS_MAX = 5;
/** Lines are padded to this length, so a shorter line overwrites all of the previous one. */
const LINE_BYTES = 160;

/** For tests, and for processes that cannot write anywhere. */
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
  let isReported = false;
  let kept: Reading | undefined;
  let writtenAt = 0;

  function report(error: unknown): void {
    if (!isReported) onProblem(error);
    isReported = true;
  }

  function attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      report(error);
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
      await promisify(fdatasync)(file.handle).catch(report);
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

/** Files of ended processes with a lower reading than the stored one. */
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

/** The reading, its file, and a checksum, by which a half written line is recognised. */
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
 * A copy is a different file, made at a different time. Both must differ: some file systems
 * renumber files at each mount, and some have no birth time.
 */
function isCopyOf(identity: string, stats: Stats): boolean {
  const [ino, birth] = identity.split(" ");
  const [inoNow, birthNow] = identityOf(stats).split(" ");
  return ino !== inoNow && birth !== birthNow;
}
