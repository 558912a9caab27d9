import type { ActDetails, Actor } from "../core/act.ts";
import {
  checkRetryCodes,
  NOT_RETRIED_WORDS,
  type NotRetried,
  noneLeft,
  RETRY_OPTED_OUT_FIX,
  type RetryFilter,
} from "../core/failure.ts";
import { isoTime } from "../core/format.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { failureJson } from "../export/campaign-json.ts";
import { type CampaignRow, type LeftOut, type NumberStore, whyNotRetried } from "../store/index.ts";
import { sendTimesOf } from "../time/send-times.ts";
import { audited } from "./audited.ts";
import { type FoundCampaign, withRows } from "./find.ts";
import { refuseClosed, refuseNoCampaign } from "./refusals.ts";

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
}

type LeftOutJson = ReturnType<typeof failureJson> & { readonly why: NotRetried };

/**
 * Sends failed messages again: those that the filter asks for. Repeated or concurrent requests send
 * nothing twice, and `count` leaves out the same messages as `send`. Refusals: `retry_opted_out`,
 * `campaign_closed`, `rows_deleted`.
 */
export async function retryCampaign(
  found: FoundCampaign,
  request: RetryRequest,
  by: Actor,
): Promise<Result<Retried>> {
  if (request.mode === "count") return retryFailed(found, request);
  return audited(
    found.store.acts,
    by,
    { what: "retry", campaigns: [found.campaign.id], details: filterDetails(request) },
    () => retryFailed(found, request),
    ({ retried }) => ({ details: { messages: retried } }),
  );
}

/** What {@link retryCampaign} would do; it changes nothing. The same refusals. */
export function previewRetry(found: FoundCampaign, filter: RetryFilter): Promise<Result<Retried>> {
  return retryFailed(found, { ...filter, mode: "count" });
}

/** `count`: only says what `send` would do. */
type RetryRequest = RetryFilter & { readonly mode: "count" | "send" };

function filterDetails({ codes, reasons = new Set() }: RetryFilter): ActDetails {
  return {
    ...(codes.size === 0 ? {} : { codes: [...codes].join(", ") }),
    ...(reasons.size === 0 ? {} : { reasons: [...reasons].join(", ") }),
  };
}

async function retryFailed(found: FoundCampaign, request: RetryRequest): Promise<Result<Retried>> {
  const may = checkRetryCodes(request.codes);
  if (!may.ok) return may;
  const rows = withRows(found);
  if (!rows.ok) return rows;
  const { id } = found.campaign;
  const opensMs = await readOpenings(found);
  const result = await found.store.retryFailed(id, { ...request, opensMs });
  if (result.kind === "no_campaign") return refuseNoCampaign(id);
  if (result.kind === "closed") return refuseClosed(id);
  const byCode = result.byCode.map(failureJson);
  const matching = byCode.reduce((sum, { count }) => sum + count, 0);
  const dryRun = request.mode === "count";
  const left = noneLeft();
  for (const { why, count } of result.left) left[why] += count;
  const { waiting } = result;
  return accept({
    ...{ id, retried: dryRun ? 0 : matching, matching, dryRun, byCode, left },
    leftOut: result.left.map((one: LeftOut) => ({ why: one.why, ...failureJson(one) })),
    waiting: waiting === null ? null : { count: waiting.count, firstAt: isoTime(waiting.firstMs) },
  });
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
export type WhyLeft = NotRetried | "closed" | "no_campaign";

export interface RetriedAttempts {
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
