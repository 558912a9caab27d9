import { describeCode } from "../core/error-codes.ts";
import { describePause } from "../core/pause-reason.ts";
import type { Campaign, Halt } from "../store/campaign-reader.ts";

/** Words for why a campaign stands still or was refused; null while there is nothing to say. */
export function reasonWords(campaign: Pick<Campaign, "status" | "reason">): string | null {
  const { status, reason } = campaign;
  if (status === "paused") {
    const { words, advice } = describePause(reason);
    return `${words} ${advice}`;
  }
  return reason === "" ? null : reason;
}

/** A title for the code that failed messages are counted under; 0 is "no code". */
export function errorTitle(code: number): string {
  return code === 0
    ? "Not sent: the API could not be reached, or a person called it failed"
    : describeCode(code).title;
}

/** A campaign as `--json` shows it. `counts` has all thirteen states. Times are ISO 8601 in UTC. */
export function campaignJson(campaign: Campaign) {
  return {
    id: campaign.id,
    name: campaign.name,
    number: campaign.number,
    mode: campaign.mode,
    category: campaign.category,
    file: campaign.file,
    status: campaign.status,
    reason: reasonWords(campaign),
    reasonCode: campaign.status === "paused" ? campaign.reason : null,
    rows: campaign.rows,
    counts: campaign.counts,
    errors: campaign.errors.map(({ code, count }) => ({ code, title: errorTitle(code), count })),
    ratePerSecond: campaign.ratePerSecond,
    createdAt: isoTime(campaign.createdAt),
    startAt: isoTime(campaign.startAt),
    endBy: isoTime(campaign.endBy),
    startedAt: isoTime(campaign.startedAt),
    finishedAt: isoTime(campaign.finishedAt),
    rowsDeletedAt: isoTime(campaign.rowsDeletedAt),
  };
}

/** A number's halt for scripts; null while it may send. */
export function haltJson(halt: Halt | undefined) {
  if (halt === undefined) return null;
  const { title, advice } = describeCode(halt.code);
  return { code: halt.code, title, advice, at: isoTime(halt.at), campaign: halt.campaign };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
