import type { Numbers } from "../../../src/core/campaign.ts";
import {
  createShapeCounter,
  type NumberStyle,
  styleOf,
  verdictOf,
} from "../../../src/producer/phones/number-style.ts";
import { createCellReader } from "../../../src/producer/phones/phone-reader.ts";

export interface ReadColumn {
  readonly style: NumberStyle;
  /** Digits, or the code of what is wrong. */
  readonly phones: readonly string[];
}

/** A column of phones, read as the import does. */
export function readColumn(
  cells: readonly string[],
  input: { country?: string | null; numbers?: Numbers } = {},
): ReadColumn {
  const { country = null, numbers: given = null } = input;
  const readings = cells.map(createCellReader(country));
  const shapes = createShapeCounter();
  for (const one of readings) shapes.add(one);
  const style = styleOf(shapes.counts, { country, given });
  const phones = readings.map((one) => {
    const verdict = verdictOf(one, style);
    return verdict.ok ? verdict.digits : verdict.code;
  });
  return { style, phones };
}

/** What one cell is in a column of others. */
export function readAmong(
  cell: string,
  others: readonly string[],
  input: Parameters<typeof readColumn>[1] = {},
): string {
  return readColumn([cell, ...others], input).phones[0] ?? "";
}
