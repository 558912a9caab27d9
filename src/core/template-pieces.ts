import type { Json } from "./json.ts";
import { type Placeholder, parsePlaceholders } from "./placeholder.ts";
import { type FieldRule, fieldKey } from "./template-fields.ts";
import type { Path } from "./template-problems.ts";

/** A placeholder inside a string of the template. */
interface Slot {
  /** The index of its value in the row's values. */
  readonly use: number;
  readonly fallback: string;
}

interface Gap {
  /** Renders the gap as JSON text. */
  readonly write: (values: readonly string[]) => string;
  /** The JSON text between this gap and the next one. */
  after: string;
}

/** A string of the template to which a {@link FieldRule} applies. */
export interface RuledField {
  readonly rule: FieldRule;
  readonly textOf: (values: readonly string[]) => string;
  /** The index of its first placeholder's value, to name the column that is wrong. */
  readonly use: number | undefined;
  readonly name: string;
}

/** A template as JSON text with gaps. */
export interface TemplatePieces {
  readonly before: string;
  readonly gaps: readonly Gap[];
  readonly fields: readonly RuledField[];
}

/**
 * Splits a template into JSON text and gaps. `placeOf` returns the index of a placeholder's value
 * in the row's values; `rules` come from {@link fieldRules}.
 */
export function takeApart(
  template: Json,
  rules: ReadonlyMap<string, FieldRule>,
  placeOf: (placeholder: Placeholder) => number,
): TemplatePieces {
  const pieces = createPieces(placeOf);
  writeJson(template, { path: [], rules, pieces });
  return pieces.finish();
}

interface Pieces {
  literal(json: string): void;
  /** A string of the template, written as its rule requires. */
  text(text: string, name: string, rule: FieldRule | undefined): void;
  finish(): TemplatePieces;
}

function createPieces(placeOf: (placeholder: Placeholder) => number): Pieces {
  let before = "";
  const gaps: Gap[] = [];
  const fields: RuledField[] = [];

  function literal(json: string): void {
    const last = gaps.at(-1);
    if (last === undefined) before += json;
    else last.after += json;
  }

  function addText(parts: readonly (string | Slot)[]): void {
    literal('"');
    for (const part of parts) {
      if (typeof part === "string") literal(insideJsonString(part));
      else gaps.push({ write: (values) => insideJsonString(shown(part, values)), after: "" });
    }
    literal('"');
  }

  return {
    literal,
    text(text, name, rule) {
      const parsed = parsePlaceholders(text);
      const parts = (parsed.ok ? parsed.parts : [text]).map((part) =>
        typeof part === "string" ? part : { use: placeOf(part), fallback: part.fallback ?? "" },
      );
      const textOf = (values: readonly string[]): string =>
        parts
          .map((part) => (typeof part === "string" ? part : shown(part, values)))
          .join("")
          .trim();
      if (rule !== undefined) {
        const slot = parts.find((part) => typeof part !== "string");
        fields.push({ rule, textOf, name, use: slot?.use });
      }
      if (rule?.isNumber !== true) addText(parts);
      else gaps.push({ write: (values) => String(Number(textOf(values))), after: "" });
    },
    finish: () => ({ before, gaps, fields }),
  };
}

function shown({ use, fallback }: Slot, values: readonly string[]): string {
  return values[use] || fallback;
}

interface Writing {
  readonly path: Path;
  readonly rules: ReadonlyMap<string, FieldRule>;
  readonly pieces: Pieces;
}

/** `JSON.stringify`, with a gap for each placeholder. */
function writeJson(value: Json | undefined, { path, rules, pieces }: Writing): void {
  const inside = (item: Json | undefined, step: string | number): void =>
    writeJson(item, { path: [...path, step], rules, pieces });
  if (typeof value === "string") {
    pieces.text(value, String(path.at(-1) ?? ""), rules.get(fieldKey(path)));
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      pieces.literal(index === 0 ? "[" : ",");
      inside(item, index);
    });
    pieces.literal(value.length === 0 ? "[]" : "]");
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.forEach(([key, item], index) => {
      pieces.literal(`${index === 0 ? "{" : ","}${JSON.stringify(key)}:`);
      inside(item, key);
    });
    pieces.literal(entries.length === 0 ? "{}" : "}");
  } else {
    pieces.literal(JSON.stringify(value ?? null));
  }
}

function insideJsonString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
