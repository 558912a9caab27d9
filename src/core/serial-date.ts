/**
 * Dates that a spreadsheet exported as its own number: 45992 for 2025-12-01, because the cell was
 * formatted as a number. Only the name of the column tells them from an amount.
 */
import { foldColumnName } from "./columns.ts";

/** Whether a name says that its column holds dates, as "Delivery date" or "Geburtsdatum". */
export function saysDate(name: string): boolean {
  const split = name.replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2");
  const words = foldColumnName(split).split(/[^\p{L}\p{M}]+/u);
  return words.some((word) => DATE.test(word));
}

/** Whether a value is such a number, of a day from 1927 to 2099; the time is its fraction. */
export function isSerialDate(text: string): boolean {
  if (!/^\d{5}(?:[.,]\d+)?$/.test(text)) return false;
  const day = Number(text.slice(0, 5));
  return day >= FIRST_DAY && day <= LAST_DAY;
}

const FIRST_DAY = 10_000;
const LAST_DAY = 73_050;

/** Words of common lists; `datum` and others end compounds. */
const DATE =
  /^(?:dates?|dob|birthday|birthdate|fecha|data|tarih|tarihi|tanggal|dato|дата|pvm|kuupäev)$|(?:datum|dátum|sdato|päivä)$/u;
