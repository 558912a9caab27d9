import { type Document, isMap, isNode, isScalar, isSeq } from "yaml";
import type { Json } from "../../core/json.ts";
import { readHandWritten, type TextProblem } from "../hand-written.ts";
import { type Correction, correctYaml, quoted } from "./correct.ts";
import { DEPTH_MAX, type ParsedYaml, parseYaml, type TextRules, type YamlPath } from "./parse.ts";

export type YamlText =
  | {
      readonly ok: true;
      readonly content: Json;
      /** `line 3, column 5` of the key at the end of a path, or of its nearest parent. */
      locate(path: YamlPath): string | null;
      /** The line of a value, and the same with quotes around it, if that makes it a text. */
      withQuotes(path: YamlPath): Correction | null;
    }
  | {
      readonly ok: false;
      readonly problems: readonly TextProblem[];
      /** The lines to change, if known. */
      readonly corrections: readonly Correction[];
    };

/** The rules for one kind of file. */
export interface YamlKind extends TextRules {
  /** Whether the content is valid for such a file: chooses between two corrections. */
  isWhole(content: Json): boolean;
}

/** More than any campaign or configuration needs; a list of recipients is larger. */
export const TEXT_BYTES_MAX = 256 * 1024;

/** More mistakes than this are one: it is another kind of file. */
export const PROBLEMS_MAX = 50;

const ANY_KIND: YamlKind = { isText: () => false, isWhole: () => true };

/**
 * Parses YAML 1.2 or JSON into plain JSON values, for hand-written files. Refuses, with their
 * place: syntax errors, repeated keys, tags, numbers that lose precision or have two readings,
 * values nested too deep, aliases that expand too far, and text that YAML cuts.
 */
export function readYamlText(written: Uint8Array | string, kind: YamlKind = ANY_KIND): YamlText {
  const bytes = Buffer.from(written);
  const { length } = bytes;
  if (length > TEXT_BYTES_MAX) {
    return failed(`is ${length} bytes long; ${TEXT_BYTES_MAX} is the most`);
  }
  const decoded = readHandWritten(bytes);
  if (!decoded.ok) return { ok: false, problems: [decoded.problem], corrections: [] };
  const { text } = decoded;
  const parsed = parseYaml(text, kind);
  const { document } = parsed;
  if (document === null || parsed.problems.length > 0) return refusedText(text, parsed, kind);
  if (document.contents === null) return failed("is empty");
  const content = toJson(document);
  if (content === null) return failed("has aliases that unfold into too much: write them out");
  return {
    ok: true,
    content,
    locate: (path) => {
      const offset = offsetOf(document.contents, path);
      return offset === null ? null : placeOf(parsed, offset);
    },
    withQuotes: (path) => withQuotes(text, parsed, path),
  };
}

function refusedText(text: string, parsed: ParsedYaml, kind: YamlKind): YamlText {
  const firstMistake = (changed: string): number | null => {
    const { problems, lineOf } = parseYaml(changed, kind);
    const [first] = problems;
    return first === undefined ? null : lineOf(first.offset).line;
  };
  const isWhole = (changed: string): boolean => {
    const { document } = parseYaml(changed, kind);
    const content = document === null ? null : toJson(document);
    return content !== null && kind.isWhole(content);
  };
  return {
    ok: false,
    problems: parsed.problems.slice(0, PROBLEMS_MAX).map(({ offset, message }) => ({
      place: placeOf(parsed, offset),
      message,
    })),
    corrections:
      parsed.document === null ? [] : correctionsOf(text, parsed, { firstMistake, isWhole }),
  };
}

/** At least the line of the first mistake, as it is. */
function correctionsOf(
  text: string,
  { problems, lineOf }: ParsedYaml,
  checks: Parameters<typeof correctYaml>[1],
): readonly Correction[] {
  const isUnclear = problems.some((problem) => problem.isUnclear === true);
  const found = isUnclear ? [] : correctYaml(text, checks);
  const { line } = lineOf(problems[0]?.offset ?? 0);
  const written = text.split("\n")[line - 1] ?? "";
  return found.length > 0 || written.trim() === "" ? found : [{ line, written, right: written }];
}

function placeOf({ lineOf }: ParsedYaml, offset: number): string {
  const { line, column } = lineOf(offset);
  return `line ${line}, column ${column}`;
}

/** The library's alias limit guards its own expansion; the depth guards against cycles. */
function toJson(document: Document): Json | null {
  try {
    const content = document.toJS({ maxAliasCount: 50 }) as Json;
    return deepest(content, 0) > DEPTH_MAX ? null : content;
  } catch (error) {
    if (error instanceof ReferenceError) return null;
    throw error;
  }
}

function deepest(value: Json | undefined, depth: number): number {
  if (typeof value !== "object" || value === null || depth > DEPTH_MAX) return depth;
  let most = depth + 1;
  for (const item of Object.values(value)) most = Math.max(most, deepest(item, depth + 1));
  return most;
}

function withQuotes(text: string, parsed: ParsedYaml, path: YamlPath): Correction | null {
  const node = parsed.document?.getIn(path, true);
  const [start, end] = (isScalar(node) ? node.range : null) ?? [];
  if (start === undefined || end === undefined || text.slice(start, end).includes("\n"))
    return null;
  const changed = text.slice(0, start) + quoted(text.slice(start, end)) + text.slice(end);
  const { line } = parsed.lineOf(start);
  const [written = "", right = ""] = [text, changed].map((all) => all.split("\n")[line - 1]);
  const { document, problems } = parseYaml(changed, { isText: () => false });
  const isText = typeof document?.getIn(path) === "string" && problems.length === 0;
  return isText ? { line, written, right } : null;
}

/** The key of the last existing step; its parent for a missing key. */
function offsetOf(root: unknown, path: YamlPath): number | null {
  let node: unknown = root;
  let offset = isNode(root) ? (root.range?.[0] ?? null) : null;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

function failed(message: string): YamlText {
  return { ok: false, problems: [{ place: null, message }], corrections: [] };
}
