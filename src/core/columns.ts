import { nearest } from "./nearest.ts";
import { accept, type Result, refuse } from "./refusal.ts";

/**
 * Finds the index of each of the template's columns in a list's header. Surrounding spaces and case
 * are ignored unless two columns differ only in them. Refuses missing columns, all in one refusal,
 * and a name shared by several columns.
 */
export function findColumns(
  wanted: readonly string[],
  header: readonly string[],
): Result<Map<string, number>> {
  const places = new Map<string, number>();
  const missing: string[] = [];
  for (const column of wanted) {
    const exact = placesOf(header, (name) => name.trim() === column);
    const folded = placesOf(header, (name) => foldColumnName(name) === foldColumnName(column));
    const candidates = exact.length > 0 ? exact : folded;
    const [place] = candidates;
    if (place === undefined) missing.push(column);
    else if (candidates.length === 1) places.set(column, place);
    else {
      return refuse(
        "template_column_ambiguous",
        `The template uses {{${column}}}, but the list has ${candidates.length} columns with that name (${candidates.map((at) => `column ${at + 1}`).join(", ")}).`,
        "Rename or remove all but one of them.",
      );
    }
  }
  return missing.length === 0 ? accept(places) : refuseMissing(missing, header);
}

function refuseMissing(missing: readonly string[], header: readonly string[]): Result<never> {
  const names = header.map((name) => name.trim());
  const guesses = missing.flatMap((column) => {
    const guess = nearest(column, names);
    return guess === null ? [] : [`{{${guess}}} for {{${column}}}`];
  });
  const numbered = missing.filter((column) => /^\d+$/.test(column));
  const [only = ""] = names;
  const mayBeUnsplit = names.length === 1 && /:|\s{2}/.test(only);
  if (names.length === 1 && /[,;|\t^~¦]/.test(only)) return refuseUnsplit(only);
  const fix = [
    guesses.length > 0 ? `Did you mean ${guesses.join(", ")}?` : null,
    numbered.length > 0
      ? `Numbers such as {{${numbered[0]}}} belong in template.preview; a parameter names the column that fills it, as in {{first_name}}.`
      : null,
    guesses.length === 0 && numbered.length === 0
      ? "Correct the name in the campaign file, or add the column to the list."
      : null,
    mayBeUnsplit ? `If its lines are not split into cells: ${SPLIT_AGAIN}.` : null,
  ];
  return refuse(
    "template_column_missing",
    `The template uses ${missing.map((column) => `{{${column}}}`).join(", ")}, which the list does not have. Its columns are: ${someNames(names)}.`,
    fix.filter((line) => line !== null).join(" "),
  );
}

/** A CSV that was saved twice has each line in quotes; others have a delimiter of their own. */
function refuseUnsplit(header: string): Result<never> {
  return refuse(
    "template_column_missing",
    `The list has one column only, called "${header}": its lines are not split into cells.`,
    `Each line stands in quotes as a whole, or the cells are separated by something else than a comma, semicolon, tab or bar: ${SPLIT_AGAIN}. If one column is right, add the others to the list.`,
  );
}

const SPLIT_AGAIN = 'save it again as "CSV UTF-8"';

function placesOf(header: readonly string[], matches: (name: string) => boolean): number[] {
  return header.flatMap((name, index) => (matches(name) ? [index] : []));
}

const NAMES_SHOWN = 40;

/** Column names for a message, shortened if the list has hundreds. */
export function someNames(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).join(", ");
  const more = names.length - NAMES_SHOWN;
  return more > 0 ? `${shown} and ${more.toLocaleString("en-US")} more` : shown;
}

/**
 * Normalises a column name, ignoring case, composition of accents, extra spaces and invisible
 * characters. Every lookup of a column by name compares normalised names.
 */
export function foldColumnName(name: string): string {
  const shown = name.replace(INVISIBLE, "").replace(/\s+/g, " ").trim();
  // Upper case first: ß becomes SS, and Turkish dotless i becomes I. Dotted capital I leaves a dot.
  return shown.normalize("NFC").toUpperCase().toLowerCase().replaceAll("i\u0307", "i");
}

const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
