import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import type { PersonTrace } from "../../core/person-trace.ts";
import type { SuppressReason } from "../../core/reasons.ts";
import type { RejectCode } from "../../core/reject.ts";
import type { Doubt } from "../../core/template.ts";
import { isMaskedPhone, maskedPhone, phoneMask } from "./phone-mask.ts";

/** What the import decided about one CSV row. */
export type ImportOutcome =
  /** `landline` and `doubts` are for the report and are not stored. */
  | {
      readonly kind: "pending";
      readonly phone: string;
      readonly landline?: true;
      readonly doubts?: readonly Doubt[];
    }
  /** `about` is for the text of the reason and is not stored. */
  | {
      readonly kind: "rejected";
      readonly code: RejectCode;
      readonly column: string;
      readonly about?: string;
    }
  | { readonly kind: "duplicate"; readonly phone: string; readonly of: number }
  | { readonly kind: "suppressed"; readonly phone: string; readonly reason: SuppressReason };

export interface ImportRow {
  /** The cells as in the file, in the order of the header. */
  readonly cells: readonly string[];
  readonly outcome: ImportOutcome;
}

/**
 * The rows of a batch as stored in Redis: deflated JSON, one array a row, `[phone, ...cells]`, and
 * the extra facts of unusual rows (`o`: index -> column of a reject, or row it repeats). 10-30
 * bytes a row for typical lists.
 *
 * With a mask (`m`: the place of a cell from 0, and how it writes the row's phone) that cell is
 * stored as 0 where the mask makes it: `["48603000009",0,"Ana"]`. {@link readBlob} fills it in.
 */
interface Stored {
  r: string[][];
  m?: PhoneCell;
  o?: Record<number, string | number>;
  /** Indexes of rows whose person was erased: only their place is left. */
  e?: number[];
}

type PhoneCell = readonly [cell: number, mask: string];

/** A row read back. `phone` is empty for a row that cannot be sent to. */
export interface BatchRow {
  readonly phone: string;
  readonly cells: readonly string[];
  /** The column for which the row was rejected, or the row it is a duplicate of. */
  readonly note: string | number | undefined;
  /** The person was erased: phone and cells are gone. */
  readonly erased: boolean;
}

export function packRows(rows: readonly ImportRow[], shortForms = false): Buffer {
  const packer = createRowPacker(shortForms);
  for (const row of rows) packer.add(row);
  return packer.end();
}

interface RowPacker {
  add(row: ImportRow): void;
  /** Bytes packed so far, without the text that still waits to be packed. */
  readonly packedBytes: number;
  end(): Buffer;
}

/** Characters of cells that are packed at once. An ordinary batch has a tenth of them. */
const SEGMENT_LENGTH = 256 * 1024;

/**
 * Packs the rows of one batch as they arrive. A row may have a megabyte and a batch a hundred of
 * them, so large text is deflated piece by piece and is never whole in memory. Pieces that end with
 * a flush form one deflate stream (RFC 1951, 3.2.4). `shortForms`: whether all processes can read
 * batches with a mask (schema.ts).
 */
export function createRowPacker(shortForms: boolean): RowPacker {
  const odd: Record<number, string | number> = {};
  const segments: Buffer[] = [];
  let phoneCell: PhoneCell | undefined;
  let rows: (string | 0)[][] = [];
  let length = 0;
  let count = 0;
  let packedBytes = 0;

  /** The rows since the last piece; all of them at once take a third less than one by one. */
  function takeText(): string {
    const before = count === rows.length ? '{"r":[' : ",";
    const text = before + JSON.stringify(rows).slice(1, -1);
    rows = [];
    length = 0;
    return text;
  }

  return {
    get packedBytes() {
      return packedBytes;
    },
    add({ cells, outcome }) {
      const row = [outcome.kind === "rejected" ? "" : outcome.phone, ...cells];
      if (shortForms) phoneCell ??= findPhoneCell(row);
      rows.push(hidePhone(row, phoneCell));
      for (const cell of cells) length += cell.length;
      if (outcome.kind === "rejected") odd[count] = outcome.column;
      if (outcome.kind === "duplicate") odd[count] = outcome.of;
      count++;
      if (length < SEGMENT_LENGTH) return;
      const segment = deflate(takeText(), { finishFlush: constants.Z_SYNC_FLUSH });
      packedBytes += segment.length;
      segments.push(segment);
    },
    end() {
      const text = rows.length === 0 && count > 0 ? "" : takeText();
      const mask = phoneCell === undefined ? "" : `,"m":${JSON.stringify(phoneCell)}`;
      const notes = Object.keys(odd).length === 0 ? "" : `,"o":${JSON.stringify(odd)}`;
      const last = deflate(`${text}]${mask}${notes}}`);
      return segments.length === 0 ? last : Buffer.concat([...segments, last]);
    },
  };
}

