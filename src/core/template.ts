import type { Category } from "./category.ts";
import { findColumns } from "./columns.ts";
import type { Json } from "./json.ts";
import { parsePlaceholders } from "./placeholder.ts";
import { accept, type Result, refuse } from "./refusal.ts";
import type { RejectCode } from "./reject.ts";
import { isSerialDate, saysDate } from "./serial-date.ts";
import { type FieldDoubt, fieldRules } from "./template-fields.ts";
import { type RuledField, type TemplatePieces, takeApart } from "./template-pieces.ts";
import type { Path } from "./template-problems.ts";
import { readValue, type Value, type ValueDoubt } from "./value.ts";

/**
 * The API's template object (Meta Cloud API, "Template object"), as in the campaign file. Lists
 * only the fields that Dropcast reads; all others go to the API unchanged.
 */
export interface TemplateDefinition {
  readonly name: string;
  readonly language: { readonly code: string; readonly [key: string]: Json };
  readonly components?: readonly Json[];
  readonly [key: string]: Json | undefined;
}

/** The JSON text of a row's template object, or why the row cannot be sent. */
type Filled =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly code: RejectCode; readonly column: string };

type Checked =
  /** `doubts`: values that can be sent but are probably wrong; absent if there are none. */
  | { readonly ok: true; readonly doubts?: readonly Doubt[] }
  | { readonly ok: false; readonly code: RejectCode; readonly column: string };

export interface Doubt {
  /** `row_opted_out` is of the whole row, and no template finds it. */
  readonly code: ValueDoubt | FieldDoubt | "row_opted_out";
  readonly column: string;
}

export interface CompiledTemplate {
  /**
   * The template object of one row, for the request body. `cells` are the row's values in the order
   * of the header the template was compiled for. Reads only the columns that the template uses, by
   * {@link readValue}.
   */
  fill(cells: readonly string[]): Filled;
  /** Checks a row as {@link fill} does, without building the text; also reports doubtful values. */
  check(cells: readonly string[]): Checked;
  /** How many cells a row must have to include every column that the template uses. */
  readonly cellsNeeded: number;
}

/** The columns that the template uses, without duplicates, in order of appearance. */
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
 * Compiles a template for the rows of one list: finds its columns in the header (ignoring case and
 * surrounding spaces) and splits it into JSON text with gaps, so that filling it in is a
 * concatenation. Refuses an invalid placeholder (`template_placeholder_invalid`), a column that the
 * list lacks (`template_column_missing`) and one that it has twice (`template_column_ambiguous`).
 * `category` is the campaign's; some limits depend on it.
 */
export function compileTemplate(
  template: TemplateDefinition,
  header: readonly string[],
  category: Category | null = null,
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
  const uses: Use[] = [];
  const pieces = takeApart(template, fieldRules(template.components, category), (placeholder) => {
    const index = found.value.get(placeholder.column) ?? -1;
    const required = placeholder.fallback === null;
    const known = uses.findIndex((use) => use.index === index);
    const use = uses[known];
    // One use without a fallback makes the column required.
    if (use !== undefined) use.required ||= required;
    else {
      const { column } = placeholder;
      uses.push({ index, column, required, holdsDates: saysDate(column) });
    }
    return known === -1 ? uses.length - 1 : known;
  });
  return accept(createCompiled(pieces, uses));
}

/**
 * What is wrong with the placeholders below `path`, each with the path of its string. Field names
 * must not contain any, since they are sent unchanged.
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
      problems.push({
        path: at,
        message: "has a placeholder in its name: only values are filled in",
      });
    },
  );
  return problems;
}

/** One column of the list that the template uses. */
interface Use {
  readonly index: number;
  readonly column: string;
  /** False if every use of it has a fallback. */
  required: boolean;
  /** By its name. */
  readonly holdsDates: boolean;
}

function createCompiled(pieces: TemplatePieces, uses: readonly Use[]): CompiledTemplate {
  const { before, gaps, fields } = pieces;
  const fine: Checked = { ok: true };
  const columnOf = ({ use, name }: RuledField): string => uses[use ?? -1]?.column ?? name;

  /** The values of a row, in the order of `uses`; collects doubtful values in `doubts`. */
  function read(cells: readonly string[], doubts: Doubt[] | null): Read {
    const values: string[] = [];
    for (const use of uses) {
      const value = readValue(cells[use.index] ?? "");
      const code = whyUnusable(value, use);
      if (code !== null) return { ok: false, code, column: use.column };
      const doubt = doubts === null ? null : doubtOf(value, use);
      if (doubt !== null) doubts?.push({ code: doubt, column: use.column });
      values.push(value.text);
    }
    for (const field of fields) {
      const text = field.textOf(values);
      const code = field.rule.fault(text);
      if (code !== null) return { ok: false, code, column: columnOf(field) };
      const doubt = doubts === null ? null : field.rule.doubt(text);
      if (doubt !== null) doubts?.push({ code: doubt, column: columnOf(field) });
    }
    return { ok: true, values };
  }

  return {
    cellsNeeded: Math.max(0, ...uses.map(({ index }) => index + 1)),
    check(cells) {
      const doubts: Doubt[] = [];
      const row = read(cells, doubts);
      if (!row.ok) return row;
      return doubts.length === 0 ? fine : { ok: true, doubts };
    },
    fill(cells) {
      const row = read(cells, null);
      if (!row.ok) return row;
      let json = before;
      for (const { write, after } of gaps) json += write(row.values) + after;
      return { ok: true, json };
    },
  };
}

type Read =
  | { readonly ok: true; readonly values: readonly string[] }
  | { readonly ok: false; readonly code: RejectCode; readonly column: string };

function whyUnusable({ text, fault }: Value, { required }: Use): RejectCode | null {
  return fault ?? (text === "" && required ? "value_empty" : null);
}

function doubtOf({ text, doubt }: Value, { holdsDates }: Use): ValueDoubt | null {
  return doubt ?? (holdsDates && isSerialDate(text) ? "value_spreadsheet" : null);
}

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
