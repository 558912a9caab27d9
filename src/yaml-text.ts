import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Json } from "./core/template.ts";

/** A mistake in a text, with its place when that is known. */
export interface TextProblem {
  readonly place: string | null;
  readonly message: string;
}

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

/**
 * Parses YAML 1.2 or JSON into plain JSON values, for files that people write. Refused with their
 * place: syntax errors, repeated keys, tags, numbers that cannot be kept exactly, values nested
 * too deep, and aliases that unfold into more than the file shows.
 */
export function readYamlText(text: string): YamlText {
  const bytes = Buffer.byteLength(text);
  if (bytes > TEXT_BYTES_MAX) {
    return failed(`is ${bytes} bytes long; ${TEXT_BYTES_MAX} is the most`);
  }
  if (opensTooMany(text)) return failed("is nested too deep");
  const lines = new LineCounter();
  try {
    return read(text, lines);
  } catch (error) {
    // The parser recurses: thousands of open brackets end here, not in a crash.
    if (error instanceof RangeError) return failed("is nested too deep");
    throw error;
  }
}

/** Whether so many brackets stay open that the parser would spend seconds on finding it out. */
function opensTooMany(text: string): boolean {
  let open = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    open += bracket === "[" || bracket === "{" ? 1 : -1;
    if (open > 20 * DEPTH_MAX) return true;
  }
  return false;
}

function read(text: string, lines: LineCounter): YamlText {
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // The library compares every key with every other: 40,000 keys would take it a minute.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
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

/** The alias limit of the library guards its own unfolding; the depth guards against circles. */
function toJson(document: ReturnType<typeof parseDocument>): Json | null {
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
function valueProblems(
  document: ReturnType<typeof parseDocument>,
  place: (offset: number) => string,
): TextProblem[] {
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

function failed(message: string): YamlText {
  return { ok: false, problems: [{ place: null, message }] };
}