/** A batch with some rows corrected: place in the batch (from 0) -> cells and phone. */
export function correctBlob(
  blob: Buffer,
  corrected: ReadonlyMap<number, { phone: string; cells: readonly string[] }>,
): Buffer {
  const stored = readBlob(blob);
  for (const [index, { phone, cells }] of corrected) {
    stored.r[index] = [phone, ...cells];
    delete stored.o?.[index];
    if (stored.e !== undefined) stored.e = stored.e.filter((erased) => erased !== index);
  }
  return writeBlob(stored);
}

/** The stored text of a batch, for searching. */
export function inflateBlob(blob: Buffer): string {
  return inflateRawSync(blob).toString("utf8");
}

/** Replaces a cell in another person's row that named an erased person. */
const ERASED_CELL = "erased";

/**
 * A batch without one person: their rows are emptied (rejected rows with the phone too), and cells
 * of other rows that name it become `erased`. Rows for which `isBusy` holds stay unchanged. `blob`
 * is null if nothing changes.
 */
export function eraseInBlob(
  blob: Buffer,
  trace: PersonTrace,
  isBusy: (index: number) => boolean,
): { blob: Buffer | null; erased: number[]; cells: number; waiting: number } {
  const stored = readBlob(blob);
  const erased: number[] = [];
  let [cells, waiting] = [0, 0];
  for (const [index, [phone = "", ...row]] of stored.r.entries()) {
    const named = row.filter((cell) => trace.found(cell)).length;
    const own = trace.isPerson(phone) || (phone === "" && named > 0);
    if (!own && named === 0) continue;
    if (isBusy(index)) waiting++;
    else if (own) {
      erased.push(index);
      stored.r[index] = ["", ...row.map(() => "")];
    } else {
      cells += named;
      stored.r[index] = [phone, ...row.map((cell) => (trace.found(cell) ? ERASED_CELL : cell))];
    }
  }
  if (erased.length > 0) stored.e = [...(stored.e ?? []), ...erased];
  const changed = erased.length > 0 || cells > 0;
  const packed = changed ? writeBlob(stored) : null;
  return { blob: packed, erased, cells, waiting };
}

export function unpackRows(blob: Buffer): BatchRow[] {
  const stored = readBlob(blob);
  const erased = new Set(stored.e);
  return stored.r.map(([phone, ...cells], index) => ({
    phone: phone ?? "",
    cells,
    note: stored.o?.[index],
    erased: erased.has(index),
  }));
}

/**
 * The phones of a batch, one a row; empty for a row that cannot be sent to and for a duplicate.
 * Parses no cell: a row is an array that begins with its phone. Inside a JSON string a quote after
 * a bracket is escaped, or it ends the string, and then no digit follows.
 */
export function phonesOfBlob(blob: Buffer): string[] {
  const text = inflateBlob(blob);
  const phones = Array.from(text.matchAll(PHONE_OF_ROW), ([, phone = ""]) => phone);
  const odd = text.lastIndexOf('],"o":{');
  if (odd === -1) return phones;
  const { o } = JSON.parse(`{${text.slice(odd + 2)}`) as Pick<Stored, "o">;
  for (const [index, note] of Object.entries(o ?? {})) {
    // A number is the row that this row is a duplicate of.
    if (typeof note === "number") phones[Number(index)] = "";
  }
  return phones;
}

const PHONE_OF_ROW = /\["([0-9]*)"[,\]]/g;

/** Which cell of a row writes its phone, and how. */
function findPhoneCell([phone = "", ...cells]: readonly string[]): PhoneCell | undefined {
  for (const [place, cell] of cells.entries()) {
    const mask = phoneMask(cell, phone);
    if (mask !== null) return [place, mask];
  }
  return undefined;
}

/** Takes the cell out of the row if the mask makes it. */
function hidePhone(row: (string | 0)[], phoneCell: PhoneCell | undefined): (string | 0)[] {
  if (phoneCell === undefined) return row;
  const [place, mask] = phoneCell;
  const cell = row[place + 1];
  if (typeof cell === "string" && isMaskedPhone(cell, mask, String(row[0] ?? ""))) {
    row[place + 1] = 0;
  }
  return row;
}

function readBlob(blob: Buffer): Stored {
  const stored = JSON.parse(inflateBlob(blob)) as Stored;
  if (stored.m === undefined) return stored;
  const [place, mask] = stored.m;
  for (const row of stored.r as (string | 0)[][]) {
    if (row[place + 1] === 0) row[place + 1] = maskedPhone(mask, String(row[0]));
  }
  return stored;
}

function writeBlob(stored: Stored): Buffer {
  return deflate(
    JSON.stringify({ ...stored, r: stored.r.map((row) => hidePhone([...row], stored.m)) }),
  );
}

function deflate(text: string, options: { finishFlush?: number } = {}): Buffer {
  // A window of 16 KB: more than an ordinary batch has, and zlib sets up half as much memory.
  const deflated = deflateRawSync(text, { level: 6, windowBits: 14, ...options });
  // Copied: zlib's result holds 16 KB of memory for the 2 KB of a batch, until it is stored and
  // the next full collection has come.
  return Buffer.from(deflated);
}
