import {
  type FailureCause,
  type FailureCount,
  type NotRetried,
  notRetried,
} from "../../core/failure.ts";
import { batchesOf } from "../keys.ts";
import type { CampaignRow, RowReader } from "../ledger/row-reader.ts";
import type { CampaignStore } from "./campaign-store.ts";

export type RetryResult =
  | {
      readonly kind: "retried";
      /** Messages sent again (or, for `count`, that would be), by cause, most frequent first. */
      readonly byCode: readonly FailureCount[];
      /** Messages that were requested but stay failed. */
      readonly left: Readonly<Record<NotRetried, number>>;
    }
  | { readonly kind: "closed" }
  | { readonly kind: "no_campaign" };

/**
 * Sends a campaign's failed messages again: those with one of `codes`, or all if it is empty,
 * except messages that must wait or whose person does not want them (core/failure.ts). It works
 * batch by batch in bounded memory. Each row is fenced by the attempt that failed, so repeated or
 * parallel calls send nothing twice.
 */
export function createRetryFailed(input: { campaigns: CampaignStore; rows: RowReader }) {
  const { campaigns, rows } = input;
  return async function retryFailed(
    id: string,
    { codes, mode }: { codes: ReadonlySet<number>; mode: "count" | "send" },
  ): Promise<RetryResult> {
    const campaign = await campaigns.find(id);
    if (campaign === undefined) return { kind: "no_campaign" };
    if (campaign.closed) return { kind: "closed" };
    const found = new Map<string, FailureCount>();
    const left = { opted_out: 0, too_early: 0 };
    for (let batch = 0; batch < batchesOf(campaign.rows); batch++) {
      const asked = (await rows.batch(id, batch)).filter(
        ({ state, value }) => state === "failed" && (codes.size === 0 || codes.has(value.code)),
      );
      const failed = asked.filter((row) => {
        const why = whyNotRetried(row);
        if (why !== null) left[why]++;
        return why === null;
      });
      if (failed.length === 0) continue;
      if (mode === "send") {
        const fenced = failed.map(({ row, value }) => ({ row, attempt: value.attempt }));
        const result = await campaigns.retryRows(id, batch, fenced);
        if (result.kind === "closed") return { kind: "closed" };
        if (result.kind === "no_campaign") return { kind: "no_campaign" };
      }
      for (const { value } of failed) countCause(found, value);
    }
    const byCode = [...found.values()].sort((a, b) => b.count - a.count || a.code - b.code);
    return { kind: "retried", byCode, left };
  };
}

/** Why a failed row cannot be sent again; null if it can. */
export function whyNotRetried({ value }: CampaignRow): NotRetried | null {
  return notRetried(value.code, value.times.failed ?? 0, Date.now());
}

function countCause(found: Map<string, FailureCount>, { code, reason }: FailureCause): void {
  const cause = code === 0 ? { code, reason } : { code, reason: 0 };
  const key = `${cause.code}:${cause.reason}`;
  found.set(key, { ...cause, count: (found.get(key)?.count ?? 0) + 1 });
}
