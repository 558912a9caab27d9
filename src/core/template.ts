import { findColumns } from "./columns.ts";
import { type Placeholder, parsePlaceholders } from "./placeholder.ts";
import { accept, type Result, refuse } from "./refusal.ts";
import type { RejectCode } from "./reject.ts";

/** Anything that JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * The template object of the API (Meta Cloud API, "Template object"), as the campaign file gives
 * it. Only what Dropcast itself reads is named; every other field goes to the API as it is.
 */
export interface TemplateDefinition {
  readonly name: string;
  readonly language: { readonly code: string; readonly [key: string]: Json };
  readonly components?: readonly Json[];
  readonly [key: string]: Json | undefined;
}

/** What became of one row: the JSON text of its template object, or why it cannot be sent. */
export type Filled =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly code: RejectCode; readonly column: string };

export type Checked =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: RejectCode; readonly column: string };

export interface CompiledTemplate {
  /**
   * The template object of one row, ready for the request body. `cells` are the row's values in
   * the order of the header the template was compiled for. Only the columns that the template
   * uses are looked at, and they are trimmed.
   */
  fill(cells: readonly string[]): Filled;
  /** The verdict of {@link fill} without building the text. */
  check(cells: readonly string[]): Checked;
}

/** The columns that the template names, each once, in the order in which they appear. */
export function templateColumns(template: TemplateDefinition): string[] {
  const columns = new Set<string>();
  walkStrings(template, [], (text) => {
    const parsed = parsePlaceholders(text);
    if (!parsed.ok) return;
    for (const part of parsed.parts) if (typeof part !== "string") columns.add(part.column);
  });
  return [...columns];
}

/**
 * Prepares a template for the rows of one list: finds its columns in the header (spaces around a
 * name and its case do not count) and turns it into pieces of JSON text with gaps, so that filling
 * it is a concatenation. Refuses, before anything is sent, a placeholder that cannot be read
 * (`template_placeholder_invalid`), a column that the list lacks (`template_column_missing`) and
 * one that it has twice (`template_column_ambiguous`).
 */
export function compileTemplate(
  template: TemplateDefinition,
  header: readonly string[],
): Result<CompiledTemplate> {
  const problems = placeholderProblems(template, ["template"]);
  if (problems.length > 0) {
    return refuse(
      "template_placeholder_invalid",
      problems.map(({ path, message }) => `${path.join(".")} ${message}`).join("\n"),
      "Write placeholders as {{column}} or {{column|fallback}}.",
    );
  }
  const found = findColumns(templateColumns(template), header);
  if (!found.ok) return found;
  const uses = new Map<number, Use>();
  const pieces = createPieces((placeholder) => {
    const index = found.value.get(placeholder.column) ?? -1;
    const use = uses.get(index) ?? { index, column: placeholder.column, required: false };
    if (placeholder.fallback === null) use.required = true;
    uses.set(index, use);
    return index;
  });
  writeJson(template, pieces);
  return accept(createCompiled(pieces.finish(), [...uses.values()]));
}

/**
 * What is wrong with the placeholders below `path`, each with the path of its string. Names of
 * fields must hold none: they are sent as they are.
 */
export function placeholderProblems(
  value: Json | undefined,
  path: readonly (string | number)[],
): { path: readonly (string | number)[]; message: string }[] {
  const problems: { path: readonly (string | number)[]; message: string }[] = [];
  walkStrings(
    value,
    path,
    (text, at) => {
      const parsed = parsePlaceholders(text);
      if (!parsed.ok) problems.push({ path: at, message: parsed.problem });
    },
    (key, at) => {
      if (!key.includes("{{")) return;
      problems.push({ path: at, message: "has a placeholder in its name: only values are filled" });
    },
  );
  return problems;
}

/** WhatsApp's limit for one text parameter (Meta's OpenAPI description of the template object). */
const VALUE_LENGTH_MAX = 32_768;

/** One column of the list that the template uses. */
interface Use {
  readonly index: number;
  readonly column: string;
  /** False when every use of it has a fallback. */
  required: boolean;
}

interface Gap {
  readonly index: number;
  /** The fallback as the inside of a JSON string. */
  readonly fallback: string;
  /** The JSON text between this gap and the next one. */
  after: string;
}

function createCompiled(
  text: { before: string; gaps: readonly Gap[] },
  uses: readonly Use[],
): CompiledTemplate {
  const fine: Checked = { ok: true };
  const check = (cells: readonly string[]): Checked => {
    for (const use of uses) {
      const code = verdict((cells[use.index] ?? "").trim(), use.required);
      if (code !== null) return { ok: false, code, column: use.column };
    }
    return fine;
  };
  return {
    check,
    fill(cells) {
      const checked = check(cells);
      if (!checked.ok) return checked;
      let json = text.before;
      for (const gap of text.gaps) {
        const value = (cells[gap.index] ?? "").trim();
        json += value === "" ? gap.fallback : insideJsonString(value);
        json += gap.after;
      }
      return { ok: true, json };
    },
  };
}

const LINE_BREAK = /[\n\r\v\f\u0085\u2028\u2029]/;
const FIVE_SPACES = /[ \u00a0]{5}/;

/** Why WhatsApp would refuse this value (a widely reported rule; error 132018 or 132012). */
function verdict(value: string, required: boolean): RejectCode | null {
  if (value === "") return required ? "value_empty" : null;
  if (value.length > VALUE_LENGTH_MAX) return "value_too_long";
  if (LINE_BREAK.test(value)) return "value_newline";
  if (value.includes("\t")) return "value_tab";
  if (FIVE_SPACES.test(value)) return "value_spaces";
  return null;
}

interface Pieces {
  literal(json: string): void;
  gap(placeholder: Placeholder): void;
  finish(): { before: string; gaps: readonly Gap[] };
}

function createPieces(placeOf: (placeholder: Placeholder) => number): Pieces {
  let before = "";
  const gaps: Gap[] = [];
  return {
    literal(json) {
      const last = gaps.at(-1);
      if (last === undefined) before += json;
      else last.after += json;
    },
    gap(placeholder) {
      const fallback = insideJsonString(placeholder.fallback ?? "");
      gaps.push({ index: placeOf(placeholder), fallback, after: "" });
    },
    finish: () => ({ before, gaps }),
  };
}

/** `JSON.stringify`, with a gap wherever a string holds a placeholder. */
function writeJson(value: Json | undefined, pieces: Pieces): void {
  if (typeof value === "string") {
    const parsed = parsePlaceholders(value);
    pieces.literal('"');
    for (const part of parsed.ok ? parsed.parts : [value]) {
      if (typeof part === "string") pieces.literal(insideJsonString(part));
      else pieces.gap(part);
    }
    pieces.literal('"');
  } else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      pieces.literal(index === 0 ? "[" : ",");
      writeJson(item, pieces);
    });
    pieces.literal(value.length === 0 ? "[]" : "]");
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.forEach(([key, item], index) => {
      pieces.literal(`${index === 0 ? "{" : ","}${JSON.stringify(key)}:`);
      writeJson(item, pieces);
    });
    pieces.literal(entries.length === 0 ? "{}" : "}");
  } else {
    pieces.literal(JSON.stringify(value ?? null));
  }
}

function insideJsonString(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

type Path = readonly (string | number)[];

function walkStrings(
  value: Json | undefined,
  path: Path,
  onText: (text: string, path: Path) => void,
  onKey: (key: string, path: Path) => void = () => {},
): void {
  if (typeof value === "string") onText(value, path);
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    onKey(key, at);
    walkStrings(item, at, onText, onKey);
  }
}
