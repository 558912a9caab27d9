import { foldPhone } from "../../core/recipient.ts";
import type { Doubt } from "../../core/template.ts";
import type { ImportOutcome } from "../../store/index.ts";
import type { SendTimes } from "../../time/send-times.ts";
import { type ConsentColumn, saidIn } from "../columns/consent-columns.ts";
import { createPartCheck } from "../columns/phone-parts.ts";
import { type NumberStyle, type ShapeCounter, verdictOf } from "../phones/number-style.ts";
import { createCellReader } from "../phones/phone-reader.ts";
import { createSeenPhones } from "../phones/seen-phones.ts";
import type { PreparedList } from "./prepare-list.ts";

/** A row and its outcome. */
export interface CheckedRow {
  readonly cells: readonly string[];
  readonly line: number;
  readonly outcome: ImportOutcome;
}

/**
 * Checks the rows of one list in order; `row` counts from 1. A row is a duplicate of the first
 * valid row of the same person, so a person whose first row is broken is still reached by the
 * second.
 */
export function createRowCheck(
  list: Pick<
    PreparedList,
    "columns" | "phone" | "consents" | "template" | "country" | "times" | "zoneColumn"
  >,
  how: {
    style: NumberStyle;
    /** Counts how the phones are written: the style is decided once all have been read. */
    shapes: ShapeCounter;
    /** Whether a doubtful value rejects its row. */
    strictValues: boolean;
    /** When sending begins: a row that may not be sent in the year after it is rejected. */
    startsMs: number;
    rowsExpected: number;
  },
): (cells: readonly string[], row: number) => ImportOutcome {
  const { phone: column, template } = list;
  const { strictValues, style, shapes } = how;
  const width = list.columns.length;
  // Spreadsheets omit empty cells at the end: missing cells are empty.
  const needed = Math.max(template.cellsNeeded, column.index + 1);
  const readCell = createCellReader(list.country);
  const checkParts = createPartCheck(list.columns, column.index);
  const seen = createSeenPhones({ expected: how.rowsExpected });
  const checkTime = createTimeCheck(list.times, {
    ...{ startsMs: how.startsMs, zoneColumn: list.zoneColumn ?? "" },
  });

  return (cells, row) => {
    if (cells.length > width || cells.length < needed) {
      return { kind: "rejected", code: "row_columns", column: "" };
    }
    const reading = readCell(cells[column.index] ?? "");
    shapes.add(reading);
    const phone = verdictOf(reading, style);
    if (!phone.ok) {
      const { code, about } = phone;
      const rejected = { kind: "rejected", code, column: column.name } as const;
      return about === undefined ? rejected : { ...rejected, about };
    }
    const part = checkParts(cells, { cell: cells[column.index] ?? "", reading, read: phone });
    if (part !== null) return { kind: "rejected", column: column.name, ...part };
    const checked = template.check(cells);
    if (!checked.ok) return { kind: "rejected", code: checked.code, column: checked.column };
    const doubts = doubtsOf(list.consents, cells, checked.doubts);
    const [doubt] = doubts ?? [];
    if (strictValues && doubt !== undefined) return { kind: "rejected", ...doubt };
    const untimely = checkTime(phone.digits, cells);
    if (untimely !== null) return untimely;
    const of = seen.firstRow(foldPhone(phone.digits), row);
    if (of !== 0) return { kind: "duplicate", phone: phone.digits, of };
    if (!phone.landline && doubt === undefined) return { kind: "pending", phone: phone.digits };
    return {
      ...{ kind: "pending", phone: phone.digits },
      ...(phone.landline ? { landline: true } : {}),
      ...(doubts === undefined ? {} : { doubts }),
    };
  };
}

function doubtsOf(
  consents: readonly ConsentColumn[],
  cells: readonly string[],
  ofValues: readonly Doubt[] | undefined,
): readonly Doubt[] | undefined {
  const said = saidIn(consents, cells);
  if (said?.consent !== "declines") return ofValues;
  return [{ code: "row_opted_out", column: said.column.name }, ...(ofValues ?? [])];
}

/** Rejects a row whose sending time cannot be known: an unknown zone never means "now". */
function createTimeCheck(
  times: SendTimes | null,
  { startsMs, zoneColumn: column }: { startsMs: number; zoneColumn: string },
): (phone: string, cells: readonly string[]) => ImportOutcome | null {
  if (times === null) return () => null;
  return (phone, cells) => {
    const found = times.placeOf(phone, cells);
    if (!found.ok && found.why === "cell") {
      return { kind: "rejected", code: "timezone_unknown", column };
    }
    if (found.ok && times.opening(found.place, startsMs) !== null) return null;
    return { kind: "rejected", code: "timezone_unclear", column };
  };
}
