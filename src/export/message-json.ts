import { describeCode } from "../core/error-codes.ts";
import { describeFailure } from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import type { HistoryEntry } from "../core/history.ts";
import { reasonName } from "../core/reasons.ts";
import { maskPhone } from "../core/recipient.ts";
import type { Campaign, CampaignRow } from "../store/index.ts";
import { messageEvents } from "./message-timeline.ts";
import { answerWords, textOf } from "./message-words.ts";

/** One row of the list without personal data: a wamid contains the phone number. */
export function messageJson({ row, listRow = row, state, value, phone }: CampaignRow) {
  const { code } = value;
  const times = Object.entries(value.times).map(([name, at]) => [name, isoTime(at)]);
  return {
    row,
    listRow,
    state,
    to: phone === "" ? null : maskPhone(phone),
    attempt: value.attempt,
    code: code === 0 ? null : code,
    title:
      state === "failed"
        ? describeFailure(value).title
        : code === 0
          ? null
          : describeCode(code).title,
    times: Object.fromEntries(times) as Record<string, string>,
  };
}

/** The same among the messages of several campaigns. */
export function foundMessageJson({
  campaign,
  row,
}: {
  readonly campaign: Pick<Campaign, "id">;
  readonly row: CampaignRow;
}) {
  return { campaign: campaign.id, ...messageJson(row) };
}

/** Everything that is known about one message, without personal data. */
export function messageDetailJson(message: {
  readonly campaign: Campaign;
  readonly row: CampaignRow;
  readonly history: readonly HistoryEntry[];
}) {
  const { value, state, unknownSince } = message.row;
  const { reason, tries, flags, times } = value;
  const timeline = Object.entries(times)
    .map(([what, at]) => ({ what, at }))
    .sort((a, b) => a.at - b.at)
    .map(({ what, at }) => ({ what, at: isoTime(at) }));
  const isExplained = state === "unknown" || state === "failed" || state === "suppressed";
  return {
    ...foundMessageJson(message),
    answer: textOf(answerWords(message), minuteUtc),
    reason: isExplained && reason !== 0 ? (reasonName(reason) ?? null) : null,
    ...{ tries, marks: [...flags], unknownSince: isoTime(unknownSince), timeline },
    events: messageEvents(message).map((event) => ({ ...event, at: isoTime(event.at) })),
  };
}

/** `2026-11-12 09:14 UTC`. */
export function minuteUtc(ms: number): string {
  return `${isoTime(ms).slice(0, 16).replace("T", " ")} UTC`;
}
