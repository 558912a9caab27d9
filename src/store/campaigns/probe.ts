import type { Redis } from "ioredis";
import type { TrialRules } from "../../core/trial.ts";
import { fieldOf, fieldsOf } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import type { CampaignRow, RowReader } from "../ledger/row-reader.ts";
import type { CampaignStore, ControlResult } from "./campaign-store.ts";

/** A batch with work usually has pending rows; so many more are read to find the rows. */
const BATCHES_MORE = 100;
/** How often it is read again if all that was read has changed meanwhile. */
const READS_MAX = 3;

/**
 * Resumes a paused campaign with a probe: `size` messages go, and the rest only when enough of
 * them are delivered (scripts/lib/trial.lua). Its rows are read here, those first that wait for
 * nothing: neither for a retry nor, by `leavesNow`, for their window. The script takes what is
 * still pending. If there is no such row it only resumes: when the first N are gone and no person
 * was told, the campaign then pauses to tell it. `busy`: what was read had changed each time.
 */
export function createProbe(input: {
  redis: Redis;
  number: string;
  campaigns: CampaignStore;
  rows: RowReader;
}) {
  const { redis, number, campaigns, rows } = input;

  async function batchesWithWork(id: string, max: number): Promise<number[]> {
    const own = campaignKeys(number, id);
    const zsets = [own.ready, own.aside, own.beyond];
    const [open, ...waiting] = await Promise.all([
      redis.hkeys(own.open),
      ...zsets.map((key) => redis.zrange(key, "0", String(max - 1))),
    ]);
    const [ready = [], ...asides] = waiting;
    return [...new Set([...ready, ...open, ...asides.flat()])].slice(0, max).map(Number);
  }

  /** As the script decides: the first N keep the others back until a person was told of them. */
  async function firstLets(id: string): Promise<(row: CampaignRow) => boolean> {
    const own = campaignKeys(number, id);
    const [[trials, reason], upTo] = await Promise.all([
      redis.hmget(own.campaign, ...fieldsOf("campaign", "trials", "reason")),
      redis.hget(own.first, fieldOf("trial", "upTo")),
    ]);
    if (!trials?.includes("first") || reason?.startsWith("first:")) return () => true;
    const isCorrected = ({ attempt, flags }: CampaignRow["value"]) =>
      attempt === 0 && flags.includes("retried");
    return ({ row, value }) => row <= Number(upTo) && !isCorrected(value);
  }

  async function pendingRows(
    id: string,
    { size, leavesNow }: { size: number; leavesNow: (row: CampaignRow) => boolean },
  ): Promise<number[]> {
    const now: number[] = [];
    const later: number[] = [];
    const mayGo = await firstLets(id);
    for (const batch of await batchesWithWork(id, size + BATCHES_MORE)) {
      if (now.length >= size) break;
      for (const one of await rows.batch(id, batch)) {
        // With a code it waits for a further try after a failure, maybe for a day.
        if (one.state !== "pending" || one.value.code !== 0 || !mayGo(one)) continue;
        const isNow = one.value.times.due === undefined && leavesNow(one);
        (isNow ? now : later).push(one.row);
      }
    }
    return [...now, ...later].slice(0, size).sort((a, b) => a - b);
  }

  return async function resumeWithProbe(
    id: string,
    { size, ...rules }: TrialRules & { readonly size: number },
    leavesNow: (row: CampaignRow) => boolean = () => true,
  ): Promise<ControlResult | { readonly kind: "busy" }> {
    for (let read = 0; read < READS_MAX; read++) {
      const found = await pendingRows(id, { size, leavesNow });
      // Nothing is left to be probed.
      if (found.length === 0) return campaigns.resume(id);
      const result = await campaigns.resumeWith(id, { rows: found, rules });
      if (result.kind !== "rows_changed") return result;
    }
    return { kind: "busy" };
  };
}
