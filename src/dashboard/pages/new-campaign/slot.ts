import type { Json } from "../../../core/json.ts";
import { parsePlaceholders } from "../../../core/placeholder.ts";

/**
 * A text of the template as the form asks for it: the cell of a column, with a fallback; or,
 * without a column, the text itself, which may hold placeholders.
 */
export interface Slot {
  readonly column: string | null;
  readonly text: string;
}

export const NO_SLOT: Slot = { column: null, text: "" };

export function readSlot(written: Json | undefined): Slot {
  const text = typeof written === "string" || typeof written === "number" ? String(written) : "";
  const parsed = parsePlaceholders(text);
  const [only, ...others] = parsed.ok ? parsed.parts : [];
  if (only === undefined || typeof only === "string" || others.length > 0) {
    return { column: null, text };
  }
  return { column: only.column, text: only.fallback ?? "" };
}

export function writeSlot({ column, text }: Slot): string {
  if (column === null) return text;
  return text.trim() === "" ? `{{${column}}}` : `{{${column}|${text.trim()}}}`;
}

/** What a placeholder cannot say, or null. */
export function slotProblem(slot: Slot): string | null {
  const { column, text } = slot;
  if (column === null) return null;
  if (!canBeNamed(column)) return "The name of this column has { } or |: rename it in the list.";
  return /[{}]/.test(text) ? "A fallback cannot have { or }." : null;
}

/** Whether a placeholder can name a column. */
export function canBeNamed(column: string): boolean {
  return column !== "" && !/[{}|]/.test(column);
}
