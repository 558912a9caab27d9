import { describeCode } from "../core/error-codes.ts";
import { describePause } from "../core/pause-reason.ts";
import { maskPhone } from "../core/recipient.ts";
import type { Campaign, Halt } from "../store/campaign-reader.ts";
import type { CampaignRow } from "../store/row-reader.ts";

/** What a script or a person is told of a campaign. Times are ISO 8601 in UTC, null before them. */
export function campaignJson(campaign: Campaign) {
  const { id, name, number, mode, category, file, status, rows, counts } = campaign;
  return {
    id,
    name,
    number,
    mode,
    category,
    file,
    status,
    reason: reasonWords(campaign),
    rows,
    counts,
    errors: campaign.errors.map(({ code, count }) => ({ code, title: errorTitle(code), count })),
    ratePerSecond: campaign.ratePerSecond,
    createdAt: isoTime(campaign.createdAt),
    startAt: isoTime(campaign.startAt),
    endBy: isoTime(campaign.endBy),
    startedAt: isoTime(campaign.startedAt),
    finishedAt: isoTime(campaign.finishedAt),
  };
}

/** A number's halt; null while it may send. */
export function haltJson(halt: Halt | undefined) {
  if (halt === undefined) return null;
  const { title, advice } = describeCode(halt.code);
  return { code: halt.code, title, advice, at: isoTime(halt.at), campaign: halt.campaign };
}

/** One row of the list, without what would tell who it is: a wamid has the phone inside. */
export function messageJson({ row, state, value, phone }: CampaignRow) {
  const { code } = value;
  const times = Object.entries(value.times).map(([name, at]) => [name, isoTime(at)]);
  return {
    row,
    state,
    to: phone === "" ? null : maskPhone(phone),
    attempt: value.attempt,
    code: code === 0 ? null : code,
    title: code === 0 ? null : describeCode(code).title,
    times: Object.fromEntries(times) as Record<string, string>,
  };
}

/** Why a campaign is paused or rejected, and what to do; null when it is neither. */
export function reasonWords({ status, reason }: Campaign): string | null {
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

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
