import { randomUUID } from "node:crypto";
import type { Actor } from "../core/act.ts";
import type { RetryWhat } from "../core/action.ts";
import {
  checkRetryCodes,
  NOT_RETRIED_WORDS,
  type NotRetried,
  noneLeft,
  RETRY_OPTED_OUT_FIX,
  type RetryFilter,
} from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import { reasonName } from "../core/reasons.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { failureJson } from "../export/campaign-json.ts";
import {
  type CampaignRow,
  type LeftOut,
  type NumberStore,
  type SelectedFailed,
  whyNotRetried,
} from "../store/index.ts";
import { sendTimesOf } from "../time/send-times.ts";
import {
  actionDetails,
  type ChosenMessages,
  carryOut,
  refuseInterrupted,
  startAction,
} from "./actions.ts";
import { audited } from "./audited.ts";
import { type FoundCampaign, withRows } from "./find.ts";
import { retryOfPool } from "./pools/retry.ts";
import { refuseClosed, refuseNoCampaign, refuseUnconfirmedRedis } from "./refusals.ts";

/** The result of a retry, also as JSON. */
export interface Retried {
  readonly id: string;
  /** Messages that will be sent again; 0 for a dry run. */
  readonly retried: number;
  /** Failed messages that may be sent again. */
  readonly matching: number;
  readonly dryRun: boolean;
  /** The same by cause, most frequent first. */
  readonly byCode: readonly ReturnType<typeof failureJson>[];
  /** Requested messages that stay failed, by why. */
  readonly left: Readonly<Record<NotRetried, number>>;
  /** The same by why and cause, most frequent first. */
  readonly leftOut: readonly LeftOutJson[];
  /** How many of those that may be sent wait for `schedule.window`; null: none. */
  readonly waiting: { readonly count: number; readonly firstAt: string } | null;
  /** The bulk action that sends them; null: there is nothing to send, or a dry run. */
  readonly action: string | null;
}

type LeftOutJson = ReturnType<typeof failureJson> & { readonly why: NotRetried };

/** How a retry is followed. */
export interface Following {
  /** Detaches: a worker goes on with the action. */
  readonly signal?: AbortSignal | undefined;
  /** The action has begun, or taken a step. */
  readonly onStep?: ((action: string) => Promise<void> | void) | undefined;
}

/**
 * Sends failed messages again: those that the filter asks for. Repeated or concurrent requests send
 * nothing twice, and `count` leaves out the same messages as `send`. A retry is a bulk action
 * (actions.ts): if this process dies, a worker goes on with it. Refusals: `retry_opted_out`,
 * `campaign_closed`, `rows_deleted`, `actions_too_many`, `redis_unconfirmed`.
 */
export async function retryCampaign(
  found: FoundCampaign,
  request: RetryRequest,
  by: Actor,
  following: Following = {},
): Promise<Result<Retried>> {
  if (found.pool !== undefined) {
    return retryOfPool(found, (child) => retryCampaign(child, request, by, following));
  }
  if (request.mode === "count") return previewRetry(found, request);
  const what = retryOf(request);
  return audited(
    found.store.acts,
    by,
    { what: "retry", campaigns: [found.campaign.id], details: actionDetails(what) },
    () => retryNow(found, request, by, following),
    ({ retried, action }) => ({
      details: { messages: retried, ...(action === null ? {} : { action }) },
    }),
  );
}

/** What {@link retryCampaign} would do; it changes nothing. The same refusals. */
export async function previewRetry(
  found: FoundCampaign,
  filter: RetryFilter,
): Promise<Result<Retried>> {
  if (found.pool !== undefined) return retryOfPool(found, (child) => previewRetry(child, filter));
  const chosen = await chooseFailed(found, filter);
  return chosen.ok ? accept(retriedOf(found, chosen.value)) : chosen;
}

/** `count`: only says what `send` would do. */
type RetryRequest = RetryFilter & { readonly mode: "count" | "send" };

async function retryNow(
  found: FoundCampaign,
  filter: RetryFilter,
  by: Actor,
  { signal, onStep }: Following,
): Promise<Result<Retried>> {
  const chosen = await chooseFailed(found, filter);
  if (!chosen.ok) return chosen;
  const preview = { ...retriedOf(found, chosen.value), dryRun: false };
  if (chosen.value.total === 0) return accept(preview);
  if (signal?.aborted === true) return refuseInterrupted();
  const request = { what: retryOf(filter), token: randomUUID() };
  const begun = await startAction(found, request, failedMessages(chosen.value), by);
  if (!begun.ok) return begun;
  const { id } = begun.value;
  const ended = await carryOut(found.store, id, { signal, onStep: () => onStep?.(id) });
  if (!ended.ok) return ended;
  const { done = 0, skipped } = ended.value ?? {};
  const left = { ...preview.left };
  for (const why of ["suppressed", "open_attempt"] as const) left[why] += skipped?.[why] ?? 0;
  return accept({ ...preview, retried: done, left, action: id });
}

/** The filter as an action keeps it. */
function retryOf({ codes, reasons = new Set() }: RetryFilter): RetryWhat {
  return {
    ...{ kind: "retry", codes: [...codes] },
    reasons: [...reasons].map((reason) => reasonName(reason) ?? String(reason)),
  };
}

export function failedMessages({ packed, total, left }: SelectedFailed): ChosenMessages {
  const leftOut: Record<string, number> = {};
  for (const { why, count } of left) leftOut[why] = (leftOut[why] ?? 0) + count;
  return { packed, total, leftOut };
}

