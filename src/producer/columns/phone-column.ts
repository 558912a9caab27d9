/**
 * Finds the column with the recipients' phones if the campaign does not name it. Names propose and
 * cells decide: a column called "Phone Country" holds none, an empty "Phone" is not meant beside a
 * full "WhatsApp", and order numbers may read as phones. Any other candidate is refused, because
 * the wrong column sends to strangers.
 */
import { foldColumnName, someNames } from "../../core/columns.ts";
import { didYouMean } from "../../core/nearest.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { createPhoneFinder } from "../phones/phone-reader.ts";
import type { Column, SeenColumn } from "./seen-columns.ts";

/** Where the phones are. */
export interface PhoneColumn extends Column {
  /** What the guess is based on; null if the campaign names it. */
  readonly guessed: "name" | "contents" | null;
  /**
   * Columns with phone names but no phones in the first rows: a later phone makes them candidates.
   */
  readonly candidates: readonly Column[];
}

/**
 * The column with the recipients' phones: the one the campaign names (`wanted`), else the only one
 * supported by name and cells. Refusals `phone_column_unknown`, `phone_column_missing`,
 * `phone_column_unclear`.
 */
export function findPhoneColumn(
  seen: readonly SeenColumn[],
  wanted: string | null,
): Result<PhoneColumn> {
  if (wanted !== null) return findWanted(seen, wanted);
  const called = seen.filter(({ kind }) => kind === "phone" || kind === "others_phone");
  const candidates = seen.filter(({ holds }) => holds);
  const [only] = candidates;
  if (only === undefined) return chooseByName(seen, called);
  // A person should check cells that are neither phones nor words below a phone name.
  const garbled = called.filter(({ cells }) => cells === "garbled");
  const unclear = only.kind === "phone" ? candidates : [...candidates, ...garbled];
  if (unclear.length > 1) return refuseUnclear(unclear);
  if (only.kind === "others_phone" || only.kind === "others") return refuseWhose(only);
  const proposed = called.length > 0 ? called : seen.filter(({ kind }) => kind === "perhaps");
  const isNamed = proposed.length === 1 && proposed[0] === only;
  return accept(choose(only, isNamed ? "name" : "contents", called));
}

function choose(
  { index, name }: Column,
  guessed: PhoneColumn["guessed"],
  called: readonly Column[],
): PhoneColumn {
  const candidates = called.flatMap((one) =>
    one.index === index ? [] : [{ index: one.index, name: one.name }],
  );
  return { index, name, guessed, candidates };
}

/** No cell supports a column: its rows will be rejected, each with its own reason. */
function chooseByName(seen: readonly SeenColumn[], called: readonly SeenColumn[]) {
  const meant = called.filter(({ cells, kind }) => cells !== "words" && kind === "phone");
  const [only] = meant;
  if (meant.length > 1) return refuseUnclear(meant);
  if (only !== undefined) return accept(choose(only, "name", called));
  const perhaps = seen.filter(({ kind }) => kind === "perhaps");
  const [maybe] = perhaps;
  if (maybe?.cells === "empty" && perhaps.length === 1 && called.length === 0) {
    return accept(choose(maybe, "name", called));
  }
  const [digits] = seen.filter(({ readsAsPhones }) => readsAsPhones);
  if (digits !== undefined) return refuseWhose(digits);
  const [word] = [...called, ...perhaps];
  return word === undefined ? refuseMissing(seen) : refuseNoPhone(word);
}

function findWanted(columns: readonly Column[], wanted: string): Result<PhoneColumn> {
  const folded = foldColumnName(wanted);
  const found = columns.find(({ name }) => foldColumnName(name) === folded);
  if (found !== undefined) return accept(choose(found, null, []));
  const names = columns.map(({ name }) => name);
  return refuse(
    "phone_column_unknown",
    `The list has no column "${wanted}", which recipients.to names${didYouMean(wanted, names) || "."}`,
    `Its columns are: ${someNames(names)}.`,
  );
}

/**
 * While a list is read, watches the columns with phone names but no phones in the first rows. One
 * phone there makes two candidate columns: the list is refused before anything is sent, as if that
 * row had come first.
 */
export function watchCandidates(phone: PhoneColumn, country: string | null) {
  const readPhone = createPhoneFinder(country);
  let refused: Refused | null = null;
  return {
    /** Whether a phone has been found, now or before. */
    add(rows: readonly { readonly cells: readonly string[]; readonly line: number }[]): boolean {
      for (const candidate of phone.candidates) {
        const found = rows.find(({ cells }) => readsAsPhone(cells[candidate.index] ?? ""));
        if (found !== undefined) refused ??= refuseUnclear([phone, candidate], found.line);
      }
      return refused !== null;
    },
    refusal: () => refused,
  };

  function readsAsPhone(cell: string): boolean {
    return cell.length >= DIGITS_MIN && readPhone(cell).ok;
  }
}

const DIGITS_MIN = 5;

/** Several columns may hold the recipients' phones; `line`: the first phone of the second. */
function refuseUnclear(candidates: readonly Column[], line?: number): Refused {
  const names = candidates.map(({ name }) => `"${name}"`).join(" and ");
  const examples = candidates.slice(0, 2).map(({ name }) => `{ to: ${yamlText(name)} }`);
  return refuse(
    "phone_column_unclear",
    `The list has ${candidates.length} columns that may hold the phone: ${names}${line === undefined ? "" : ` (there from line ${line} on)`}.`,
    `Name the right one in the campaign file, as in recipients: ${examples.join(" or ")}.`,
  );
}

function refuseWhose({ name }: Column): Result<never> {
  return refuse(
    "phone_column_unclear",
    `Only column "${name}" holds values that read as phones, but its name does not say that they are the recipients'.`,
    `If they are, name it in the campaign file: recipients: { to: ${yamlText(name)} }.`,
  );
}

function refuseNoPhone({ name }: Column): Result<never> {
  return refuse(
    "phone_column_unclear",
    `Only the name of column "${name}" suggests phones, but its first rows hold none.`,
    "Name the column with the phones in the campaign file, as in recipients: { to: phone }.",
  );
}

function refuseMissing(columns: readonly Column[]): Result<never> {
  return refuse(
    "phone_column_missing",
    `No column of the list has a name that means phones, or phones in its first rows; its columns are: ${someNames(columns.map(({ name }) => name))}.`,
    "Name the column in the campaign file, as in recipients: { to: phone }; a list of national numbers needs recipients.country too.",
  );
}

/** A name as it is written in a campaign file. */
function yamlText(name: string): string {
  return /^\p{L}[\p{L}\p{M}\d _-]*$/u.test(name) ? name : JSON.stringify(name);
}
