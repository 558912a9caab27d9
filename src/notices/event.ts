import { describeFailure } from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import type { Mode } from "../core/mode.ts";
import { type EventType, TEST_EVENT } from "../core/notice.ts";
import { describePause } from "../core/pause-reason.ts";
import { describeSilence } from "../export/silence-words.ts";
import type { Campaign, FailedNotice, Notice } from "../store/index.ts";
import type { WebhookEvent } from "./schema.ts";

interface Of {
  readonly number: string;
  readonly mode: Mode;
  readonly campaign: Campaign | undefined;
}

const CAMPAIGN_EVENTS: Readonly<
  Partial<Record<Notice["what"], readonly [type: EventType, status: string, reason: string | null]>>
> = {
  started: ["campaign.started", "running", null],
  paused: ["campaign.paused", "paused", null],
  resumed: ["campaign.resumed", "running", null],
  reopened: ["campaign.resumed", "running", "Some of its messages are sent again."],
  finished: ["campaign.finished", "finished", null],
  cancelled: ["campaign.cancelled", "cancelled", "Waiting messages are never sent."],
  expired: ["campaign.expired", "expired", "Its end has passed: waiting messages are never sent."],
};

/** Null: endpoints are not told of such an event. */
export function eventOf(notice: Notice, of: Of): WebhookEvent | null {
  const { what, detail, at } = notice;
  const { number, mode, campaign } = of;
  const timestamp = isoTime(at);
  const about = { number, mode };
  if (what === "silent") {
    const [kind, accepted, forMs] = detail.split(" ");
    const silence = {
      kind: kind === "none" ? kind : "others",
      accepted: Number(accepted),
    } as const;
    const times = { sinceMs: at - Number(forMs), lastMs: at, forMs: Number(forMs) };
    const { words, advice } = describeSilence(number, { ...silence, ...times });
    const data = { ...about, reasonCode: silence.kind, reason: words, advice };
    return { type: "webhooks.silent", timestamp, data };
  }
  if (what === "suspended") {
    const { words, advice } = describePause(detail);
    const why = { reasonCode: detail, reason: words, advice };
    const data = { ...about, status: "suspended", campaign: notice.campaign, ...why };
    return { type: "number.suspended", timestamp, data };
  }
  if (what === "released") {
    const data = { ...about, status: "sending", campaign: notice.campaign };
    return { type: "number.released", timestamp, data };
  }
  const known = CAMPAIGN_EVENTS[what];
  if (known === undefined) return null;
  const [type, status, words] = known;
  const why = what === "paused" ? describePause(detail) : { words, advice: null };
  const data = {
    ...{ ...about, campaign: notice.campaign, name: campaign?.name ?? null, status },
    ...{ reasonCode: what === "paused" ? detail : null, reason: why.words, advice: why.advice },
    ...{ rows: campaign?.rows ?? null, counts: campaign?.counts ?? null },
  };
  return { type, timestamp, data };
}

/** Failed messages of one campaign; there is at least one. */
export function failedEvent(failed: readonly FailedNotice[], of: Of): WebhookEvent {
  const { number, mode, campaign } = of;
  const last = failed.at(-1);
  return {
    type: "message.failed",
    timestamp: isoTime(last?.at ?? 0),
    data: {
      ...{ number, mode, campaign: last?.campaign ?? "", name: campaign?.name ?? null },
      failed: failed.map(({ row, code, reason, at }) => ({
        ...{ row, code, cause: describeFailure({ code, reason }).title, at: isoTime(at) },
      })),
    },
  };
}

/** What `dropcast webhooks-out test` sends. */
export function testEvent(number: string, mode: Mode, atMs: number): WebhookEvent {
  const reason = "A test of this endpoint: nothing happened.";
  return { type: TEST_EVENT, timestamp: isoTime(atMs), data: { number, mode, reason } };
}
