import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Mode } from "../../core/mode.ts";
import { shownUrl } from "../../core/recurring.ts";
import type { RecurringStore } from "../../store/index.ts";
import { type DueTimes, dueTimes, dueWords } from "../../time/due-times.ts";
import { makeFolder } from "../drop/files.ts";
import type { DropParts, DropSource } from "../drop/folder.ts";
import { RECURRING_FOLDER } from "../drop/mode.ts";
import type { IsAllowed } from "./addresses.ts";
import { createRecurringFiles, type RecurringFile } from "./files.ts";
import { createRunMemory } from "./memory.ts";
import { createRunner, type Runner } from "./run-due.ts";
import { createDueRuns } from "./runs.ts";
import { type RecurringTiming, recurringTiming } from "./timing.ts";

/**
 * Recurring campaign files: each in `recurring/` of the drop folder makes a campaign at its due
 * times. Redis decides by which producer and with which list (commit-recurring.lua), so any number
 * of producers may run, and die at any step: before a list is committed, another producer looks for
 * the list again; after that the list lies in `processing/`, where it is claimed and resumed as any
 * other. Times are those of Redis, so producers whose clocks differ agree.
 */
export interface RecurringOptions {
  /** The drop folder. */
  readonly dir: string;
  readonly mode: Mode;
  readonly store: RecurringStore;
  /** Configured numbers. */
  readonly numbers: readonly string[];
  /** Addresses that lists may be fetched from. */
  readonly isAllowed: IsAllowed;
  /** For people: warnings. No phones, no tokens. */
  readonly warn: (line: string) => void;
  readonly timing?: Partial<RecurringTiming>;
}

const AGAIN_MS_MAX = 60_000;

/** One file, as this process knows it. */
interface Watched {
  readonly file: RecurringFile;
  readonly due: DueTimes | null;
  /** Redis TIME, and our clock at that moment. */
  readonly noted: { readonly nowMs: number; readonly atMs: number };
  /** Due times until then are done with. */
  readonly handledMs: number;
}

/** A due time that this process works on, perhaps for the second time. */
interface Run {
  readonly dueMs: number;
  readonly token: string;
  isWorking: boolean;
  /** When this process began with it, by our clock. */
  readonly sinceMs: number;
  waitMs: number;
  /** By our clock. */
  notBeforeMs: number;
}

export function createRecurringDrops(options: RecurringOptions): DropSource {
  const memory = createRunMemory(options.dir, options.mode);
  const runs = createDueRuns({ ...options, memory });
  const timing = { ...recurringTiming(1), ...options.timing };
  return {
    runs,
    open: (parts) => {
      const runner = createRunner({ ...options, ...{ timing, memory, runs, parts } });
      return watchFiles({ ...options, timing }, runner, parts);
    },
  };
}

