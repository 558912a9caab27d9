import { describeCode } from "../core/error-codes.ts";
import type { HistoryEntry, HistoryKind } from "../core/history.ts";
import { describeReason, reasonName } from "../core/reasons.ts";
import type { Campaign, CampaignRow } from "../store/index.ts";

/** One thing that happened to a message. */
export interface MessageEvent {
  /** A stable name, for programs. */
  readonly what: string;
  /** ms since 1970. */
  readonly at: number;
  /** Of which attempt, from 1; null: of none. */
  readonly attempt: number | null;
  readonly code: number | null;
  readonly reason: string | null;
  /** The status of the API's answer; null: there was none, or it was not kept. */
  readonly http: number | null;
  /** In words, without the time. */
  readonly words: string;
}

/** What is known of a message. `scope` and `at` of the person's opt-out, if there is one. */
interface TimelineOf {
  readonly campaign: Pick<Campaign, "file" | "createdAt">;
  readonly row: CampaignRow;
  readonly history: readonly HistoryEntry[];
}

/**
 * Everything known to have happened to a message, by time: its row in the list, every attempt,
 * every status event, and what people decided. Bodies are not kept, and no id is shown: a wamid
 * contains the phone number. Of an ordinary message the ledger keeps one attempt, and no status of
 * HTTP; of others there is a history (store/ledger/row-history.ts).
 */
export function messageEvents({ campaign, row, history }: TimelineOf): MessageEvent[] {
  const events = [
    listed(campaign, row),
    ...eventsOfLedger(row, history),
    ...history.map(eventOfHistory),
  ];
  const placed = placesOf(events);
  // Equal times keep this order: one attempt after the other, and what was decided about one after
  // what happened to it.
  return events
    .sort((a, b) => (a.attempt ?? 0) - (b.attempt ?? 0) || stepOf(a) - stepOf(b))
    .sort((a, b) => (placed.get(a) ?? a.at) - (placed.get(b) ?? b.at));
}

/** What follows what in one attempt. Other events follow these at the same time. */
const STEPS = ["imported", "claimed", "accepted", "sent", "delivered", "read", "failed"];

function stepOf({ what }: MessageEvent): number {
  const step = STEPS.indexOf(what);
  return step < 0 ? STEPS.length : step;
}

/** WhatsApp gives whole seconds, of a clock of its own. */
const COARSE_MS = 2_000;

/**
 * Where an event stands whose time is a little before that of the step it follows from: right after
 * it. A status cannot come before its message was handed over.
 */
function placesOf(events: readonly MessageEvent[]): Map<MessageEvent, number> {
  const places = new Map<MessageEvent, number>();
  const latest = new Map<number, number>();
  const importedAt = events.find(({ what }) => what === "imported")?.at;
  for (const step of STEPS) {
    for (const event of events) {
      if (event.what !== step || event.attempt === null) continue;
      const before = latest.get(event.attempt) ?? importedAt ?? event.at;
      const isCoarse = before - event.at <= COARSE_MS;
      const place = isCoarse ? Math.max(event.at, before) : event.at;
      places.set(event, place);
      latest.set(event.attempt, Math.max(place, before));
    }
  }
  return places;
}

const NO_CAUSE = { code: null, reason: null, http: null } as const;

function listed(
  { file, createdAt }: TimelineOf["campaign"],
  { row, listRow = row }: CampaignRow,
): MessageEvent {
  const words = `Imported ${listRow === null ? "from" : `as row ${listRow} of`} ${file}`;
  return { what: "imported", at: createdAt, attempt: null, ...NO_CAUSE, words };
}

const IN_HISTORY: Readonly<Record<HistoryKind, string>> = {
  accepted: "Taken by LiveChat",
  sent: "Sent by WhatsApp",
  delivered: "Delivered",
  read: "Read",
  failed: "Failed",
  notSent: "Not sent",
  unknown: "No certain answer",
  lateFailed: "WhatsApp reported a failure, although it was delivered",
  secondId: "A second id came for the same attempt",
  retried: "A person asked to send it again",
  sentAgain: "To be sent again by itself (delivery.retry)",
  resent: "A person decided to send it again: the person may get it twice",
  resentByItself: "To be sent again by itself (guarantee at-least-once)",
  decidedSent: "A person decided that it was sent",
  decidedFailed: "A person decided that it was not sent",
};

function eventOfHistory({ what, at, attempt, code, reason, http }: HistoryEntry): MessageEvent {
  const named = reasonName(reason);
  return {
    ...{ what, at, attempt, code: code === 0 ? null : code, reason: named ?? null },
    http: http === 0 ? null : http,
    words: [`${IN_HISTORY[what]}`, causeWords(code, named)]
      .filter((part) => part !== "")
      .join(": "),
  };
}

function causeWords(code: number, reason: ReturnType<typeof reasonName>): string {
  if (reason !== undefined && reason !== "decided") {
    return describeReason(reason).replace(/\.$/, "");
  }
  if (code === 0) return "";
  return describeCode(code).title;
}

const OF_LEDGER = {
  claimed: "Handed to LiveChat",
  accepted: "Taken by LiveChat",
  sent: "Sent by WhatsApp",
  delivered: "Delivered",
  read: "Read",
  failed: "Failed",
  due: "The next try is due",
} as const;

/** The last attempt, as the ledger has it. */
function eventsOfLedger(row: CampaignRow, history: readonly HistoryEntry[]): MessageEvent[] {
  const { value, state, unknownSince } = row;
  const { attempt, code, reason } = value;
  const named = reasonName(reason);
  const events: MessageEvent[] = Object.entries(value.times).map(([name, at]) => {
    const what = name as keyof typeof OF_LEDGER;
    const isFailure = what === "failed";
    const cause = isFailure ? causeWords(code, named) : "";
    return {
      ...{ what, at, attempt, http: null },
      code: isFailure && code !== 0 ? code : null,
      reason: isFailure ? (named ?? null) : null,
      words: cause === "" ? OF_LEDGER[what] : `${OF_LEDGER[what]}: ${cause}`,
    };
  });
  const isNoted = history.some((one) => one.what === "unknown" && one.attempt === attempt);
  if (state === "unknown" && unknownSince !== null && !isNoted) {
    const entry = { what: "unknown", at: unknownSince, attempt, code, reason, http: 0 } as const;
    events.push(eventOfHistory(entry));
  }
  return events;
}
