import { basename, dirname, resolve } from "node:path";
import { shownUrl } from "../core/recurring.ts";
import { dueWords, nextDueTimes } from "../time/due-times.ts";
import { isoTime, printable } from "./words.ts";

/** What `check` says of a recurring campaign file beyond its list. */
export interface RecurringPlan {
  readonly cron: string;
  readonly timezone: string;
  /** The next three due times. */
  readonly next: readonly string[];
  /** The folder or the address of the lists. */
  readonly source: string;
  /** The list that would be taken now; null if that cannot be said. */
  readonly list: string | null;
}

/**
 * The next due times of a recurring campaign file, and the list that its next run would take. Null
 * for other campaign files.
 */
export async function planRecurring(
  campaignPath: string,
): Promise<{ plan: RecurringPlan; dueMs: number } | null> {
  const { readCampaign } = await import("../producer/import-file.ts");
  const campaign = await readCampaign(campaignPath);
  if (!campaign.ok || campaign.value.recurring === undefined) return null;
  const { source, cron, timezone } = campaign.value.recurring;
  const nowMs = Date.now();
  const due = nextDueTimes({ cron, timezone }, nowMs, 3);
  const next = due.map((ms) => isoTime(ms));
  const dueMs = due[0] ?? nowMs;
  if (source.kind === "url") {
    return { plan: { cron, timezone, next, source: shownUrl(source.url), list: null }, dueMs };
  }
  const folder = resolve(dirname(campaignPath), source.path);
  return { plan: { cron, timezone, next, source: folder, list: await newestIn(folder) }, dueMs };
}

/** The plan for people. */
export function planText({ cron, timezone, next, source, list }: RecurringPlan): string {
  const now = list === null ? "" : `, now ${basename(list)}`;
  return [
    printable(`Recurring  ${cron} (${timezone}), the list of ${source}${now}`),
    "Next runs, once it lies in recurring/ of the drop folder:",
    ...next.map((iso) => `  ${dueWords(Date.parse(iso), timezone)}`),
  ].join("\n");
}

/** A folder that cannot be read is like an empty one: the producer that runs there reports it. */
async function newestIn(folder: string): Promise<string | null> {
  const { newestList } = await import("../producer/recurring/newest.ts");
  const found = await newestList(folder).catch(() => null);
  return found?.path ?? null;
}
