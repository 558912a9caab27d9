import { foldColumnName, someNames } from "../../core/columns.ts";
import { didYouMean } from "../../core/nearest.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import type { PhoneReader } from "../phones/phone-reader.ts";
import type { NameKind } from "./phone-words.ts";
import type { PhoneSample, SeenColumn } from "./seen-columns.ts";

/**
 * Checks the header: every column has a name, and the name of a used or phone-like column is
 * unique. CRMs write several "Email" columns; these may stay as long as nothing names them. `used`:
 * the names that template and campaign use; `phones: "several"`: several phone columns may share a
 * name. Refusals `header_name_empty`, `header_name_twice`.
 */
export function checkHeader(
  seen: readonly SeenColumn[],
  used: readonly string[],
  phones: "one" | "several" = "one",
): Result<void> {
  const wanted = new Set(used.map(foldColumnName));
  // A map, not an object: a column may be called `__proto__`.
  const places = new Map<string, number>();
  for (const { index, name, kind } of seen) {
    if (name === "") return refuseNameless(index);
    const folded = foldColumnName(name);
    const first = places.get(folded);
    const isNeeded = wanted.has(folded) || (phones === "one" && !NEVER_PHONES.has(kind));
    if (first !== undefined && isNeeded) {
      return refuse(
        "header_name_twice",
        `In the header columns ${first + 1} and ${index + 1} are both called "${name}", and one of them is needed.`,
        "Rename or remove one of them.",
      );
    }
    places.set(folded, first ?? index);
  }
  return accept(undefined);
}

const NEVER_PHONES: ReadonlySet<NameKind> = new Set(["nothing", "others", "fax"]);

/**
 * Nameless columns at the end are allowed while they are empty (`header_name_empty`): spreadsheets
 * write them where cells were deleted.
 */
export function checkNameless(
  { columns, nameless }: { columns: readonly string[]; nameless: number },
  rows: PhoneSample["rows"],
): Result<void> {
  const last = columns.length + nameless;
  for (const row of rows) {
    const index = row.findIndex(
      (cell, at) => at >= columns.length && at < last && cell.trim() !== "",
    );
    if (index !== -1) return refuseNameless(index);
  }
  return accept(undefined);
}

function refuseNameless(index: number): Result<never> {
  return refuse(
    "header_name_empty",
    `In the header column ${index + 1} has no name.`,
    "Name it, or remove the column; the first line of the list must be its header.",
  );
}

/**
 * Refuses a list whose first line is a row, not a header (`header_missing`): it has a phone above
 * phones or alone, also among other words, or a number too long for a name where no name means
 * phone. If it were taken for a header, that person would get no message, and their number would be
 * in every message that names columns.
 */
export function checkIsHeader(seen: readonly SeenColumn[], sample: PhoneSample): Result<void> {
  const isNamed = seen.some(({ kind }) => kind === "phone" || kind === "others_phone");
  const isAlone = seen.length === 1;
  const index = seen.findIndex(
    ({ name, kind, readsAsPhones }) =>
      (!isNamed && isLongNumber(name)) ||
      (sample.readPhone(name).ok && (sample.rows.length === 0 || readsAsPhones)) ||
      // "Phone (as +48 600 100 200)" is a name with an example.
      (kind !== "phone" && (isAlone || readsAsPhones) && holdsNumber(name, sample.readPhone)),
  );
  if (index === -1) return accept(undefined);
  return refuse(
    "header_missing",
    `The list has no header: column ${index + 1} of its first line holds a phone number.`,
    "Put a line with the names of the columns above it.",
  );
}

/**
 * Whether a list of one column begins with a row: its first line is a phone, or has one among other
 * words. A number without its country counts too, so that it is reported and not taken for a name.
 */
export function beginsWithNumber(
  { name, kind }: Pick<SeenColumn, "name" | "kind">,
  readPhone: PhoneReader,
): boolean {
  if (readPhone(name).ok || isLongNumber(name)) return true;
  return kind !== "phone" && holdsNumber(name, readPhone);
}

/**
 * Nine digits or more with phone separators between them: a national number of any country. A date
 * has eight, and a time behind it has colons.
 */
function isLongNumber(name: string): boolean {
  return PHONE_SIGNS.test(name) && digitsIn(name) >= LONG_MIN;
}

const PHONE_SIGNS = /^['=+]*[\d\s().\-/"]*$/;
const LONG_MIN = 9;
/** Longer is a time (20261130101500), unless it is a phone. */
const LONG_MAX = 13;

/** `600100200 Anna`, `+48600100200 +48600100201`; not a date, and not the id in `cf_360012345`. */
function holdsNumber(name: string, readPhone: PhoneReader): boolean {
  const text = name.slice(0, LOOKED_MAX).replace(/\p{Cf}/gu, "");
  return [...text.matchAll(NUMBER)].some(([part]) => {
    const phone = readPhone(part);
    if (phone.ok) return true;
    const digits = digitsIn(part);
    return phone.code !== "phone_spreadsheet" && digits >= LONG_MIN && digits <= LONG_MAX;
  });
}

const LOOKED_MAX = 200;
const NUMBER =
  /(?<![\p{L}\p{Nd}_#])[+\uff0b]?\p{Nd}[\p{Nd}\s().\-\u2010-\u2015\u2212/]*(?![\p{L}_])/gu;

function digitsIn(text: string): number {
  return text.replace(/\P{Nd}+/gu, "").length;
}

/**
 * The column with time zones that `recipients.timezone` names, null if it names none. Refuses a
 * list without it (`timezone_column_unknown`).
 */
export function checkZoneColumn(
  columns: readonly string[],
  wanted: string | null,
): Result<string | null> {
  if (wanted === null) return accept(null);
  const found = columns.find((name) => foldColumnName(name) === foldColumnName(wanted));
  if (found !== undefined) return accept(found);
  return refuse(
    "timezone_column_unknown",
    `The list has no column "${wanted}", which recipients.timezone names${didYouMean(wanted, columns) || "."}`,
    `Its columns are: ${someNames(columns)}.`,
  );
}
