import type { Redis } from "ioredis";
import type { ResolveWhat } from "../../core/action.ts";
import { REASONS, type Reason } from "../../core/reasons.ts";
import { campaignKeys } from "../keys.ts";
import { decodeLedgerValue } from "../ledger/ledger-value.ts";
import { batchOfRow, placeInBatch } from "../rows.ts";
import { createRowsPacker } from "./packed-rows.ts";

export interface SelectedUnknown {
  /** The messages that the decision is about, packed (packed-rows.ts). */
  readonly packed: Buffer;
  readonly total: number;
  readonly rows: readonly number[];
  /** The same by reason number (core/reasons.ts), most frequent first. */
  readonly byReason: readonly { readonly reason: number; readonly count: number }[];
  /** How many have been unknown for longer than each of {@link AGES_MS}. */
  readonly byAge: readonly { readonly olderThanMs: number; readonly count: number }[];
  /** Since when the oldest is unknown, ms since 1970; null if there is none. */
  readonly oldestAt: number | null;
  /** Unknown messages that the filter does not ask for. */
  readonly others: number;
}

const HOUR_MS = 3_600_000;
export const AGES_MS: readonly number[] = [0, HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];

/** Rows read at once. */
const READ_AT_ONCE = 500;

/** Chooses the unknown messages of a campaign that a decision is about. It changes nothing. */
export function createSelectUnknown({ redis, number }: { redis: Redis; number: string }) {
  return async function selectUnknown(
    id: string,
    filter: Pick<ResolveWhat, "reasons" | "olderThanMs" | "rows">,
    nowMs: number,
  ): Promise<SelectedUnknown> {
    const own = campaignKeys(number, id);
    const all = pairsOf(await redis.zrange(own.unknown, "0", "-1", "WITHSCORES"));
    const reasons = new Set<number>(filter.reasons.map((name) => REASONS[name as Reason]));
    const isAsked = (row: number, since: number): boolean =>
      since <= nowMs - (filter.olderThanMs ?? 0) &&
      (filter.rows?.some(([first, last]) => row >= first && row <= last) ?? true);
    const asked = all.filter(([row, since]) => isAsked(row, since)).sort(([a], [b]) => a - b);

    const packer = createRowsPacker();
    const rows: number[] = [];
    const counts = new Map<number, number>();
    const ages = AGES_MS.map((olderThanMs) => ({ olderThanMs, count: 0 }));
    let oldestAt: number | null = null;
    for (let from = 0; from < asked.length; from += READ_AT_ONCE) {
      const some = asked.slice(from, from + READ_AT_ONCE);
      const stored = await Promise.all(
        some.map(([row]) =>
          redis.hgetBuffer(own.ledger(batchOfRow(row)), String(placeInBatch(row))),
        ),
      );
      for (const [at, [row, since]] of some.entries()) {
        const { state, reason, attempt } = decodeLedgerValue(stored[at] ?? undefined, 0);
        if (state !== "unknown" || (reasons.size > 0 && !reasons.has(reason))) continue;
        packer.add({ row, attempt });
        rows.push(row);
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
        for (const age of ages) if (since <= nowMs - age.olderThanMs) age.count++;
        oldestAt = Math.min(oldestAt ?? since, since);
      }
    }
    return {
      ...{ ...packer.end(), rows, byAge: ages, oldestAt },
      byReason: [...counts]
        .map(([reason, count]) => ({ reason, count }))
        .sort((a, b) => b.count - a.count),
      others: all.length - rows.length,
    };
  };
}

function pairsOf(flat: readonly string[]): (readonly [row: number, sinceMs: number])[] {
  return flat.flatMap((row, at) =>
    at % 2 === 0 ? [[Number(row), Number(flat[at + 1])] as const] : [],
  );
}
