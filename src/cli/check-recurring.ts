import { isIP } from "node:net";
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
  /** Why the next runs would have no list, as it looks from here. */
  readonly warnings: readonly string[];
}

/**
 * The next due times of a recurring campaign file, and the list that its next run would take. Null
 * for other campaign files.
 */
export async function planRecurring(
  campaignPath: string,
  sourceNetworks: readonly string[],
): Promise<{ plan: RecurringPlan; dueMs: number } | null> {
  const { readCampaignFile } = await import("../producer/import-file.ts");
  const campaign = await readCampaignFile(campaignPath);
  if (!campaign.ok || campaign.value.recurring === undefined) return null;
  const { source, cron, timezone } = campaign.value.recurring;
  const nowMs = Date.now();
  const due = nextDueTimes({ cron, timezone }, nowMs, 3);
  const next = due.map((ms) => isoTime(ms));
  const dueMs = due[0] ?? nowMs;
  if (source.kind === "url") {
    const { allowAddresses } = await import("../producer/recurring/addresses.ts");
    const address = new URL(source.url).hostname.replace(/^\[|\]$/g, "");
    const isRefused = isIP(address) !== 0 && !allowAddresses(sourceNetworks)(address);
    const why = `${address} is a private address: name it in DROPCAST_SOURCE_NETWORKS`;
    const warnings = isRefused ? [why] : [];
    const shown = shownUrl(source.url);
    return { plan: { cron, timezone, next, source: shown, list: null, warnings }, dueMs };
  }
  const folder = resolve(dirname(campaignPath), source.path);
  const found = await newestIn(folder);
  return { plan: { cron, timezone, next, source: folder, ...found }, dueMs };
}

/** The plan for people. */
export function planText({ cron, timezone, next, source, list, warnings }: RecurringPlan): string {
  const now = list === null ? "" : `, now ${basename(list)}`;
  return [
    printable(`Recurring  ${cron} (${timezone}), the list of ${source}${now}`),
    "Next runs, once it lies in recurring/ of the drop folder:",
    ...next.map((iso) => `  ${dueWords(Date.parse(iso), timezone)}`),
    ...warnings.map((warning) => printable(`warning: ${warning}`)),
  ].join("\n");
}

/** It may be readable only where the producer runs, so neither is a fault here. */
async function newestIn(folder: string): Promise<Pick<RecurringPlan, "list" | "warnings">> {
  const { newestList } = await import("../producer/recurring/newest.ts");
  try {
    const found = await newestList(folder);
    const warnings = found === null ? [`the folder ${folder} holds no list`] : [];
    return { list: found?.path ?? null, warnings };
  } catch {
    return { list: null, warnings: [`the folder ${folder} cannot be read here`] };
  }
}
