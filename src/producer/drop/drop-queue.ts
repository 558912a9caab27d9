import { basename } from "node:path";
import type { ImportFile } from "../import/import-file.ts";
import type { DropFolders } from "./drop-files.ts";
import { type ClaimedList, type Handled, handleList } from "./drop-list.ts";

/** Imports claimed lists, two at a time: a long one does not hold up a short one behind it. */
export interface DropQueue {
  add(list: ClaimedList): void;
  has(csvPath: string): boolean;
  /** Resolves when nothing is in hand: soon, once the signal is aborted. */
  idle(): Promise<void>;
}

const AT_ONCE = 2;

export function createDropQueue(input: {
  folders: DropFolders;
  importFile: ImportFile;
  say: (line: string) => void;
  signal: AbortSignal;
  /** How long after a failure of Redis or the disk a list is tried again. */
  againMs: number;
}): DropQueue {
  const { say, signal } = input;
  const inHand = new Set<string>();
  const pending: ClaimedList[] = [];
  const runs = new Set<Promise<void>>();

  function next(): void {
    while (runs.size < AT_ONCE) {
      const list = pending.shift();
      if (list === undefined) return;
      const run: Promise<void> = handle(list).finally(() => {
        runs.delete(run);
        inHand.delete(list.csvPath);
        next();
      });
      runs.add(run);
    }
  }

  /** Redis and disks come back: a list is tried until it has an outcome. */
  async function handle(list: ClaimedList): Promise<void> {
    const name = basename(list.csvPath);
    while (!signal.aborted) {
      try {
        const handled = await handleList({ ...input, list });
        if (handled.kind !== "again") return tell(name, handled);
        say(`${name}: ${handled.why}`);
      } catch (error) {
        say(`${name}: ${(error as Error).message}; it is tried again.`);
      }
      await pause(input.againMs, signal);
    }
    await list.claim.release();
  }

  function tell(name: string, handled: Handled): void {
    if (handled.kind !== "done" && handled.kind !== "failed") return;
    const { campaign, counts, refusal, mended, stillRejected } = handled.report;
    if (refusal !== undefined) say(`${name}: ${refusal.message} ${refusal.fix}`);
    else if (mended !== undefined) {
      say(`${name}: ${campaign}, ${mended} mended, ${stillRejected} still rejected.`);
    } else {
      const { pending: toSend, rejected, duplicate, suppressed } = counts;
      const held = suppressed > 0 ? `, ${suppressed} suppressed` : "";
      say(
        `${name}: ${campaign}, ${toSend} to send, ${rejected} rejected, ${duplicate} duplicate${held}.`,
      );
    }
  }

  return {
    add(list) {
      inHand.add(list.csvPath);
      pending.push(list);
      next();
    },
    has: (csvPath) => inHand.has(csvPath),
    async idle() {
      while (runs.size > 0) await Promise.all(runs);
    },
  };
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
