import { findColumns } from "./columns.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { type Placeholder, parsePlaceholders } from "./placeholder.ts";
import type { TemplateDefinition } from "./template.ts";
import { readValue } from "./value.ts";

/** WhatsApp's limit for the body of a message once filled in (Meta, "Components"). */
export const BODY_LENGTH_MAX = 1_024;

/** A campaign's `preview`, compiled for the rows of one list. */
interface CompiledPreview {
  /** The text for one row; `cells` are in the order of the header it was compiled for. */
  fill(cells: readonly string[]): string;
}

/**
 * Checks that a preview uses exactly the variables of the body's parameters, by number or name.
 * Returns what is wrong, or null. If they differ, one of the two is wrong, and WhatsApp would
 * refuse every message of the campaign (132000).
 */
export function previewProblem(preview: string, components: Json | undefined): string | null {
  const parameters = bodyParameters(components);
  const expected = variableNames(parameters);
  const used = variablesOf(preview);
  const unknown = used.find((name) => !expected.includes(name));
  if (unknown !== undefined) {
    return `uses {{${unknown}}}, but the body has ${inWords(parameters.length, expected)}`;
  }
  const unused = expected.find((name) => !used.includes(name));
  if (unused !== undefined) {
    return `does not use {{${unused}}}, but the body has ${inWords(parameters.length, expected)}`;
  }
  return null;
}

/**
 * Compiles a preview for the rows of one list. The template must have compiled for the same header:
 * a missing column stays empty here.
 */
export function compilePreview(
  preview: string,
  template: TemplateDefinition,
  header: readonly string[],
): CompiledPreview {
  const parameters = bodyParameters(template.components);
  const names = variableNames(parameters);
  const values = new Map(
    parameters.map((parameter, index) => [names[index], piecesOf(shownText(parameter), header)]),
  );
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of preview.matchAll(VARIABLE)) {
    pieces.push(preview.slice(from, match.index), ...(values.get(match[1]) ?? [match[0]]));
    from = match.index + match[0].length;
  }
  pieces.push(preview.slice(from));
  return {
    fill: (cells) => {
      let text = "";
      for (const piece of pieces) {
        if (typeof piece === "string") text += piece;
        else text += readValue(cells[piece.index] ?? "").text || piece.fallback;
      }
      return text;
    },
  };
}

/** The length of a text as WhatsApp counts it: an emoji is one character. */
export function characters(text: string): number {
  // The exact count only matters above the limit.
  return text.length <= BODY_LENGTH_MAX ? text.length : Array.from(text).length;
}

const VARIABLE = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** Literal text, or a cell of the row with its fallback. */
type Piece = string | { readonly index: number; readonly fallback: string };

function variablesOf(preview: string): string[] {
  return [...new Set([...preview.matchAll(VARIABLE)].map(([, name = ""]) => name))];
}

function inWords(count: number, names: readonly string[]): string {
  if (count === 0) return "no parameters";
  const parameters = `${count} ${count === 1 ? "parameter" : "parameters"}`;
  return `${parameters}: ${names.map((name) => `{{${name}}}`).join(", ")}`;
}

/** Numbers from 1, or the parameters' own names. */
function variableNames(parameters: readonly JsonObject[]): string[] {
  return parameters.map(({ parameter_name: name }, index) =>
    typeof name === "string" ? name : String(index + 1),
  );
}

/** The parameters of the body; those of header, buttons and cards are not in the preview. */
function bodyParameters(components: Json | undefined): JsonObject[] {
  if (!Array.isArray(components)) return [];
  const body = (components as readonly Json[]).find(
    (component) => isJsonObject(component) && textOf(component["type"]).toLowerCase() === "body",
  );
  const parameters = isJsonObject(body) ? body["parameters"] : undefined;
  return Array.isArray(parameters) ? (parameters as readonly Json[]).filter(isJsonObject) : [];
}

/** What a phone shows for a parameter, as written in the campaign file. */
function shownText(parameter: JsonObject): string {
  const type = textOf(parameter["type"]);
  const own = parameter[type];
  if (typeof own === "string") return own;
  const fallback = isJsonObject(own) ? own["fallback_value"] : undefined;
  return typeof fallback === "string" ? fallback : `[${type}]`;
}

function piecesOf(text: string, header: readonly string[]): Piece[] {
  const parsed = parsePlaceholders(text);
  if (!parsed.ok) return [text];
  return parsed.parts.map((part) => (typeof part === "string" ? part : gapOf(part, header)));
}

function gapOf({ column, fallback }: Placeholder, header: readonly string[]): Piece {
  const found = findColumns([column], header);
  const index = found.ok ? (found.value.get(column) ?? -1) : -1;
  return { index, fallback: fallback ?? "" };
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
