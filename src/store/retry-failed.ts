import type { CampaignStore } from "./campaign-store.ts";
import { batchesOf } from "./keys.ts";
import type { RowReader } from "./row-reader.ts";

export type RetryResult =
  | {
      readonly kind: "retried";
      /** Messages taken back (or, when only counting, that would be), by error code. */
      readonly byCode: ReadonlyMap<number, number>;
    }
  | { readonly kind: "closed" }
  | { readonly kind: "no_campaign" };

/**
 * Sends a campaign's failed messages again: those with one of `codes`, or all when it is empty.
 * Batch by batch, in bounded memory; each row is fenced by the attempt that failed, so doing it
 * twice, or beside somebody else, sends nothing twice.
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
    const byCode = new Map<number, number>();
    for (let batch = 0; batch < batchesOf(campaign.rows); batch++) {
      const failed = (await rows.batch(id, batch)).filter(
        ({ state, value }) => state === "failed" && (codes.size === 0 || codes.has(value.code)),
      );
      if (failed.length === 0) continue;
      if (mode === "send") {
        const fenced = failed.map(({ row, value }) => ({ row, attempt: value.attempt }));
        const result = await campaigns.retryRows(id, batch, fenced);
        if (result.kind === "closed") return { kind: "closed" };
        if (result.kind === "no_campaign") return { kind: "no_campaign" };
      }
      for (const { value } of failed) byCode.set(value.code, (byCode.get(value.code) ?? 0) + 1);
    }
    return { kind: "retried", byCode };
  };
}
