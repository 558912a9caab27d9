import type { Redis } from "ioredis";
import type { CampaignDefinition } from "../../core/campaign.ts";
import type { Mode } from "../../core/mode.ts";
import { fieldsOf } from "../hashes.ts";
import { batchOfRow, campaignKeys, placeInBatch, rowInBatch } from "../keys.ts";
import { type BatchRow, correctBlob, unpackRows } from "../ledger/batch-rows.ts";
import { readBatch } from "../ledger/read-batch.ts";
import { ANSWER } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";

/** A campaign as somebody who corrects its rows needs it. */
export interface CorrectableCampaign {
  readonly name: string;
  readonly definition: CampaignDefinition;
  readonly columns: readonly string[];
  /** The column of the phones; empty for campaigns that did not note it. */
  readonly phoneColumn: string;
  /** How its list writes phones, as the import told; empty for campaigns that did not note it. */
  readonly phoneStyle: string;
  readonly rows: number;
  readonly mode: Mode;
  readonly status: string;
  /** Nothing more of it is sent. */
  readonly closed: boolean;
  /** How often stored rows were rewritten: what is read after this fits a later call with it. */
  readonly rewrites: number;
}

/** A batch as it was read, for `apply`. */
export interface CorrectableBatch {
  readonly batch: number;
  readonly blob: Buffer;
  readonly rows: readonly BatchRow[];
  /** Rows (from 1) that are rejected, and may be mended. */
  readonly rejected: ReadonlySet<number>;
}

export interface CorrectedRow {
  readonly row: number;
  readonly phone: string;
  readonly cells: readonly string[];
}

export type CorrectionResult =
  | { readonly kind: "corrected"; readonly rewrites: number }
  /** Somebody else rewrote stored rows since they were read: read again, and judge again. */
  | { readonly kind: "changed" }
  | { readonly kind: "closed"; readonly why: string }
  | { readonly kind: "no_campaign" };

/**
 * Taking rejected rows back into a campaign as a person corrected them.
 *
 * Who mends reads the campaign's people and some batches, decides, and writes; two who do it at once
 * could put one person into two rows. So the campaign counts its rewrites, and a rewrite that was
 * decided at another count is refused: the loser reads again. Whatever else rewrites stored rows
 * must raise that count too.
 */
export function createCorrections(input: { redis: Redis; number: string; run: RunScript }) {
  const { redis, number, run } = input;
  return {
    async campaign(id: string): Promise<CorrectableCampaign | undefined> {
      const fields = await redis.hmget(
        campaignKeys(number, id).campaign,
        ...fieldsOf("campaign", "name", "definition", "columns", "phoneColumn", "phoneStyle"),
        ...fieldsOf("campaign", "rows", "rewrites", "mode", "status", "closed"),
      );
      const [name, definition, columns, phoneColumn, phoneStyle, rows, rewrites] = fields;
      const [mode, status, closed] = fields.slice(7);
      if (!definition || !columns) return undefined;
      return {
        name: name ?? "",
        definition: JSON.parse(definition) as CampaignDefinition,
        columns: JSON.parse(columns) as string[],
        phoneColumn: phoneColumn ?? "",
        phoneStyle: phoneStyle ?? "",
        rows: Number(rows),
        mode: mode === "live" ? "live" : "sandbox",
        status: status ?? "",
        closed: Boolean(closed),
        rewrites: Number(rewrites ?? 0),
      };
    },

    /** Undefined when the campaign has no such batch. */
    async batch(id: string, batch: number): Promise<CorrectableBatch | undefined> {
      const stored = await readBatch(redis, number, { campaign: id, batch });
      if (stored === undefined) return undefined;
      const rows = unpackRows(stored.blob);
      const rejected = rows.flatMap((_, place) =>
        stored.value(place, 0).state === "rejected" ? [rowInBatch(batch, place)] : [],
      );
      return { batch, blob: stored.blob, rows, rejected: new Set(rejected) };
    },

    /**
     * Rows of one batch, all of them among its rejected ones, are pending from now on, with the
     * cells and the phone given. A finished campaign goes on.
     */
    async apply(
      id: string,
      batch: CorrectableBatch,
      change: { rows: readonly CorrectedRow[]; rewrites: number },
    ): Promise<CorrectionResult> {
      const rows = change.rows.map(({ row, phone, cells }) => {
        if (batchOfRow(row) !== batch.batch) throw new Error(`Row ${row} is of another batch.`);
        return [placeInBatch(row), { phone, cells }] as const;
      });
      const blob = correctBlob(batch.blob, new Map(rows));
      const [kind, told, rewrites] = (await run(
        "correct-rows",
        { campaign: id, batch: batch.batch, rewrites: change.rewrites, blob },
        change.rows.map(({ row }) => row),
      )) as [number, unknown, number];
      if (kind === ANSWER.done) return { kind: "corrected", rewrites };
      if (kind === ANSWER.closed) return { kind: "closed", why: String(told) };
      return { kind: kind === ANSWER.rewritten ? "changed" : "no_campaign" };
    },
  };
}

export type Corrections = ReturnType<typeof createCorrections>;
