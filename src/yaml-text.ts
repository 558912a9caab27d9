import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  visit,
  YAMLParseError,
} from "yaml";
import type { Json } from "./core/template.ts";
import { readHandWritten, type TextProblem } from "./hand-written.ts";

export type YamlText =
  | {
      readonly ok: true;
      readonly content: Json;
      /** `line 3, column 5` of the key at the end of a path, or of the nearest thing around it. */
      locate(path: readonly (string | number)[]): string | null;
    }
  | { readonly ok: false; readonly problems: readonly TextProblem[] };

/** More than any campaign or configuration needs; a list of recipients given by mistake is over. */
export const TEXT_BYTES_MAX = 256 * 1024;

/** More mistakes than this are one: it is not a file of the kind that was meant. */
export const PROBLEMS_MAX = 50;

/** Deeper than any template; keeps every later walk over the content from overflowing. */
const DEPTH_MAX = 32;

/** What the parser may have open at once: content at its deepest has fewer. */
const OPEN_MAX = 3 * DEPTH_MAX;

/**
 * Parses YAML 1.2 or JSON into plain JSON values, for files that people write. Refused with their
 * place: syntax errors, repeated keys, tags, numbers that cannot be kept exactly, values nested
 * too deep, and aliases that unfold into more than the file shows.
 */
export function readYamlText(written: Uint8Array | string): YamlText {
  const bytes = Buffer.from(written);
  const { length } = bytes;
  if (length > TEXT_BYTES_MAX) {
    return failed(`is ${length} bytes long; ${TEXT_BYTES_MAX} is the most`);
  }
  const decoded = readHandWritten(bytes);
  if (!decoded.ok) return { ok: false, problems: [decoded.problem] };
  const { text } = decoded;
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const parsed = parse(text, lines);
  if ("tooDeepAt" in parsed) return failed("is nested too deep", place(parsed.tooDeepAt));
  const { document } = parsed;
  // One slip in the syntax makes the parser stumble over all that follows: only the first is told.
  const [stumble] = [...document.errors, ...document.warnings];
  if (stumble !== undefined) {
    const { line } = lines.linePos(stumble.pos[0]);
    const quotes = (text.split("\n")[line - 1] ?? "").includes("{{") ? UNQUOTED : "";
    const message = syntaxMessage(stumble.code, stumble.message) + quotes;
    return { ok: false, problems: [{ place: place(stumble.pos[0]), message }] };
  }
  const problems = valueProblems(document, place);
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, PROBLEMS_MAX) };
  if (document.contents === null) return failed("is empty");
  const content = toJson(document);
  if (content === null) return failed("has aliases that unfold into too much: write them out");
  return {
    ok: true,
    content,
    locate: (path) => {
      const offset = offsetOf(document.contents, path);
      return offset === null ? null : place(offset);
    },
  };
}

/**
 * Parses by the library's parts, because it recurses: at the end of the stack V8 may abort the whole
 * process, which nothing can catch. Its parser keeps what is open on a stack of its own, which is
 * looked at after every token, before anything can walk through what was built from it.
 */
function parse(text: string, lines: LineCounter): { document: Document } | { tooDeepAt: number } {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > OPEN_MAX) return { tooDeepAt: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  const composer = new Composer({
    // The library compares every key with every other: 40,000 keys would take it a minute.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (document === undefined) throw new Error("the composer gives one document at least");
  if (second !== undefined) {
    const [start] = second.range;
    document.errors.push(new YAMLParseError([start, start], "MULTIPLE_DOCS", ""));
  }
  return { document };
}

/** The alias limit of the library guards its own unfolding; the depth guards against circles. */
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

/** What parses but does not mean what its author meant. */
function valueProblems(document: Document, place: (offset: number) => string): TextProblem[] {
  const problems: TextProblem[] = [];
  visit(document, {
    Node(_key, node, ancestors) {
      if (ancestors.length <= 2 * DEPTH_MAX + 2) return undefined;
      problems.push({ place: place(node.range?.[0] ?? 0), message: "is nested too deep" });
      return visit.BREAK;
    },
    Map(_key, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const message = `the same key is written twice: ${name.slice(0, 64)}`;
        if (seen.has(name)) problems.push({ place: place(key.range?.[0] ?? 0), message });
        seen.add(name);
      }
    },
    Pair(_key, pair) {
      if (isScalar(pair.key) || isAlias(pair.key) || !isNode(pair.key)) return undefined;
      const message = 'has braces that YAML reads as a block: write "{{column}}" within quotes';
      problems.push({ place: place(pair.key.range?.[0] ?? 0), message });
      return visit.SKIP;
    },
    Scalar(_key, node) {
      const { value } = node;
      if (typeof value !== "number") return;
      const exact = Number.isFinite(value) && (!Number.isInteger(value) || isSafe(value));
      if (exact) return;
      const message = "is a number that cannot be kept exactly: put quotes around it";
      problems.push({ place: place(node.range?.[0] ?? 0), message });
    },
  });
  return problems;
}

function isSafe(value: number): boolean {
  return Number.isSafeInteger(value);
}

/** The key of the last step that is there; its parent for a key that is missing. */
function offsetOf(root: unknown, path: readonly (string | number)[]): number | null {
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

const UNQUOTED = " (a value with {{ }} must stand within quotes)";

function syntaxMessage(code: string, message: string): string {
  const plain: Readonly<Record<string, string>> = {
    MULTIPLE_DOCS: "a second document begins here: only one is allowed",
    TAG_RESOLVE_FAILED: "tags such as !!binary are not allowed",
    TAB_AS_INDENT: "lines must be indented with spaces, not with tabs",
  };
  return plain[code] ?? `is not valid YAML: ${message}`;
}

function failed(message: string, place: string | null = null): YamlText {
  return { ok: false, problems: [{ place, message }] };
}
