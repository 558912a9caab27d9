import { refuseClosed, refuseUnconfirmedRedis } from "../../campaigns/refusals.ts";
import { foldPhone } from "../../core/recipient.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import type { RejectCode } from "../../core/reject.ts";
import { unescapeCells } from "../../core/spreadsheet.ts";
import {
  batchOfRow,
  type CorrectableBatch,
  type CorrectableCampaign,
  type CorrectedRow,
  type Corrections,
  type People,
} from "../../store/index.ts";
import { type CheckedRow, createRowCheck } from "../check/check-rows.ts";
import type { PreparedList } from "../check/prepare-list.ts";
import { createShapeCounter } from "../phones/number-style.ts";
import { createSeenPhones, type SeenPhones } from "../phones/seen-phones.ts";
import type { OtherCampaigns } from "../preflight/other-campaigns.ts";
import type { RejectedRow } from "../rejects/writer.ts";
import { refuseShortOfMemory } from "../short-of-memory.ts";

/** A row as it is in the file. */
export interface ReadRow {
  readonly cells: readonly string[];
  readonly line: number;
}

interface CorrectedWindow {
  /** Rows that are now pending. */
  readonly pending: readonly CheckedRow[];
  /** Rows that stay rejected, with the cells in the order of the campaign's columns. */
  readonly rejected: readonly RejectedRow[];
  /** Rows that are no longer rejected, or never were. */
  readonly already: number;
}

/** Checks rows of a rejects file and takes the valid ones back, in chunks. */
export interface Corrector {
  correct(rows: readonly ReadRow[]): Promise<Result<CorrectedWindow>>;
}

interface CorrectorInput {
  readonly corrections: Corrections;
  readonly people: People;
  readonly id: string;
  /** The campaign as the file names it. */
  readonly mark: string;
  readonly campaign: CorrectableCampaign;
  readonly list: PreparedList;
  /** Where each of the campaign's columns is in the file. */
  readonly order: readonly number[];
  readonly purpose: "import" | "check";
  /** The campaign because of which a person is left out. */
  readonly leftOut: OtherCampaigns["leftOut"];
}

export function createCorrector(input: CorrectorInput): Corrector {
  const { corrections, id, campaign, purpose } = input;
  let known: { seen: SeenPhones; rewrites: number } | null = null;

  /** The rewrite count is read before the people it applies to. */
  async function readPeople(): Promise<{ seen: SeenPhones; rewrites: number }> {
    const rewrites = (await corrections.campaign(id))?.rewrites ?? 0;
    const seen = createSeenPhones({ expected: campaign.rows });
    for await (const people of input.people.ofCampaign(id, campaign.rows)) {
      for (const { row, phone } of people) seen.firstRow(foldPhone(phone), row);
    }
    return { seen, rewrites };
  }

  /** Writes the rows of one batch. False: it has changed meanwhile, and all must be read again. */
  async function write(
    batch: CorrectableBatch,
    rows: readonly CorrectedRow[],
  ): Promise<Result<boolean>> {
    if (known === null) return accept(false);
    if (purpose === "import") {
      const change = { rows, rewrites: known.rewrites };
      const result = await corrections.apply(id, batch, change);
      if (result.kind === "changed") return accept(false);
      if (result.kind === "closed" && result.why === "importing") return refuseImporting(id);
      if (result.kind === "guarded") return refuseUnconfirmedRedis(`Rows of ${id} stay rejected`);
      if (result.kind !== "corrected") return refuseCorrection(id);
      known.rewrites = result.rewrites;
    }
    for (const { row, phone } of rows) known.seen.firstRow(foldPhone(phone), row);
    return accept(true);
  }

  return {
    async correct(rows) {
      const short = purpose === "import" ? await corrections.shortOfMemory() : null;
      if (short !== null) {
        return refuseShortOfMemory(
          short,
          `rows of ${id} that were not corrected yet stay rejected`,
        );
      }
      const done: CheckedRow[] = [];
      let left = rows;
      for (;;) {
        known ??= await readPeople();
        const batches = await readBatches(input, left);
        const { good, rejected, already } = check(input, { rows: left, batches, known });
        let changed = false;
        for (const [index, some] of groupByBatch(good)) {
          const batch = batches.get(index);
          if (batch === undefined) continue;
          const written = await write(batch, some.map(toCorrected));
          if (!written.ok) return written;
          changed = !written.value;
          if (changed) break;
          done.push(...some.map(({ checked }) => checked));
          const gone = new Set(some.map(({ read }) => read));
          left = left.filter((row) => !gone.has(row));
        }
        if (!changed) return accept({ pending: done, rejected, already });
        known = null;
      }
    },
  };
}