/** The failed messages that the filter asks for, without those that a retry leaves out. */
export async function chooseFailed(
  found: FoundCampaign,
  filter: RetryFilter,
): Promise<Result<SelectedFailed>> {
  const may = checkRetryCodes(filter.codes);
  if (!may.ok) return may;
  const rows = withRows(found);
  if (!rows.ok) return rows;
  const { id } = found.campaign;
  const opensMs = await readOpenings(found);
  const chosen = await found.store.selectFailed(id, { ...filter, opensMs });
  if (chosen.kind === "selected") return accept(chosen);
  return chosen.kind === "closed" ? refuseClosed(id) : refuseNoCampaign(id);
}

function retriedOf({ campaign: { id } }: FoundCampaign, chosen: SelectedFailed): Retried {
  const left = noneLeft();
  for (const { why, count } of chosen.left) left[why] += count;
  const { total, byCode, waiting } = chosen;
  return {
    ...{ id, retried: 0, matching: total, dryRun: true, byCode: byCode.map(failureJson), left },
    leftOut: chosen.left.map((one: LeftOut) => ({ why: one.why, ...failureJson(one) })),
    waiting: waiting === null ? null : { count: waiting.count, firstAt: isoTime(waiting.firstMs) },
    action: null,
  };
}

/**
 * When a row of the campaign may leave at the earliest, ms; 0 at once; null: its window does not
 * open before the campaign ends. The claim decides; this is what a person is told.
 */
async function readOpenings({
  campaign,
  store,
}: FoundCampaign): Promise<(row: CampaignRow) => number | null> {
  const sending = campaign.hours === null ? undefined : await store.campaigns.toSend(campaign.id);
  const times = sending === undefined ? null : sendTimesOf(sending.definition, sending.columns);
  const nowMs = Date.now();
  return ({ phone, cells }) => {
    if (times === null || phone === "") return 0;
    const found = times.placeOf(phone, cells);
    const fromMs = found.ok ? (times.opening(found.place, nowMs)?.fromMs ?? null) : null;
    return fromMs === null || fromMs >= (campaign.endBy ?? Number.POSITIVE_INFINITY)
      ? null
      : fromMs;
  };
}

/** A failed message with its failed attempt, which fences the retry. */
export interface FailedAttempt {
  readonly row: number;
  readonly attempt: number;
}

/** Why a failed message stays failed in any case. */
export type WhyLeft = NotRetried | "closed" | "no_campaign" | "guarded";

interface RetriedAttempts {
  /** Messages that will be sent again. One in neither this nor `left` is no longer failed. */
  readonly retried: number;
  /** By row. */
  readonly left: ReadonlyMap<number, WhyLeft>;
}

/**
 * Sends some failed messages of one batch again, each fenced by its attempt. The caller has noted
 * who asks for it: one request may be about many batches.
 */
export async function retryAttempts(
  store: NumberStore,
  {
    campaign,
    batch,
    attempts,
  }: {
    readonly campaign: string;
    readonly batch: number;
    readonly attempts: readonly FailedAttempt[];
  },
): Promise<RetriedAttempts> {
  const left = new Map<number, WhyLeft>();
  const persons = new Map<number, Buffer>();
  const rows = new Set(attempts.map(({ row }) => row));
  for (const row of await store.rows.batch(campaign, batch)) {
    if (!rows.has(row.row)) continue;
    persons.set(row.row, store.ledger.person(row.phone));
    // Each message was named by itself.
    const named = { codes: new Set([row.value.code]) };
    const why = row.state === "failed" ? whyNotRetried(row, named) : null;
    if (why !== null) left.set(row.row, why);
  }
  const asked = attempts.flatMap(({ row, attempt }) => {
    const person = persons.get(row);
    return left.has(row) ? [] : [{ row, attempt, ...(person === undefined ? {} : { person }) }];
  });
  if (asked.length === 0) return { retried: 0, left };
  const result = await store.campaigns.retryRows(campaign, batch, asked);
  let retried = 0;
  for (const [at, { row }] of asked.entries()) {
    const verdict = result.kind === "retried" ? result.verdicts[at] : result.kind;
    if (verdict === "taken") retried++;
    else if (verdict !== undefined && verdict !== "not_failed") left.set(row, verdict);
  }
  return { retried, left };
}

/** Refuses with the reason why one message stays failed: its campaign, its person, or the time. */
export function refuseLeft(campaign: string, row: number, why: WhyLeft): Refused {
  if (why === "closed") return refuseClosed(campaign);
  if (why === "no_campaign") return refuseNoCampaign(campaign);
  if (why === "guarded") return refuseUnconfirmedRedis(`Row ${row} of ${campaign} stays failed`);
  const message = `Row ${row} of ${campaign} stays failed: ${NOT_RETRIED_WORDS[why]}.`;
  if (why === "opted_out" || why === "suppressed") {
    return refuse("retry_opted_out", message, RETRY_OPTED_OUT_FIX);
  }
  return why === "open_attempt"
    ? refuse("retry_open_attempt", message, "Press Retry when that message has its outcome.")
    : refuse("retry_too_early", message, "Press Retry when 24 hours have passed.");
}

/** For a message that is no longer failed, or that failed again since. */
export function refuseNotFailed(campaign: string, row: number): Refused {
  return refuse(
    "message_not_failed",
    `Row ${row} of ${campaign} is no longer failed, or failed again since: nothing was retried.`,
    `See its state: dropcast export ${campaign}.`,
  );
}
