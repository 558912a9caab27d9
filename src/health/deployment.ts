import { recurringWords } from "../campaigns/recurring.ts";
import { counted, duration, printable } from "../core/format.ts";
import type { RecurringState, SeenDropReport } from "../store/index.ts";
import type { Check } from "./check.ts";
import type { NumberFacts } from "./facts.ts";

/** A recurring campaign file, as the producers have noted it. */
export function recurringCheck(state: RecurringState): Check {
  const own = { code: "recurring", name: "Recurring" } as const;
  const { name, next, last, isTrouble } = recurringWords(state);
  const message = printable(`${name}: ${next}${last === null ? "" : `; last ${last}`}`);
  if (!isTrouble) return { ...own, verdict: "ok", message };
  const fix = `Look at recurring/${name} in the drop folder of the producer, and at its log.`;
  return { ...own, verdict: "warn", message, fix };
}

/** Long enough that a campaign's results have been looked at. */
const ROWS_OLD_MS = 90 * 24 * 3_600_000;

/** People of campaigns that ended long ago, although nothing will ever delete them. */
export function retentionChecks(
  numbers: readonly NumberFacts[],
  { retentionMs, nowMs }: { readonly retentionMs: number | null; readonly nowMs: number },
): Check[] {
  if (retentionMs !== null) return [];
  return numbers.flatMap(({ number, vitals: { oldestRowsMs } }) => {
    if (oldestRowsMs === null || nowMs - oldestRowsMs < ROWS_OLD_MS) return [];
    return {
      ...({ code: "retention", name: `Number ${number}`, number, verdict: "warn" } as const),
      message: `phone numbers of a campaign that ended ${duration(nowMs - oldestRowsMs)} ago are still stored: no retention is set`,
      sinceMs: oldestRowsMs,
      fix: "Set DROPCAST_RETENTION_DAYS for all processes: rows of campaigns that ended longer ago are deleted.",
    };
  });
}

/** What producers report of their drop folders: the newest failure, and a file that waits. */
export function dropChecks(reports: readonly SeenDropReport[]): Check[] {
  const name = "Drop folder";
  const failed = reports.flatMap((report) => report.failed).sort((a, b) => b.atMs - a.atMs);
  const waiting = reports.flatMap((report) => report.waiting);
  const [newest] = failed;
  const [first] = waiting;
  const checks: Check[] = [];
  if (newest !== undefined) {
    const lists = `${counted(failed.length, "dropped list")} failed in the last 7 days`;
    checks.push({
      ...{ code: "drops_failed", name, verdict: "warn", sinceMs: newest.atMs },
      message: printable(`${lists}; the last one, ${newest.file}: ${newest.message}`),
      fix: printable(newest.fix),
    });
  }
  if (first !== undefined) {
    const files = counted(waiting.length, "dropped file waits", "dropped files wait");
    checks.push({
      ...{ code: "drops_waiting", name, verdict: "warn" },
      message: printable(`${files}; ${first.file}: ${first.why}`),
      fix: "Add what is missing, or remove it from the folder.",
    });
  }
  return checks;
}
