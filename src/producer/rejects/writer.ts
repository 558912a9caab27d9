import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { type RejectCode, rejectWords } from "../../core/reject.ts";
import { escapeCellWithDigits } from "../../core/spreadsheet.ts";
import { addedColumns } from "./layout.ts";

/**
 * The file of the rejected rows, to be corrected and dropped again: the rows as they came, in
 * the list's own delimiter, with the line, the code, the reason and a suggestion behind them, and
 * the campaign and row they belong to (layout.ts reads them back). UTF-8 with a byte
 * order mark, because Excel shows accents only then. A cell that a spreadsheet would run as a
 * formula gets an apostrophe in front (OWASP, "CSV Injection"); phones are read with one too.
 *
 * It grows under a hidden name and gets its own when it is whole. A folder that cannot be written
 * to does not stop an import (the store has the rows, `export` shows them): `finish` tells why.
 */
export interface RejectsFile {
  /** Adds rows; the file is made with the first one. Calls must not overlap. */
  add(rows: readonly RejectedRow[]): Promise<void>;
  /** Gives the file its name. */
  finish(): Promise<WrittenRejects>;
  /** Leaves nothing behind. */
  discard(): Promise<void>;
}

export interface WrittenRejects {
  /** Null when there is no file: no row was rejected, or `problem` says why, in a sentence. */
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

export function createRejectsFile(input: {
  path: string;
  columns: readonly string[];
  delimiter: string;
  /** Written beside each row; null: the list was only checked, and there is no campaign. */
  campaign: string | null;
}): RejectsFile {
  const { columns, delimiter } = input;
  const hidden = join(
    dirname(input.path),
    `.${basename(input.path)}.${input.campaign ?? process.pid}.tmp`,
  );
  let handle: FileHandle | null = null;
  let problem: string | null = null;

  const text = (rows: readonly (readonly string[])[], extra: { bom: boolean }): string =>
    stringify(
      rows.map((row) => row.map(escapeCellWithDigits)),
      {
        ...{ delimiter, record_delimiter: "\r\n" },
        // By itself it quotes only what holds the whole CRLF.
        quoted_match: /[\r\n]/,
        ...extra,
      },
    );

  async function discard(): Promise<void> {
    await handle?.close();
    handle = null;
    await rm(hidden, { force: true });
  }

  /** Runs a step; after one that failed there is no file, and no further step. */
  async function attempt(step: () => Promise<void>): Promise<void> {
    if (problem !== null) return;
    try {
      await step();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      problem = `the rejects file could not be written (${code})`;
      await discard().catch(() => {
        // The folder is out of reach; the hidden file goes when the import is repeated.
      });
    }
  }

  return {
    async add(rows) {
      if (rows.length === 0) return;
      await attempt(async () => {
        if (handle === null) {
          // What a killed import left under this name goes: a link planted there is not followed.
          await rm(hidden, { force: true });
          handle = await open(hidden, "wx", 0o600);
          await handle.write(text([[...columns, ...addedColumns(columns)]], { bom: true }));
        }
        const lines = rows.map((row) => fileRow(row, columns.length, input.campaign ?? ""));
        await handle.write(text(lines, { bom: false }));
      });
    },
    async finish() {
      const written = handle;
      if (written === null) return { path: null, problem };
      await attempt(async () => {
        await written.sync();
        await written.close();
        handle = null;
        await rename(hidden, input.path);
      });
      return { path: problem === null ? input.path : null, problem };
    },
    discard,
  };
}

/** What a row has beyond the header's columns goes behind all others, so that they stay aligned. */
function fileRow(row: RejectedRow, width: number, campaign: string): string[] {
  const cells = Array.from({ length: width }, (_, index) => row.cells[index] ?? "");
  const { wrong, fix } = rejectWords(row.code, row.column, row.about);
  const added = [String(row.line), row.code, wrong, fix, campaign, String(row.row)];
  return [...cells, ...added, ...row.cells.slice(width)];
}
