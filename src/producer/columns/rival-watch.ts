import type { Refused } from "../../core/refusal.ts";
import { createPhoneFinder } from "../phones/phone-reader.ts";
import { type PhoneColumn, refuseUnclear } from "./phone-column.ts";

/**
 * Watches, for as long as a list is read, the columns that are called like phones and held none in
 * its first rows. One phone there, and two columns may hold the recipients' phones: the list is
 * refused before anything of it is sent, as it would have been with that row at its beginning.
 */
export function createRivalWatch(phone: PhoneColumn, country: string | null) {
  const readPhone = createPhoneFinder(country);
  let refused: Refused | null = null;
  return {
    /** Whether a phone has been found, now or before. */
    see(rows: readonly { readonly cells: readonly string[]; readonly line: number }[]): boolean {
      for (const rival of phone.rivals) {
        const found = rows.find(({ cells }) => readsAsPhone(cells[rival.index] ?? ""));
        if (found !== undefined) refused ??= refuseUnclear([phone, rival], found.line);
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
