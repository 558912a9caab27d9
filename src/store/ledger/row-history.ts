import type { Redis } from "ioredis";
import { type HistoryEntry, historyKind } from "../../core/history.ts";
import { fieldOf } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import { HISTORY_ROW, TICK_MS } from "../scripts/protocol.ts";

/** Where the side hash has a row's history. */
export function historyField(row: number): string {
  return `${row}:h`;
}

/**
 * Reads what scripts noted beside the ledger about a row with more than one attempt, a
 * contradiction or a person's decision (scripts/lib/history.lua); empty for an ordinary one. By
 * time, and the newest 16 at most.
 */
export function createRowHistory({ redis, number }: { redis: Redis; number: string }) {
  return async (campaign: string, row: number): Promise<HistoryEntry[]> => {
    const keys = campaignKeys(number, campaign);
    const [packed, epoch] = await Promise.all([
      redis.hgetBuffer(keys.side, historyField(row)),
      redis.hget(keys.campaign, fieldOf("campaign", "epoch")),
    ]);
    return decodeHistory(packed ?? Buffer.alloc(0), Number(epoch)).sort((a, b) => a.at - b.at);
  };
}

function decodeHistory(packed: Buffer, epochMs: number): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (let from = 0; from < packed.length; from += HISTORY_ROW.bytes) {
    const row = packed.subarray(from);
    const what = historyKind(HISTORY_ROW.get(row, "what"));
    if (what === undefined) continue;
    entries.push({
      ...{ what, at: epochMs + HISTORY_ROW.get(row, "at") * TICK_MS },
      attempt: HISTORY_ROW.get(row, "attempt"),
      code: HISTORY_ROW.get(row, "code"),
      reason: HISTORY_ROW.get(row, "reason"),
      http: HISTORY_ROW.get(row, "http"),
    });
  }
  return entries;
}
