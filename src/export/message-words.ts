import type { CampaignStatus } from "../core/campaign.ts";
import { describeFailure } from "../core/failure.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import { rejectCode, rejectWords } from "../core/reject.ts";
import type { Campaign, CampaignRow } from "../store/index.ts";

/**
 * The outcome of a message, in words for a support agent. A time stands in the words as itself, in
 * ms since 1970: a page shows it in the reader's zone, a terminal as text.
 */
export type Words = readonly (string | number)[];

/** The row with what is needed of its campaign. */
export interface ToldMessage {
  readonly row: CampaignRow;
  readonly campaign: Pick<Campaign, "status" | "startAt" | "guarantee">;
}

/** One line that answers "what happened to it?", for every state. */
export function answerWords({ row, campaign }: ToldMessage): Words {
  return [...stateWords(row, campaign), ...doubtWords(row)];
}

function stateWords(row: CampaignRow, campaign: ToldMessage["campaign"]): Words {
  const { state, value, note } = row;
  const { times } = value;
  const isDecided = value.flags.includes("decided");
  switch (state) {
    case "pending":
      return pendingWords(row, campaign);
    case "sending":
      return ["It is being sent", ...on(times.claimed, " since "), "."];
    case "accepted":
      if (isDecided) return ["A person decided that it was sent. WhatsApp has not confirmed it."];
      return [
        "Taken by LiveChat",
        ...on(times.accepted),
        ". WhatsApp has not reported it yet: it may still arrive, or fail.",
      ];
    case "sent":
      return [
        "Sent by WhatsApp",
        ...on(times.sent),
        ". Not delivered yet: the phone may be off, or without a connection.",
      ];
    case "delivered":
      return ["Delivered", ...on(times.delivered), ". Not read, or the person does not show it."];
    case "read":
      if (times.delivered === undefined) return ["Read", ...on(times.read), "."];
      return ["Delivered", ...on(times.delivered), ", read", ...on(times.read, " "), "."];
    case "failed":
      return failedWords(row);
    case "unknown":
      return unknownWords(row, campaign);
    case "suppressed":
      return ["Not sent. ", describeReason(reasonName(value.reason) ?? "opted_out")];
    case "cancelled":
      return [`Not sent: the campaign was cancelled before its turn.${triedBefore(row)}`];
    case "expired":
      return [`Not sent: ${expiredWhy(row)}.${triedBefore(row)}`];
    case "rejected":
      return [`Not sent: the row was rejected${rejectedWhy(value.reason, String(note ?? ""))}.`];
    case "duplicate":
      return [`Not sent twice: the same phone number is in row ${String(note)} of the list.`];
  }
}

const WAITS_IN: Readonly<Partial<Record<CampaignStatus, string>>> = {
  importing: "the list is still being read",
  paused: "the campaign is paused",
};

function pendingWords({ value }: CampaignRow, campaign: ToldMessage["campaign"]): Words {
  const { due } = value.times;
  const before = pendingBefore(value);
  if (campaign.status === "scheduled") {
    return [`${before}: the campaign starts`, ...on(campaign.startAt), "."];
  }
  const waits = WAITS_IN[campaign.status];
  if (waits !== undefined) return [`${before}: ${waits}.`];
  if (due !== undefined) return [`${before}: the next try is due`, ...on(due), "."];
  return [`${before}: it waits for its turn.`];
}

function pendingBefore({ attempt, flags, tries }: CampaignRow["value"]): string {
  if (flags.includes("maybeDuplicate")) return "Not known to have arrived, and to be sent again";
  if (attempt === 0) return "Not sent yet";
  if (tries > 0) return `Not sent yet, after ${tries === 1 ? "one try" : `${tries} tries`}`;
  return flags.includes("retried") ? "It failed, and is to be sent again" : "Not sent yet";
}

function failedWords({ value }: CampaignRow): Words {
  const { title } = describeFailure(value);
  const cause = value.code === 0 ? title : `${value.code}: ${title}`;
  if (reasonName(value.reason) === "decided") {
    return ["A person decided that it was not sent", ...on(value.times.failed), "."];
  }
  return [`Not delivered (${cause}). It failed`, ...on(value.times.failed), "."];
}

function unknownWords(
  { value, unknownSince }: CampaignRow,
  { guarantee }: ToldMessage["campaign"],
): Words {
  const reason = reasonName(value.reason);
  const goesAgain = guarantee === "at-least-once" && !value.flags.includes("maybeDuplicate");
  const next = goesAgain
    ? "If no report comes, it is sent once more by itself"
    : "We do not send it again by ourselves";
  const why =
    reason === "answer_timeout"
      ? " and got no answer."
      : reason === undefined
        ? "."
        : `. ${describeReason(reason)}`;
  const since = unknownSince === null ? [] : [". It has waited for a report since ", unknownSince];
  const asked = [
    "We do not know whether it arrived. We asked LiveChat",
    ...on(value.times.claimed),
  ];
  return [...asked, `${why} ${next}`, ...(goesAgain ? [] : since), "."];
}

function expiredWhy({ value }: CampaignRow): string {
  return reasonName(value.reason) === "window_missed"
    ? "its hours had passed"
    : "the end of the campaign passed before its turn";
}

function rejectedWhy(number: number, column: string): string {
  const code = rejectCode(number);
  return code === undefined ? "" : `, because ${rejectWords(code, column).wrong}`;
}

function triedBefore({ value }: CampaignRow): string {
  return value.attempt > 0 ? " An earlier attempt did not arrive." : "";
}

/** What contradicts the state, or makes a second message possible. */
function doubtWords({ value, state, erased }: CampaignRow): Words {
  const { flags } = value;
  const doubts = [
    flags.includes("maybeDuplicate") && state !== "pending"
      ? " The person may have got it twice: an earlier attempt may have arrived too."
      : "",
    flags.includes("doubleWamid")
      ? " One attempt got two ids: the person may have got it twice."
      : "",
    flags.includes("lateFailed") ? " Later WhatsApp also reported a failure of it." : "",
    erased ? " The person was erased: phone number and values are gone." : "",
  ];
  return doubts.filter((text) => text !== "");
}

function on(ms: number | null | undefined, word = " on "): Words {
  return ms === null || ms === undefined ? [] : [word, ms];
}

/** Words as text; `time` formats an instant. */
export function textOf(words: Words, time: (ms: number) => string): string {
  return words.map((word) => (typeof word === "number" ? time(word) : word)).join("");
}