interface Good {
  readonly row: number;
  readonly phone: string;
  /** In the order of the campaign's columns. */
  readonly cells: readonly string[];
  readonly read: ReadRow;
  readonly checked: CheckedRow;
}

function toCorrected({ row, phone, cells }: Good): CorrectedRow {
  return { row, phone, cells };
}

async function readBatches(
  input: CorrectorInput,
  rows: readonly ReadRow[],
): Promise<Map<number, CorrectableBatch>> {
  const indexes = new Set(
    rows.flatMap(({ cells }) => {
      const row = rowOf(input, cells);
      return row === null ? [] : [batchOfRow(row)];
    }),
  );
  const batches = await Promise.all(
    [...indexes].map((index) => input.corrections.batch(input.id, index)),
  );
  return new Map(batches.flatMap((batch) => (batch === undefined ? [] : [[batch.batch, batch]])));
}

/** The campaign's row that a row of the file belongs to; null if there is none. */
function rowOf({ mark, campaign, list }: CorrectorInput, cells: readonly string[]): number | null {
  const place = list.layout?.placeOf(cells);
  if (place === undefined || place.campaign !== mark) return null;
  const { row } = place;
  return Number.isInteger(row) && row >= 1 && row <= campaign.rows ? row : null;
}

function check(
  input: CorrectorInput,
  window: {
    rows: readonly ReadRow[];
    batches: ReadonlyMap<number, CorrectableBatch>;
    known: { seen: SeenPhones };
  },
): { good: Good[]; rejected: RejectedRow[]; already: number } {
  const { list, order } = input;
  const { columns, phone, style } = list;
  const { strictValues } = input.campaign.definition.recipients;
  const shapes = createShapeCounter();
  const startsMs = Date.now();
  const check = createRowCheck(list, { style, shapes, strictValues, startsMs, rowsExpected: 0 });
  const good: Good[] = [];
  const rejected: RejectedRow[] = [];
  const taken = new Set<number>();
  let already = 0;
  for (const [index, read] of window.rows.entries()) {
    const own = unescapeCells(list.layout?.ownCells(read.cells) ?? read.cells);
    const cells = own.length > columns.length ? [...own] : order.map((place) => own[place] ?? "");
    const row = rowOf(input, read.cells);
    const { line } = read;
    const reject = (code: RejectCode, column: string, about?: string): void =>
      void rejected.push({
        ...{ cells, line, row: row ?? 0, code, column },
        ...(about === undefined ? {} : { about }),
      });
    if (row === null) {
      reject("row_unknown", "");
      continue;
    }
    if (!window.batches.get(batchOfRow(row))?.rejected.has(row) || taken.has(row)) {
      already++;
      continue;
    }
    const outcome = check(own, index + 1);
    if (outcome.kind === "rejected") reject(outcome.code, outcome.column, outcome.about);
    else if (outcome.kind !== "pending" || window.known.seen.rowOf(foldPhone(outcome.phone)) !== 0)
      reject("phone_taken", phone.name);
    else if (input.leftOut(outcome.phone) !== undefined) reject("phone_repeated", phone.name);
    else {
      taken.add(row);
      good.push({ row, phone: outcome.phone, cells, read, checked: { cells: own, line, outcome } });
    }
  }
  return { good, rejected, already };
}

function groupByBatch(rows: readonly Good[]): Map<number, Good[]> {
  const groups = new Map<number, Good[]>();
  for (const row of rows) {
    const batch = batchOfRow(row.row);
    const group = groups.get(batch);
    if (group === undefined) groups.set(batch, [row]);
    else group.push(row);
  }
  return groups;
}

/** The campaign no longer sends. */
export function refuseCorrection(id: string): Refused {
  return refuseClosed(
    id,
    "To send the corrected rows as a list of its own, remove the columns dropcast_campaign and dropcast_row.",
  );
}

function refuseImporting(id: string): Result<never> {
  return refuse(
    "import_in_progress",
    `${id} is still being imported by another process.`,
    `Wait for it: dropcast show ${id}.`,
  );
}