function watchFiles(
  { dir: drops, store, numbers, timing }: RecurringOptions & { readonly timing: RecurringTiming },
  runner: Runner,
  { queue, log, signal, timing: { settleMs, againMs } }: DropParts,
): ReturnType<DropSource["open"]> {
  const dir = join(drops, RECURRING_FOLDER);
  const files = createRecurringFiles({ dir, numbers, settleMs, log });
  const watched = new Map<string, Watched>();
  const runs = new Map<string, Run>();
  /** Names whose last note is out of date. */
  const stale = new Set<string>();
  const working = new Set<Promise<void>>();

  let isMade = false;

  async function look(): Promise<void> {
    if (!isMade) await makeFolder(dir);
    isMade = true;
    const seen = await files.look();
    for (const name of seen.gone) {
      watched.delete(name);
      await store.leave(name);
      log.line(`recurring/${name}: the file is gone, so it runs no more.`);
    }
    for (const file of seen.files) if (!signal.aborted) await lookAt(file);
    log.clear(dir);
  }

  async function lookAt(file: RecurringFile): Promise<void> {
    const known = watched.get(file.name);
    const isOld =
      known === undefined ||
      stale.has(file.name) ||
      clock() - known.noted.atMs > timing.noteEveryMs;
    const one = known?.file === file && !isOld ? known : await note(file, known);
    if (!file.read.ok) return;
    if (known?.file !== file) sayNext(one);
    const dueMs = dueNow(one);
    if (dueMs === null || !queue.hasRoom()) return;
    const run = runs.get(file.name);
    // What it works on ends first; the next look finds what is due then.
    if (run?.isWorking === true) return;
    if (run?.dueMs === dueMs && clock() < run.notBeforeMs) return;
    begin(one, run?.dueMs === dueMs ? run : newRun(file.name, dueMs));
  }

  /** Tells Redis, and so people, that the file is there, and asks what is done with. */
  async function note(file: RecurringFile, known: Watched | undefined): Promise<Watched> {
    const { read } = file;
    const due = known?.file === file ? known.due : read.ok ? dueTimes(read.value.recurring) : null;
    const noted = await store.note(file.name, {
      cron: read.ok ? read.value.recurring.cron : null,
      timezone: read.ok ? read.value.recurring.timezone : null,
      source: read.ok ? sourceWords(read.value.recurring.source) : null,
      nextMs: due?.next(Date.now()) ?? null,
      problem: read.ok ? null : read.refusal.message,
    });
    const { nowMs, handledMs } = noted;
    const one = { file, due, handledMs, noted: { nowMs, atMs: clock() } };
    watched.set(file.name, one);
    stale.delete(file.name);
    return one;
  }

  function sayNext({ file, due, noted }: Watched): void {
    const nextMs = due?.next(noted.nowMs) ?? null;
    if (!file.read.ok || nextMs === null) return;
    const { timezone } = file.read.value.recurring;
    log.line(`recurring/${file.file}: next run ${dueWords(nextMs, timezone)}.`);
  }

  function newRun(name: string, dueMs: number): Run {
    const token = randomBytes(8).toString("hex");
    const run = {
      ...{ dueMs, token, sinceMs: clock() },
      ...{ isWorking: false, waitMs: againMs, notBeforeMs: 0 },
    };
    runs.set(name, run);
    return run;
  }

  function begin(one: Watched, run: Run): void {
    const { file } = one;
    if (!file.read.ok) return;
    const { dueMs, token } = run;
    run.isWorking = true;
    const times = { lateMs: nowOf(one) - dueMs, triedMs: clock() - run.sinceMs };
    const work = runner({ file, read: file.read.value, dueMs, token, ...times })
      .catch((error: Error) => {
        log.condition(file.name, `recurring/${file.file}: ${error.message}; it will be retried.`);
        return "again" as const;
      })
      .then((end) => {
        run.isWorking = false;
        if (end === "again") {
          run.notBeforeMs = clock() + run.waitMs;
          run.waitMs = Math.min(2 * run.waitMs, AGAIN_MS_MAX);
          return;
        }
        if (end === "done") log.clear(file.name);
        // Noted again at the next look, which asks what is done with.
        stale.add(file.name);
      })
      .finally(() => working.delete(work));
    working.add(work);
  }

  return {
    look: () =>
      look().catch((error: Error) => {
        log.condition(dir, `The folder recurring: ${error.message}; it will be tried again.`);
      }),
    async idle() {
      await Promise.all(working);
    },
  };
}

/** The last due time that is not done with; null if there is none. */
function dueNow(one: Watched): number | null {
  const nowMs = nowOf(one);
  const dueMs = one.due?.last(nowMs) ?? null;
  return dueMs !== null && dueMs > one.handledMs ? dueMs : null;
}

/** Redis TIME, now. */
function nowOf({ noted }: Watched): number {
  return noted.nowMs + Math.floor(clock() - noted.atMs);
}

function clock(): number {
  return performance.now();
}

function sourceWords(source: { kind: "folder"; path: string } | { kind: "url"; url: string }) {
  return source.kind === "folder" ? source.path : shownUrl(source.url);
}
