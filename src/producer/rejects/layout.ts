import { foldColumnName } from "../../core/columns.ts";

/**
 * The columns that a rejects file has in addition to those of its list. They identify such a file
 * when it is dropped again, corrected: `dropcast_campaign` and `dropcast_row` say where each row
 * belongs, the others are for the person who corrects it. None is part of the row.
 */

const FOR_PEOPLE = ["line", "code", "reason", "suggestion"] as const;
export const CAMPAIGN_COLUMN = "dropcast_campaign";
const ROW_COLUMN = "dropcast_row";

/** The names of the added columns. A list may have a column `code` of its own. */
export function addedColumns(columns: readonly string[]): string[] {
  const taken = new Set(columns.map(foldColumnName));
  return [
    ...FOR_PEOPLE.map((name) => (taken.has(name) ? `dropcast_${name}` : name)),
    CAMPAIGN_COLUMN,
    ROW_COLUMN,
  ];
}

/** Where everything is in a rejects file. */
export interface RejectsLayout {
  /** The list's own columns. */
  readonly columns: readonly string[];
  /** The list's own cells; a row that did not fit returns with another number of them. */
  ownCells(cells: readonly string[]): readonly string[];
  /** The campaign and the row (from 1) that a row belongs to; an empty id for none. */
  placeOf(cells: readonly string[]): { readonly campaign: string; readonly row: number };
}

/** Reads the header of a list; null if it is not a rejects file. */
export function findRejectsLayout(header: readonly string[]): RejectsLayout | null {
  const names = withoutEmptyEnd(header).map(foldColumnName);
  const campaign = names.indexOf(CAMPAIGN_COLUMN);
  const row = names.indexOf(ROW_COLUMN);
  if (campaign === -1 || row === -1) return null;
  const added = new Map(FOR_PEOPLE.map((name) => [name, placeOfAdded(names, name)]));
  const others = new Set([campaign, row, ...added.values()]);
  const own = names.map((_, index) => index).filter((index) => !others.has(index));
  const code = added.get("code") ?? -1;
  return {
    columns: own.map((index) => (header[index] ?? "").trim()),
    placeOf: (cells) => ({
      campaign: (cells[campaign] ?? "").trim(),
      row: Number((cells[row] ?? "").trim() || 0),
    }),
    ownCells(cells) {
      const values = own.map((index) => cells[index] ?? "");
      // A row's surplus cells are behind the last column until a person moves them.
      const surplus = cells.slice(names.length);
      if (surplus.some((cell) => cell.trim() !== "")) return [...values, ...surplus];
      // A row that was too short was padded with empty cells, of a number no longer known: so all
      // empty ones at its end are removed, unless a person has emptied the cell with the code.
      if ((cells[code] ?? "").trim() !== "row_columns") return values;
      return values.slice(0, values.findLastIndex((cell) => cell.trim() !== "") + 1);
    },
  };
}

/** Spreadsheets give every row, the header too, as many cells as the longest has. */
function withoutEmptyEnd(header: readonly string[]): readonly string[] {
  const last = header.findLastIndex((name) => name.trim() !== "");
  return header.slice(0, last + 1);
}

/** If the list already has the name, the added column has the longer one. */
function placeOfAdded(names: readonly string[], name: string): number {
  const longer = names.indexOf(`dropcast_${name}`);
  return longer === -1 ? names.indexOf(name) : longer;
}
