import type { RecurringStore } from "../../store/index.ts";
import type { DueRuns, RunEnd } from "../drop/note.ts";
import type { RunMemory } from "./memory.ts";

/** Refusals of lists of which something may have been sent, or that must not be tried again. */
const FINAL = new Set([
  ...["already_imported", "drop_campaign_gone", "drop_campaign_lost", "drop_cancelled"],
  ...["drop_killed_producer", "drop_other_campaign", "import_lost"],
]);

/**
 * Decides about lists of recurring campaign files by Redis, and remembers each that was committed
 * on the disk before anything of it is imported.
 */
export function createDueRuns(store: RecurringStore, memory: RunMemory): DueRuns {
  return {
    async commit(run, drop) {
      const decided = await store.commit({ ...run, drop });
      if (decided === "committed") {
        await memory.write(run.name, { dueMs: run.dueMs, digest: run.digest });
      }
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
