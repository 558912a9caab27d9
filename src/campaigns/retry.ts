import {
  checkRetryCodes,
  NOT_RETRIED_WORDS,
  type NotRetried,
  RETRY_OPTED_OUT_FIX,
} from "../core/failure.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { failureJson } from "../export/campaign-json.ts";
import { type NumberStore, whyNotRetried } from "../store/index.ts";
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
  /** Requested messages that stay failed. */
  readonly left: Readonly<Record<NotRetried, number>>;
}

/**
 * Sends failed messages again: those with one of the codes (0: without a code), or all if none is
 * given. Repeated or concurrent requests send nothing twice. Refusals: `retry_opted_out`,
 * `campaign_closed`, `rows_deleted`.
 */
export async function retryCampaign(
  found: FoundCampaign,
  { codes, mode }: { readonly codes: ReadonlySet<number>; readonly mode: "count" | "send" },
): Promise<Result<Retried>> {
  const may = checkRetryCodes(codes);
  if (!may.ok) return may;
  const rows = withRows(found);
  if (!rows.ok) return rows;
  const { id } = found.campaign;
  const result = await found.store.retryFailed(id, { codes, mode });
  if (result.kind === "no_campaign") return refuseNoCampaign(id);
  if (result.kind === "closed") return refuseClosed(id);
  const byCode = result.byCode.map(failureJson);
  const matching = byCode.reduce((sum, { count }) => sum + count, 0);
  const dryRun = mode === "count";
  return accept({
    ...{ id, retried: dryRun ? 0 : matching, matching, dryRun },
    ...{ byCode, left: result.left },
  });
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

/** Sends some failed messages of one batch again, each fenced by its attempt. */
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
  const rows = new Set(attempts.map(({ row }) => row));
  for (const row of await store.rows.batch(campaign, batch)) {
    const why = row.state === "failed" && rows.has(row.row) ? whyNotRetried(row) : null;
    if (why !== null) left.set(row.row, why);
  }
  const asked = attempts.filter(({ row }) => !left.has(row));
  if (asked.length === 0) return { retried: 0, left };
  const result = await store.campaigns.retryRows(campaign, batch, asked);
  if (result.kind === "retried") return { retried: result.count, left };
  for (const { row } of asked) left.set(row, result.kind);
  return { retried: 0, left };
}

/** Refuses with the reason why one message stays failed: its campaign, its person, or the time. */
export function refuseLeft(campaign: string, row: number, why: WhyLeft): Refused {
  if (why === "closed") return refuseClosed(campaign);
  if (why === "no_campaign") return refuseNoCampaign(campaign);
  const message = `Row ${row} of ${campaign} stays failed: ${NOT_RETRIED_WORDS[why]}.`;
  return why === "opted_out"
    ? refuse("retry_opted_out", message, RETRY_OPTED_OUT_FIX)
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
