import { foldColumnName } from "../../core/columns.ts";
import { didYouMean } from "../../core/nearest.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";

/** Where the phones are. */
export interface PhoneColumn {
  readonly index: number;
  readonly name: string;
  /** What it was guessed by; null when the campaign names it. */
  readonly guessed: "name" | "contents" | null;
}

/**
 * Judges the header: every column has a name of its own. Names that differ in case, or in how
 * their accents are composed, are one name. Refusals `header_name_empty`, `header_name_twice`.
 */
export function checkHeader(columns: readonly string[]): Result<void> {
  // A map, not an object: a column may well be called `__proto__`.
  const places = new Map<string, number>();
  for (const [index, name] of columns.entries()) {
    if (name === "") {
      return refuseNameless(index);
    }
    const first = places.get(foldColumnName(name));
    if (first !== undefined) {
      return refuse(
        "header_name_twice",
        `columns ${first + 1} and ${index + 1} of the header are both called "${name}".`,
        "Rename or remove one of them.",
      );
    }
    places.set(foldColumnName(name), index);
  }
  return accept(undefined);
}

/**
 * Columns without a name behind the last that has one may be there as long as they are empty
 * (`header_name_empty`): spreadsheets write them where cells were deleted.
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
    `column ${index + 1} of the header has no name.`,
    "Name it, or remove the column; the first line of the list must be its header.",
  );
}

/**
 * The column with the recipients' phones: the one the campaign names (`wanted`), else the only
 * one whose name says so, else the only one that holds phones in the first rows. Of several that
 * may be meant by their names, the contents decide. Refusals `phone_column_unknown`,
 * `phone_column_missing`, `phone_column_unclear`.
 */
export function findPhoneColumn(
  columns: readonly string[],
  wanted: string | null,
  sample: PhoneSample = NO_SAMPLE,
): Result<PhoneColumn> {
  if (wanted !== null) return findWanted(columns, wanted);
  const strong = named(columns, STRONG);
  const [first] = strong;
  if (first !== undefined && strong.length === 1) return accept({ ...first, guessed: "name" });
  const all = columns.map((name, index) => ({ name, index }));
  const weak = strong.length > 0 ? [] : named(columns, WEAK);
  const byName = strong.length > 0 ? strong : weak;
  const [only] = byName;
  // An order has a number too: a name that says little needs contents that do not speak against it.
  if (only !== undefined && byName.length === 1 && mayHoldPhones(only, sample)) {
    return accept({ ...only, guessed: "name" });
  }
  const holding = (byName.length > 1 ? byName : all).filter((one) => holdsPhones(one, sample));
  const [found] = holding;
  if (found !== undefined && holding.length === 1) return accept({ ...found, guessed: "contents" });
  const unclear = holding.length > 1 ? holding : byName;
  return unclear.length > 0 ? refuseUnclear(unclear) : refuseMissing(columns);
}

/** The first rows of the list, and what reads a phone in them. */
export interface PhoneSample {
  readonly rows: readonly (readonly string[])[];
  readonly isPhone: (cell: string) => boolean;
}

const NO_SAMPLE: PhoneSample = { rows: [], isPhone: () => false };

/**
 * Refuses a list whose first line is a row and not a header (`header_missing`): a phone stands
 * there, above phones or alone, or a number too long for a name where no name says phone. Taken for a header,
 * that person would get no message, and their number would be in every message that names columns.
 */
export function checkIsHeader(columns: readonly string[], sample: PhoneSample): Result<void> {
  const isNamed = named(columns, STRONG).length > 0;
  const index = columns.findIndex(
    (name, at) =>
      (!isNamed && isLongNumber(name)) ||
      (sample.isPhone(name) && (sample.rows.length === 0 || holdsPhones({ index: at }, sample))),
  );
  if (index === -1) return accept(undefined);
  return refuse(
    "header_missing",
    `the list has no header: column ${index + 1} of its first line holds a phone number.`,
    "Put a line with the names of the columns above it.",
  );
}

/**
 * Nine digits and more with the signs of phones between: a national number is one, whatever its
 * country. A date has eight, and a time behind it has colons.
 */
export function isLongNumber(name: string): boolean {
  return PHONE_SIGNS.test(name) && name.replace(/\D/g, "").length >= 9;
}

const PHONE_SIGNS = /^['=+]*[\d\s().\-/"]*$/;

/** Of the cells that are not empty, so many are phones; and so many are not empty. */
const PHONES_MIN = 0.6;
const FILLED_MIN = 0.5;

function holdsPhones({ index }: { index: number }, { rows, isPhone }: PhoneSample): boolean {
  const filled = rows.map((row) => row[index] ?? "").filter((cell) => cell.trim() !== "");
  if (filled.length === 0 || filled.length < rows.length * FILLED_MIN) return false;
  return filled.filter(isPhone).length >= filled.length * PHONES_MIN;
}

function mayHoldPhones({ index }: { index: number }, { rows, isPhone }: PhoneSample): boolean {
  return rows.length === 0 || rows.some((row) => isPhone(row[index] ?? ""));
}

function findWanted(columns: readonly string[], wanted: string): Result<PhoneColumn> {
  const index = columns.findIndex((name) => foldColumnName(name) === foldColumnName(wanted.trim()));
  const name = columns[index];
  if (name !== undefined) return accept({ index, name, guessed: null });
  return refuse(
    "phone_column_unknown",
    `the list has no column "${wanted}", which recipients.to names${didYouMean(wanted, columns) || "."}`,
    `Its columns are: ${columns.join(", ")}.`,
  );
}

function refuseUnclear(candidates: readonly { name: string }[]): Result<never> {
  const names = candidates.map(({ name }) => `"${name}"`).join(" and ");
  return refuse(
    "phone_column_unclear",
    candidates.length === 1
      ? `only the name of column ${names} says that it may hold the phones, and no phone is in its first rows.`
      : `the list has ${candidates.length} columns that may hold the phone: ${names}.`,
    `Name one in the campaign file, as in recipients: { to: ${candidates[0]?.name ?? "phone"} }.`,
  );
}

function refuseMissing(columns: readonly string[]): Result<never> {
  return refuse(
    "phone_column_missing",
    `no column of the list is called like a phone number, and none holds phones in its first rows; its columns are: ${columns.join(", ")}.`,
    "Name the column in the campaign file, as in recipients: { to: phone }; a list of national numbers needs recipients.country too.",
  );
}

/** Words that mean a phone in the languages of the lists people have. */
const STRONG = new Set(
  (
    "phone phones telephone telefon telefony telefonu telefono telefone teléfono téléphone tel " +
    "mobile mobil mobiltelefon mobilnummer mobilni movil móvil celular cellulare cell cellphone " +
    "handy handynummer rufnummer telefonnummer puhelin gsm komorka komórka komórkowy msisdn " +
    "whatsapp phonenumber mobilephone celphone fone teléfonos telefonszám телефон τηλέφωνο"
  ).split(" "),
);

/** Words that mean it only when nothing better is there: an order has a number too. */
const WEAK = new Set("to number numer nr nummer numero número recipient wa".split(" "));

function named(
  columns: readonly string[],
  words: ReadonlySet<string>,
): { index: number; name: string }[] {
  return columns.flatMap((name, index) =>
    wordsOf(name).some((word) => words.has(word)) ? [{ index, name }] : [],
  );
}

/** `Phone_number (mobile)`, `phoneNumber` and `PHONE` in words. */
function wordsOf(name: string): string[] {
  const words = name.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  return foldColumnName(words).split(/[^\p{L}]+/u);
}
