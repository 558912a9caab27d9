import { foldColumnName, someNames } from "../../core/columns.ts";
import { didYouMean } from "../../core/nearest.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";

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
