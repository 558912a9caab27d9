import type { RecurringStore } from "../../store/index.ts";
import { dueWords } from "../../time/due-times.ts";
import type { DueRuns, RunEnd } from "../drop/note.ts";
import type { RunMemory } from "./memory.ts";

/** Refusals of lists of which something may have been sent, or that must not be tried again. */
const FINAL = new Set([
  ...["already_imported", "drop_campaign_gone", "drop_campaign_lost", "drop_cancelled"],
  ...["drop_killed_producer", "drop_other_campaign", "import_lost"],
]);

const CHANGED = "its schedule was changed before its list was taken";

export interface RecurringRuns extends DueRuns {
  /**
   * A due time was handled by others. If that was only because a producer saw the file with
   * another schedule, nothing was run: it ends as missed, and people are warned once.
   */
  endHandled(name: string, dueMs: number): Promise<void>;
}

/**
 * Decides about lists of recurring campaign files by Redis, and remembers each that was committed
 * on the disk before anything of it is imported.
 */
export function createDueRuns(input: {
  readonly store: RecurringStore;
  readonly memory: RunMemory;
  readonly warn: (line: string) => void;
}): RecurringRuns {
  const { store, memory, warn } = input;

  async function endHandled(name: string, dueMs: number): Promise<void> {
    const last = await memory.read(name);
    if (last !== null && last.dueMs >= dueMs) return;
    if (!(await store.endWithout(name, dueMs, "missed", CHANGED))) return;
    warn(`recurring/${name}, run of ${dueWords(dueMs, "UTC")}: no campaign: ${CHANGED}.`);
  }

  return {
    endHandled,
    async commit(run, drop) {
      const decided = await store.commit({ ...run, drop });
      if (decided === "committed") {
        await memory.write(run.name, { dueMs: run.dueMs, digest: run.digest });
      }
      if (decided === "late") await endHandled(run.name, run.dueMs);
      return decided;
    },
    async ended(run, drop, { campaign, refusal }: RunEnd) {
      const isForgotten = refusal !== null && !FINAL.has(refusal.code);
      if (isForgotten) await memory.write(run.name, { dueMs: run.dueMs, digest: null });
      const detail = refusal === null ? "" : refusal.message;
      await store.endWith({ ...run, drop }, { campaign, detail, isForgotten });
    },
  };
}
