import { didYouMean } from "../core/nearest.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";

/** Where the phones are, and whether a person said so or the header's names gave it away. */
export interface PhoneColumn {
  readonly index: number;
  readonly name: string;
  readonly guessed: boolean;
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
      return refuse(
        "header_name_empty",
        `column ${index + 1} of the header has no name.`,
        "Name it, or remove the column; the first line of the list must be its header.",
      );
    }
    const first = places.get(fold(name));
    if (first !== undefined) {
      return refuse(
        "header_name_twice",
        `columns ${first + 1} and ${index + 1} of the header are both called "${name}".`,
        "Rename or remove one of them.",
      );
    }
    places.set(fold(name), index);
  }
  return accept(undefined);
}

/**
 * The column with the recipients' phones: the one the campaign names (`wanted`), else the only
 * one whose name says so. Refusals `phone_column_unknown`, `phone_column_missing`,
 * `phone_column_unclear`.
 */
export function findPhoneColumn(
  columns: readonly string[],
  wanted: string | null,
): Result<PhoneColumn> {
  if (wanted !== null) {
    const index = columns.findIndex((name) => fold(name) === fold(wanted.trim()));
    const name = columns[index];
    if (name !== undefined) return accept({ index, name, guessed: false });
    return refuse(
      "phone_column_unknown",
      `the list has no column "${wanted}", which recipients.to names${didYouMean(wanted, columns) || "."}`,
      `Its columns are: ${columns.join(", ")}.`,
    );
  }
  const strong = named(columns, STRONG);
  const candidates = strong.length > 0 ? strong : named(columns, WEAK);
  const [only] = candidates;
  if (only === undefined) {
    return refuse(
      "phone_column_missing",
      `no column of the list is called like a phone number; its columns are: ${columns.join(", ")}.`,
      "Name the column in the campaign file, as in recipients: { to: phone }.",
    );
  }
  if (candidates.length > 1) {
    const names = candidates.map(({ name }) => `"${name}"`).join(" and ");
    return refuse(
      "phone_column_unclear",
      `the list has ${candidates.length} columns that may hold the phone: ${names}.`,
      `Name one in the campaign file, as in recipients: { to: ${only.name} }.`,
    );
  }
  return accept({ ...only, guessed: true });
}

/** Words that mean a phone in the languages of the lists people have. */
const STRONG = new Set(
  (
    "phone phones telephone telefon telefony telefonu telefono telefone teléfono téléphone tel " +
    "mobile mobil mobiltelefon mobilnummer mobilni movil móvil celular cellulare cell cellphone " +
    "handy handynummer rufnummer telefonnummer puhelin gsm komorka komórka komórkowy msisdn " +
    "whatsapp phonenumber mobilephone телефон"
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
  return fold(words).split(/[^\p{L}]+/u);
}

function fold(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase();
}
