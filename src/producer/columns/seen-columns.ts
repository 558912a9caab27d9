import { showsNothing } from "../../core/value.ts";
import type { PhoneReader } from "../phones/phone-reader.ts";
import { kindOfName, type NameKind } from "./phone-words.ts";

/** The first rows of the list, and how to read a phone in them. */
export interface PhoneSample {
  readonly rows: readonly (readonly string[])[];
  readonly readPhone: PhoneReader;
}

export interface Column {
  readonly index: number;
  readonly name: string;
}

/** A column, what its name says and what its first cells are. */
export interface SeenColumn extends Column {
  readonly kind: NameKind;
  /** `garbled`: digits, but neither phones nor attempts at one. */
  readonly cells: "phones" | "garbled" | "words" | "empty";
  /** Name and cells together show that phones are meant here. */
  readonly holds: boolean;
  /** Most cells can be read as phones, whether they are meant as such or not. */
  readonly readsAsPhones: boolean;
}

/** Evaluates the columns of a list by the cells of its first rows. */
export function lookAtColumns(columns: readonly string[], sample: PhoneSample): SeenColumn[] {
  return columns.map((name, index) => {
    const kind = kindOfName(name);
    const found = lookAtCells(index, kind, sample);
    const readsAsPhones = found.phones > 0 && found.phones >= found.looked * PHONES_MIN;
    // Digits can be anything; a leading "+" is written for phones only.
    const writtenAsPhones = readsAsPhones && found.withPlus >= found.looked * PHONES_MIN;
    const holds: Readonly<Record<NameKind, boolean>> = {
      phone: found.meant > 0,
      others_phone: found.meant > 0,
      others: writtenAsPhones,
      fax: false,
      perhaps: readsAsPhones,
      nothing: writtenAsPhones,
    };
    const digits = found.long > 0 ? "garbled" : found.looked > 0 ? "words" : "empty";
    const cells = found.meant > 0 ? "phones" : digits;
    return { index, name, kind, cells, holds: holds[kind], readsAsPhones };
  });
}

/** The share of non-empty cells that must be phones if the name says little. */
const PHONES_MIN = 0.6;

interface CellCounts {
  /** Cells that are not empty. */
  looked: number;
  phones: number;
  withPlus: number;
  /** Phones, and unreadable attempts: no country, cut, rounded, two in one. */
  meant: number;
  /** Cells with four digits or more. */
  long: number;
}

/** For lists of 2,000 columns: a few cells show that a column has no phones. */
const LOOKED_MAX = 50;
const LOOKED_WITHOUT_PHONE = 10;

function lookAtCells(index: number, kind: NameKind, sample: PhoneSample): CellCounts {
  const counts: CellCounts = { looked: 0, phones: 0, withPlus: 0, meant: 0, long: 0 };
  const isCalled = kind === "phone" || kind === "others_phone";
  for (const row of sample.rows) {
    const cell = (row[index] ?? "").trim();
    if (showsNothing(cell)) continue;
    counts.looked++;
    const digits = digitsOf(cell);
    if (digits >= 4) counts.long++;
    const verdict = digits >= 4 || cell.startsWith("#") ? sample.readPhone(cell) : null;
    if (verdict?.ok === true) {
      counts.phones++;
      if (BEGINS_WITH_PLUS.test(cell)) counts.withPlus++;
    }
    if (verdict?.ok === true || (isCalled && wasMeant(cell, digits, verdict?.code))) counts.meant++;
    if (isCalled) continue;
    if (counts.looked >= LOOKED_MAX) break;
    if (counts.looked >= LOOKED_WITHOUT_PHONE && counts.phones === 0) break;
  }
  return counts;
}

/** Guards, brackets and invisible characters may precede it. */
const BEGINS_WITH_PLUS = /^[^\p{L}\p{Nd}+＋]*[+＋]/u;

function wasMeant(cell: string, digits: number, code: string | undefined): boolean {
  if (DATE.test(cell)) return false;
  if (code === "phone_spreadsheet" || code === "phone_decimal") return true;
  return digits >= 7 && !MIXED.test(cell);
}

/** The time a phone was verified (a date, or s or ms since 1970) and its id are not phones. */
const DATE =
  /^\d{4}[-./]\d{1,2}[-./]\d{1,2}|^\d{1,2}[-./]\d{1,2}[-./]\d{4}|:\d\d|^1[5-9]\d{8}(?:\d{3})?$/;
const MIXED = /\d\p{L}+\d/u;

function digitsOf(cell: string): number {
  return cell.length > 200 ? 0 : cell.replace(/\P{Nd}+/gu, "").length;
}
