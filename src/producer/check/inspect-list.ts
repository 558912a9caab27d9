import type { Delimiter } from "../../core/delimiters.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Refusal, type Result } from "../../core/refusal.ts";
import { readRows } from "../list/csv.ts";
import { type ListFile, openList } from "../list/open.ts";
import { findPhones, readAsWritten } from "./prepare-list.ts";

/** How a list is to be read; null: as its bytes and its first rows say. */
export interface ListReading {
  readonly encoding: Encoding | null;
  readonly delimiter: Delimiter | null;
  /** The column with the phones. */
  readonly to: string | null;
  /** Of phones without country code. */
  readonly country: string | null;
}

/** What was understood of a list before there is a campaign for it. */
export interface InspectedList {
  readonly encoding: Encoding;
  /** Its bytes do not show it: a person should look at the sample. */
  readonly encodingGuessed: boolean;
  readonly delimiter: string;
  /** Of the first line; if that is no header, the refusal says so. */
  readonly columns: readonly string[];
  readonly phoneColumn: string | null;
  /** What the choice of that column is based on; null if it was named, or not found. */
  readonly phoneColumnGuessed: "name" | "contents" | null;
  /** The first rows, as they are. */
  readonly sample: readonly { readonly line: number; readonly cells: readonly string[] }[];
  /** Without the header and blank lines; null if it cannot be read to its end. */
  readonly rows: number | null;
  /** Why it cannot be sent like this; null: nothing was found. */
  readonly refusal: Refusal | null;
}

const SAMPLE_ROWS = 3;

/**
 * Reads a list to its end, as an import does, and says what was understood. A list of which nothing
 * can be shown (a workbook, an empty file, bytes of no encoding) is refused; any other comes with
 * its beginning, and with what an import would refuse.
 */
export async function inspectList(
  path: string,
  reading: ListReading,
  signal?: AbortSignal,
): Promise<Result<InspectedList>> {
  const file = await openList(path, { links: "refuse" });
  if (!file.ok) return file;
  try {
    return await inspect(file.value, reading, signal);
  } finally {
    await file.value.close();
  }
}

async function inspect(
  file: ListFile,
  { encoding, delimiter, to, country }: ListReading,
  signal: AbortSignal | undefined,
): Promise<Result<InspectedList>> {
  const written = await readAsWritten(file, { encoding, delimiter, signal });
  if (!written.ok) return written;
  const { bytes, header, columns, lines } = written.value;
  const phone = findPhones(written.value, { to, country, used: [] });
  const rows = await readRows(file, header, { visit: () => signal?.aborted !== true });
  // What ends the reading concerns the list; the columns are second.
  const refused = rows.ok ? phone : rows;
  return accept({
    ...{ encoding: bytes.encoding, encodingGuessed: bytes.encodingGuessed },
    ...{ delimiter: header.dialect.delimiter, columns },
    phoneColumn: phone.ok ? phone.value.name : null,
    phoneColumnGuessed: phone.ok ? phone.value.guessed : null,
    sample: written.value.rows
      .slice(0, SAMPLE_ROWS)
      .map((cells, at) => ({ line: lines[at] ?? 0, cells })),
    rows: rows.ok ? rows.value : null,
    refusal: refused.ok ? null : refused.refusal,
  });
}
