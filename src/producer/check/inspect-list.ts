import type { Delimiter } from "../../core/delimiters.ts";
import type { Encoding } from "../../core/encoding.ts";
import { accept, type Refusal, type Result } from "../../core/refusal.ts";
import { readRows } from "../list/csv.ts";
import { openList } from "../list/open.ts";
import { findPhones, readAsWritten, type WrittenList } from "./prepare-list.ts";

/** What was understood of a list before there is a campaign for it. */
export interface InspectedList {
  readonly encoding: Encoding;
  /** Its bytes do not show it: a person should look at the sample. */
  readonly encodingGuessed: boolean;
  readonly delimiter: string;
  /** Of the first line; if that is not a header, the refusal says so. */
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

/** A list that was read to its end. */
export interface WholeList extends WrittenList {
  /** How many rows it has, or what ends the reading before its end. */
  readonly end: Result<number>;
}

const SAMPLE_ROWS = 3;

/**
 * Reads a list to its end, as an import does. A list of which nothing can be shown (a workbook, an
 * empty file, bytes of no encoding) is refused. `null`: as its bytes say.
 */
export async function readWholeList(
  path: string,
  how: { readonly encoding: Encoding | null; readonly delimiter: Delimiter | null },
): Promise<Result<WholeList>> {
  const file = await openList(path, { links: "refuse" });
  if (!file.ok) return file;
  try {
    const written = await readAsWritten(file.value, how);
    if (!written.ok) return written;
    const { header } = written.value;
    const end = await readRows(file.value, header, { visit: () => true });
    return accept({ ...written.value, end });
  } finally {
    await file.value.close();
  }
}

/**
 * What was understood of a list, with its beginning, and with what an import would refuse. `to`:
 * the column with the phones, null if it is to be found; `country`: of phones without country code.
 */
export function describeList(
  list: WholeList,
  { to, country }: { readonly to: string | null; readonly country: string | null },
): InspectedList {
  const { bytes, header, columns, rows, lines, end } = list;
  const phone = findPhones(list, { to, country, used: [] });
  // What ends the reading concerns the whole list; the columns are second.
  const refused = end.ok ? phone : end;
  return {
    ...{ encoding: bytes.encoding, encodingGuessed: bytes.encodingGuessed },
    ...{ delimiter: header.dialect.delimiter, columns },
    phoneColumn: phone.ok ? phone.value.name : null,
    phoneColumnGuessed: phone.ok ? phone.value.guessed : null,
    sample: rows.slice(0, SAMPLE_ROWS).map((cells, at) => ({ line: lines[at] ?? 0, cells })),
    rows: end.ok ? end.value : null,
    refusal: refused.ok ? null : refused.refusal,
  };
}
