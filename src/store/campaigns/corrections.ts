import type { Redis } from "ioredis";
import type { CampaignDefinition } from "../../core/campaign.ts";
import type { Mode } from "../../core/mode.ts";
import { fieldsOf } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import { packClaimRows } from "../ledger/attempt-rows.ts";
import { type BatchRow, correctBlob } from "../ledger/batch-rows.ts";
import { readBatch } from "../ledger/read-batch.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import { batchOfRow, placeInBatch, rowInBatch } from "../rows.ts";
import type { RunScript } from "../scripts/runner.ts";
import { readShortOfMemory, type ShortOfMemory } from "./import-room.ts";

/** A campaign as a correction needs it. */
export interface CorrectableCampaign {
  readonly name: string;
  readonly definition: CampaignDefinition;
  readonly columns: readonly string[];
  /** The column of the phones; empty for campaigns imported before it was stored. */
  readonly phoneColumn: string;
  /** How its list writes phones; empty for campaigns imported before it was stored. */
  readonly phoneStyle: string;
  readonly rows: number;
  readonly mode: Mode;
  readonly status: string;
  /** Nothing more is sent. */
  readonly closed: boolean;
  /** It is the part of one number of a pool. */
  readonly isOfPool: boolean;
  /** How often stored rows were rewritten; a later `apply` with it refuses newer changes. */
  readonly rewrites: number;
}

/** A batch as read, for `apply`. */
export interface CorrectableBatch {
  readonly batch: number;
  readonly blob: Buffer;
  readonly rows: readonly BatchRow[];
  /** Rows (from 1) that are rejected, and may be corrected. */
  readonly rejected: ReadonlySet<number>;
}

export interface CorrectedRow {
  readonly row: number;
  readonly phone: string;
  readonly cells: readonly string[];
}

type CorrectionResult =
  | { readonly kind: "corrected"; readonly rewrites: number }
  /** Stored rows were rewritten since they were read: read and decide again. */
  | { readonly kind: "changed" }
  | { readonly kind: "closed"; readonly why: string }
  /** Redis may have gone back in time. */
  | { readonly kind: "guarded" }
  | { readonly kind: "no_campaign" };

/**
 * Takes rejected rows into the campaign as a person corrected them.
 *
 * A correction reads the campaign's people and some batches, decides, and writes; two at once could
 * put one person into two rows. So the campaign counts its rewrites, and a write that was decided
 * at another count is refused: that caller reads again. Everything that rewrites stored rows must
 * raise the count.
 */
export function createCorrections(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
}) {
  const { redis, number, run, person } = input;
  return {
    /** As while a list is imported: corrected rows need room, too. */
    shortOfMemory: (): Promise<ShortOfMemory | null> => readShortOfMemory(redis),

    async campaign(id: string): Promise<CorrectableCampaign | undefined> {
      const fields = await redis.hmget(
        campaignKeys(number, id).campaign,
        ...fieldsOf("campaign", "name", "definition", "columns", "phoneColumn", "phoneStyle"),
        ...fieldsOf("campaign", "rows", "rewrites", "mode", "status", "closed", "pool"),
      );
      const [name, definition, columns, phoneColumn, phoneStyle, rows, rewrites] = fields;
      const [mode, status, closed, pool] = fields.slice(7);
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
        isOfPool: Boolean(pool),
        rewrites: Number(rewrites ?? 0),
      };
    },

    /** Undefined if the campaign does not have this batch. */
    async batch(id: string, batch: number): Promise<CorrectableBatch | undefined> {
      const stored = await readBatch(redis, number, { campaign: id, batch });
      if (stored === undefined) return undefined;
      const { rows, blob } = stored;
      const rejected = rows.flatMap((_, place) =>
        stored.value(place, 0).state === "rejected" ? [rowInBatch(batch, place)] : [],
      );
      return { batch, blob, rows, rejected: new Set(rejected) };
    },

    /**
     * Makes rejected rows of one batch pending, with the given cells and phone. A finished campaign
     * runs again.
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
      const [kind, detail, rewrites] = await run("correct-rows", {
        ...{ campaign: id, batch: batch.batch, rewrites: change.rewrites, blob },
        rows: packClaimRows(change.rows.map(({ row, phone }) => ({ row, person: person(phone) }))),
      });
      if (kind === "done") return { kind: "corrected", rewrites: Number(rewrites) };
      if (kind === "closed") return { kind, why: String(detail) };
      return kind === "rewritten" ? { kind: "changed" } : { kind };
    },
  };
}

export type Corrections = ReturnType<typeof createCorrections>;
