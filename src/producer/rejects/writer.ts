import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { type RejectCode, rejectWords } from "../../core/reject.ts";
import { escapeCellWithDigits } from "../../core/spreadsheet.ts";
import { openWhole, type WholeFile } from "../../files/whole-file.ts";
import { addedColumns } from "./layout.ts";

/**
 * The file of the rejected rows, to be corrected and dropped again: the original rows, in the
 * list's own delimiter, followed by the line, the code, the reason and a suggestion, and the
 * campaign and row they belong to (layout.ts reads them back). UTF-8 with a byte order mark,
 * because Excel needs it to show accents. A cell that a spreadsheet would run as a formula gets a
 * leading apostrophe (OWASP, "CSV Injection"); phones are read with one too.
 *
 * It is written under a hidden name and renamed when complete. A folder that cannot be written to
 * does not stop an import (the store has the rows, `export` shows them): `finish` says why.
 */
export interface RejectsFile {
  /** Adds rows; the first ones create the file. Calls must not overlap. */
  add(rows: readonly RejectedRow[]): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<WrittenRejects>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

export interface WrittenRejects {
  /** Null if there is no file: no row was rejected, or `problem` says why, in a sentence. */
  readonly path: string | null;
  readonly problem: string | null;
}

export const NO_REJECTS: WrittenRejects = { path: null, problem: null };

export interface RejectedRow {
  readonly cells: readonly string[];
  readonly line: number;
  /** Its number in the campaign, from 1. */
  readonly row: number;
  readonly code: RejectCode;
  readonly column: string;
  readonly about?: string;
}

/** The same, where the line of the list's file may not be known (null). */
export type RowToCorrect = Omit<RejectedRow, "line"> & { readonly line: number | null };

export function createRejectsFile(input: {
  path: string;
  columns: readonly string[];
  delimiter: string;
  /** Written beside each row; null: the list was only checked, and there is no campaign. */
  campaign: string | null;
}): RejectsFile {
  const hidden = join(
    dirname(input.path),
    `.${basename(input.path)}.${input.campaign ?? process.pid}.tmp`,
  );
  let whole: WholeFile | null = null;
  let problem: string | null = null;

  const text = createRejectsText(input);

  async function discard(): Promise<void> {
    await whole?.drop();
    whole = null;
    try {
      await rm(hidden, { force: true });
    } catch (error) {
      // No file can have that name, so none was left.
      if ((error as NodeJS.ErrnoException).code !== "ENAMETOOLONG") throw error;
    }
  }

  /** Runs a step; after a failed step there is no file and no further step. */
  async function attempt(step: () => Promise<void>): Promise<void> {
    if (problem !== null) return;
    try {
      await step();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      problem = `the rejects file could not be written (${code})`;
      await discard().catch(() => {
        // The folder is unreachable; the hidden file is removed when the import is repeated.
      });
    }
  }

  return {
    async add(rows) {
      if (rows.length === 0) return;
      await attempt(async () => {
        if (whole === null) {
          // Removes what a killed import left under this name; a link placed there is not followed.
          await rm(hidden, { force: true });
          whole = await openWhole(input.path, { draft: hidden });
          await whole.file.write(text.head());
        }
        await whole.file.write(text.rows(rows));
      });
    },
    async finish() {
      const written = whole;
      if (written === null) return { path: null, problem };
      await attempt(async () => {
        await written.keep();
      });
      return { path: problem === null ? input.path : null, problem };
    },
    discard,
  };
}

/** The text of such a file: its head, and rows. Both end with a line break. */
export function createRejectsText(input: {
  readonly columns: readonly string[];
  readonly delimiter: string;
  /** Written beside each row; null: the list was only checked, and there is no campaign. */
  readonly campaign: string | null;
}) {
  const { columns, delimiter, campaign } = input;
  const text = (rows: readonly (readonly string[])[], extra: { bom: boolean }): string =>
    stringify(
      rows.map((row) => row.map(escapeCellWithDigits)),
      {
        ...{ delimiter, record_delimiter: "\r\n" },
        // By default it quotes only cells with the whole CRLF.
        quoted_match: /[\r\n]/,
        ...extra,
      },
    );
  return {
    head: () => text([[...columns, ...addedColumns(columns)]], { bom: true }),
    rows: (rows: readonly RowToCorrect[]) =>
      text(
        rows.map((row) => fileRow(row, columns.length, campaign ?? "")),
        { bom: false },
      ),
  };
}

/** A row's cells beyond the header's columns go behind all others, to keep those aligned. */
function fileRow(row: RowToCorrect, width: number, campaign: string): string[] {
  const cells = Array.from({ length: width }, (_, index) => row.cells[index] ?? "");
  const { wrong, fix } = rejectWords(row.code, row.column, row.about);
  const added = [
    row.line === null ? "" : String(row.line),
    row.code,
    wrong,
    fix,
    campaign,
    String(row.row),
  ];
  return [...cells, ...added, ...row.cells.slice(width)];
}
