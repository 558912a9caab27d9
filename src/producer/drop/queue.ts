import { statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import type { ImportFile } from "../import-file.ts";
import type { ImportReport } from "../report.ts";
import type { DropLog } from "./drop-log.ts";
import type { DropFolders } from "./files.ts";
import { type FindCampaign, type Handled, handleList } from "./handle-list.ts";
import type { DueRuns } from "./note.ts";
import type { NoteDrop } from "./note-drop.ts";
import { type Outcome, settleList } from "./settle.ts";
import type { ClaimedList } from "./take.ts";

/**
 * Imports claimed lists, two at a time, so that a long one does not delay a short one. Of two large
 * ones the second waits: each may need most of a producer's memory. A list over which a process
 * died before is imported last and alone, so that other lists do not die with it if it kills this
 * process too.
 */
export interface DropQueue {
  add(list: ClaimedList): void;
  has(csvPath: string): boolean;
  /** Whether another list would be imported soon: the rest is left to other producers. */
  hasRoom(): boolean;
  /** Resolves when no list is in hand: soon after the signal is aborted. */
  idle(): Promise<void>;
}

const AT_ONCE = 2;
/** As many small lists as are imported between two scans; fewer would leave it idle. */
const PENDING_MAX = 50;
/** Large lists are imported one at a time. Below this limit, waiting lists are imported soon. */
const LARGE_BYTES = 32 * 1024 * 1024;
/** The longest wait between two tries. */
const AGAIN_MS_MAX = 60_000;

interface QueueInput {
  readonly folders: DropFolders;
  readonly importFile: ImportFile;
  readonly findCampaign: FindCampaign;
  readonly noteDrop: NoteDrop;
  readonly runs: DueRuns | null;
  readonly log: DropLog;
  readonly signal: AbortSignal;
  /** How long after a failure of Redis or the disk an import is retried; doubles each time. */
  readonly againMs: number;
  /** Minimum size of a large list; default: 32 MiB. */
  readonly largeBytes?: number;
  /** Reports the result of a list and its campaign file once, when the list has moved on. */
  readonly onSettled: (list: ClaimedList, outcome: Outcome) => void;
}

export function createDropQueue(input: QueueInput): DropQueue {
  const { folders, log, signal, largeBytes = LARGE_BYTES } = input;
  const sizes = new Map<ClaimedList, number>();
  const inHand = new Set<string>();
  const pending: ClaimedList[] = [];
  const runs = new Map<ClaimedList, Promise<void>>();

  const sizeOf = (list: ClaimedList): number => sizes.get(list) ?? 0;
  const isLarge = (list: ClaimedList): boolean => sizeOf(list) >= largeBytes;
  const pendingBytes = (): number => pending.reduce((sum, list) => sum + sizeOf(list), 0);

  function nextList(): ClaimedList | undefined {
    const running = [...runs.keys()];
    if (running.length >= AT_ONCE || running.some(isSuspect)) return undefined;
    const isLargeRunning = running.some(isLarge);
    const sound = pending.findIndex(
      (list) => !isSuspect(list) && !(isLargeRunning && isLarge(list)),
    );
    if (sound !== -1) return pending.splice(sound, 1)[0];
    return running.length === 0 ? pending.shift() : undefined;
  }

  function next(): void {
    for (let list = nextList(); list !== undefined; list = nextList()) {
      const started = list;
      const run = handle(started).finally(() => {
        runs.delete(started);
        sizes.delete(started);
        inHand.delete(started.csvPath);
        log.clear(started.csvPath);
        next();
      });
      runs.set(started, run);
    }
  }

  async function handle(list: ClaimedList): Promise<void> {
    const handled = await tryAgain(list, () => handleList({ ...input, list }));
    if (handled?.kind === "outcome") {
      const { outcome } = handled;
      const { dropped, settling } = list.claim.note;
      // Not again for a list that a producer noted before it died while it moved it on.
      if (settling === null) await input.noteDrop(dropped, outcome.report);
      const moved = await tryAgain(list, async () => {
        const path = await settleList(folders, list, outcome);
        return { kind: path === null ? ("left" as const) : ("settled" as const) };
      });
      if (moved?.kind === "settled") {
        log.line(wordsOf(list.claim.note.dropped, outcome.report));
        return input.onSettled(list, outcome);
      }
    }
    if (handled?.kind === "discarded") {
      const moved = await tryAgain(list, async () => ({ kind: await discard(list) }));
      if (moved !== null) return;
    }
    await list.claim.giveBack().catch(() => {
      // The disk is unreachable: the claim goes stale, as if this process had died.
    });
  }

  /** Redis and disks recover: retries until there is an outcome. Null: stopped. */
  async function tryAgain<T extends { readonly kind: string }>(
    list: ClaimedList,
    work: () => Promise<T>,
  ): Promise<Exclude<T, { kind: "again" }> | null> {
    const name = basename(list.csvPath);
    let waitMs = input.againMs;
    while (!signal.aborted) {
      try {
        const done = await work();
        if (!isAgain(done)) return done as Exclude<T, { kind: "again" }>;
        log.condition(list.csvPath, `${name}: ${done.why}`);
      } catch (error) {
        // Taken over meanwhile: its new owner handles it.
        if (!(await list.claim.holds().catch(() => true))) return null;
        const why = (error as Error).message;
        log.condition(list.csvPath, `${name}: ${why}; it will be retried.`);
      }
      await pause(waitMs, signal);
      waitMs = Math.min(2 * waitMs, AGAIN_MS_MAX);
    }
    return null;
  }

  return {
    add(list) {
      inHand.add(list.csvPath);
      sizes.set(list, statSync(list.csvPath, { throwIfNoEntry: false })?.size ?? 0);
      pending.push(list);
      next();
    },
    has: (csvPath) => inHand.has(csvPath),
    hasRoom: () => pending.length < PENDING_MAX && pendingBytes() < largeBytes,
    async idle() {
      while (runs.size > 0) await Promise.all(runs.values());
    },
  };
}

/** Removes a copy that is not sent; its source still has the list. */
async function discard({ csvPath, claim }: ClaimedList): Promise<"discarded"> {
  if (await claim.holds()) await rm(csvPath, { force: true });
  await claim.end();
  return "discarded";
}

function isSuspect({ claim }: ClaimedList): boolean {
  return claim.note.crashes > 0;
}

function isAgain(done: { readonly kind: string }): done is Extract<Handled, { kind: "again" }> {
  return done.kind === "again";
}

function wordsOf(name: string, report: ImportReport): string {
  const { campaign, counts, refusal, mended, stillRejected, status } = report;
  if (refusal !== undefined) return `${name}: ${refusal.message} ${refusal.fix}`;
  if (mended !== undefined) {
    return `${name}: ${campaign}, ${mended} corrected, ${stillRejected} still rejected.`;
  }
  const by = report.campaignFile === undefined ? "" : ` by ${report.campaignFile}`;
  // Imported by a producer that died before it moved the files: the store has its counts.
  if (status === "imported") return `${name}: ${campaign}${by}, imported before.`;
  const { pending: toSend, rejected, duplicate, suppressed } = counts;
  const held = suppressed > 0 ? `, ${suppressed} suppressed` : "";
  return `${name}: ${campaign}${by}, ${toSend} to send, ${rejected} rejected, ${duplicate} duplicate${held}.`;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
