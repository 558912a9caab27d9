/**
 * Which columns of a list of opt-outs hold phones. All of them count: a person who opted out must
 * not be messaged at their other number. A campaign needs exactly one column and refuses where this
 * takes two; both refuse columns that may hold another person's phones, or none.
 */
import { foldColumnName, someNames } from "../../core/columns.ts";
import { didYouMean } from "../../core/nearest.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import type { Column, SeenColumn } from "../columns/seen-columns.ts";

/**
 * `wanted`: the columns that a person named; if none: found by name and cells. Refusals
 * `phone_column_unknown`, `phone_column_unclear`, `phone_column_missing`.
 */
export function findSuppressionColumns(
  seen: readonly SeenColumn[],
  wanted: readonly string[],
): Result<readonly SeenColumn[]> {
  if (wanted.length > 0) return findWanted(seen, wanted);
  const holding = seen.filter(({ holds }) => holds);
  const others = holding.filter(({ kind }) => kind === "others_phone" || kind === "others");
  if (others.length > 0) return refuseOthers(holding, others);
  // Columns that are empty in the first rows may hold phones further down.
  const found = seen.filter(({ holds, kind }) => holds || kind === "phone");
  if (found.length > 0) return accept(found);
  const digits = seen.filter(({ readsAsPhones }) => readsAsPhones);
  if (digits.length > 0 && seen.length === 1) return accept(digits);
  return digits.length > 0 ? refuseDigits(digits) : refuseMissing(seen);
}

function findWanted(
  seen: readonly SeenColumn[],
  wanted: readonly string[],
): Result<readonly SeenColumn[]> {
  const found: SeenColumn[] = [];
  for (const name of wanted) {
    const folded = foldColumnName(name);
    const called = seen.filter((column) => foldColumnName(column.name) === folded);
    if (called.length === 0) return refuseUnknown(name, seen);
    // A name that the list has twice means both: each phone counts.
    found.push(...called.filter((column) => !found.includes(column)));
  }
  return accept(found);
}

function refuseUnknown(name: string, seen: readonly Column[]): Refused {
  const names = seen.map((column) => column.name);
  return refuse(
    "phone_column_unknown",
    `The list has no column "${name}", which --column names${didYouMean(name, names) || "."}`,
    `Its columns are: ${someNames(names)}.`,
  );
}

function refuseOthers(holding: readonly Column[], others: readonly Column[]): Refused {
  return refuse(
    "phone_column_unclear",
    `Column ${quoted(others)} may hold phones of people other than those who opted out.`,
    `Name the columns that count, as in ${holding.map(optionOf).join(" ")}.`,
  );
}

function refuseDigits(digits: readonly Column[]): Refused {
  return refuse(
    "phone_column_unclear",
    `Only column ${quoted(digits)} holds values that read as phones, but its name does not say so.`,
    `If they are phones, name it: ${digits.map(optionOf).join(" ")}.`,
  );
}

function refuseMissing(seen: readonly Column[]): Refused {
  return refuse(
    "phone_column_missing",
    `No column of the list has a name that means phones, or phones in its first rows; its columns are: ${someNames(seen.map(({ name }) => name))}.`,
    "Name the column, as in --column phone; a list of national numbers needs --country too.",
  );
}

function quoted(columns: readonly Column[]): string {
  return columns.map(({ name }) => `"${name}"`).join(" and ");
}

function optionOf({ name }: Column): string {
  return `--column ${/^[\p{L}\p{M}\d_-]+$/u.test(name) ? name : JSON.stringify(name)}`;
}
