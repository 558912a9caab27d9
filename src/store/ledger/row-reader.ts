import type { Redis } from "ioredis";
import type { State } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import { fieldOf, fieldsOf } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import { batchesOf, batchOfRow, placeInBatch, rowInBatch } from "../rows.ts";
import type { BatchRow } from "./batch-rows.ts";
import { decodeLedgerValue, type LedgerValue } from "./ledger-value.ts";
import { readBatch } from "./read-batch.ts";
import { unpackWamid } from "./wamid.ts";

/** A CSV row with everything known about it. */
export interface CampaignRow extends BatchRow {
  readonly row: number;
  /** Its state; a pending row of a closed campaign reads as cancelled or expired. */
  readonly state: State;
  readonly value: LedgerValue;
  /** The id of the last attempt from the API or a webhook; null if not known. */
  readonly wamid: string | null;
  /** Since when it is unknown, ms; null in every other state. */
  readonly unknownSince: number | null;
  /**
   * Of a campaign of a pool, where it is shown: its row in the imported list; null: not known.
   * Absent: the same as `row` (store/pools/list-rows.ts).
   */
  readonly listRow?: number | null;
}

/** Batches that are read at the same time. */
const AHEAD = 8;

/** Reads rows a batch at a time, so that a campaign of any size streams in bounded memory. */
export function createRowReader(input: { redis: Redis; number: string }) {
  const { redis, number } = input;

  async function unknownSince(campaign: string, rows: readonly number[]) {
    const since = new Map<number, number>();
    if (rows.length === 0) return since;
    const scores = await redis.zmscore(campaignKeys(number, campaign).unknown, ...rows.map(String));
    for (const [at, score] of scores.entries()) {
      if (score !== null) since.set(rows[at] ?? 0, Number(score));
    }
    return since;
  }

  async function batch(campaign: string, index: number): Promise<CampaignRow[]> {
    const keys = campaignKeys(number, campaign);
    const [stored, [epoch, closed]] = await Promise.all([
      readBatch(redis, number, { campaign, batch: index }),
      redis.hmget(keys.campaign, ...fieldsOf("campaign", "epoch", "closed")),
    ]);
    if (stored === undefined) return [];
    const ledger = stored.rows.map((cells, place) => ({
      cells,
      row: rowInBatch(index, place),
      value: stored.value(place, Number(epoch)),
    }));
    const unknown = await unknownSince(
      campaign,
      ledger.flatMap(({ row, value }) => (value.state === "unknown" ? [row] : [])),
    );
    return ledger.map(({ cells, row, value }, place) => {
      const wamid = stored.wamid(place);
      const pending = value.state === "pending" && closed;
      return {
        ...cells,
        row,
        state: pending ? (closed as State) : value.state,
        value,
        wamid: wamid === undefined ? null : unpackWamid(wamid),
        unknownSince: unknown.get(row) ?? null,
      };
    });
  }

  return {
    batch,

    /** One row; undefined when the campaign has no such row. */
    async one(campaign: string, row: number): Promise<CampaignRow | undefined> {
      const rows = await batch(campaign, batchOfRow(row));
      return rows.find((found) => found.row === row);
    },

    /** The mode of a campaign; null if there is none with this id. */
    async mode(campaign: string): Promise<Mode | null> {
      const mode = await redis.hget(
        campaignKeys(number, campaign).campaign,
        fieldOf("campaign", "mode"),
      );
      return mode === "live" || mode === "sandbox" ? mode : null;
    },

    /** Whether the row is failed with this as its last attempt. */
    async isFailed(campaign: string, row: number, attempt: number): Promise<boolean> {
      const ledger = campaignKeys(number, campaign).ledger(batchOfRow(row));
      const stored = await redis.hgetBuffer(ledger, String(placeInBatch(row)));
      const value = decodeLedgerValue(stored ?? undefined, 0);
      return value.state === "failed" && value.attempt === attempt;
    },

    /** All rows in the order of the CSV. Some batches are read ahead. */
    async *all(campaign: string, rows: number): AsyncGenerator<CampaignRow> {
      const ahead: Promise<CampaignRow[]>[] = [];
      const batches = batchesOf(rows);
      for (let index = 0; index < batches + AHEAD; index++) {
        if (index < batches) {
          const asked = batch(campaign, index);
          // A caller that stops early waits for none of them.
          asked.catch(() => {});
          ahead.push(asked);
        }
        if (index >= AHEAD) yield* (await ahead.shift()) ?? [];
      }
    },
  };
}

export type RowReader = ReturnType<typeof createRowReader>;
