import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isNode,
  isPair,
  isScalar,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Scalar,
  visit,
  YAMLParseError,
} from "yaml";

/** What the values of one kind of file are. */
export interface TextRules {
  /**
   * Whether a value below these keys is free text, in which YAML may drop a part as a comment or a
   * name.
   */
  isText(keys: readonly string[]): boolean;
  /** Whether a number below these keys counts something, so that it has no thousandths. */
  isCount?(keys: readonly string[]): boolean;
}

export interface ParsedYaml {
  /** Null if the text is nested too deep to be composed. */
  readonly document: Document | null;
  /** One syntax error, or all parts that parse but cannot be meant. */
  readonly problems: readonly YamlProblem[];
  /** From 1, both. */
  lineOf(offset: number): { line: number; column: number };
}

interface YamlProblem {
  readonly offset: number;
  readonly message: string;
  /** Only its author knows what was meant: no correction is shown. */
  readonly isUnclear?: true;
}

/** The keys and numbers that lead to a value. */
export type YamlPath = readonly (string | number)[];

/** Deeper than any template; keeps every later walk over the content from overflowing. */
export const DEPTH_MAX = 32;

/** The limit of the parser's stack: content at the maximum depth needs less. */
const OPEN_MAX = 3 * DEPTH_MAX;

/**
 * Parses YAML 1.2 or JSON and reports what is wrong with it.
 */
export function parseYaml(text: string, rules: TextRules): ParsedYaml {
  const lines = new LineCounter();
  const lineOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const { tokens, tooDeepAt } = tokensOf(text, lines);
  if (tooDeepAt !== null) {
    const problem = { offset: tooDeepAt, message: "is nested too deep" };
    return { document: null, problems: [problem], lineOf };
  }
  const document = compose(tokens, text.length);
  // One syntax error makes the parser fail on all that follows: report only the first.
  const [stumble] = [...document.errors, ...document.warnings];
  if (stumble === undefined) {
    return { document, problems: valueProblems(document, { text, rules, lineOf }), lineOf };
  }
  const line = text.split("\n")[lineOf(stumble.pos[0]).line - 1] ?? "";
  const message = syntaxMessage(stumble.code, stumble.message) + unquotedHint(line);
  return { document, problems: [{ offset: stumble.pos[0], message }], lineOf };
}

/**
 * Uses the library's parts, because it recurses: at the end of the stack V8 may abort the whole
 * process, which cannot be caught. Its parser keeps open content on a stack of its own, which is
 * checked after every token, before anything can walk through the result.
 */
function tokensOf(
  text: string,
  lines: LineCounter,
): { tokens: CST.Token[]; tooDeepAt: number | null } {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > OPEN_MAX) return { tokens, tooDeepAt: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  return { tokens, tooDeepAt: null };
}

function compose(tokens: readonly CST.Token[], length: number): Document {
  const composer = new Composer({
    // The library compares every key with every other: 40,000 keys would take a minute.
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const [document, second] = composer.compose(tokens, true, length);
  if (document === undefined) throw new Error("the composer gives one document at least");
  if (second !== undefined) {
    const [start] = second.range;
    document.errors.push(new YAMLParseError([start, start], "MULTIPLE_DOCS", ""));
  }
  return document;
}

/** Parts that parse but do not mean what their author meant. */
function valueProblems(
  document: Document,
  input: {
    text: string;
    rules: TextRules;
    lineOf: ParsedYaml["lineOf"];
  },
): YamlProblem[] {
  const { text, rules, lineOf } = input;
  const problems: YamlProblem[] = [];
  const add = (node: Node, message: string | null): void => {
    if (message !== null) problems.push({ offset: node.range?.[0] ?? 0, message });
  };
  const { version, explicit } = document.directives?.yaml ?? {};
  if (explicit === true && version !== "1.2") {
    problems.push({ offset: 0, message: otherVersion(version), isUnclear: true });
  }
  const names = namesIn(document);
  visit(document, {
    Node(_key, node, ancestors) {
      if (ancestors.length <= 2 * DEPTH_MAX + 2) return undefined;
      add(node, "is nested too deep");
      return visit.BREAK;
    },
    Map(_key, map) {
      const seen = new Map<string, number>();
      for (const { key, value } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const first = seen.get(name);
        if (first !== undefined) add(key, twice(name, lineOf(first).line));
        else seen.set(name, key.range?.[0] ?? 0);
        add(key, unseenProblem(name) ?? spaceProblem(name, value));
      }
    },
    Pair(_key, pair) {
      if (isScalar(pair.key) || isAlias(pair.key) || !isNode(pair.key)) return undefined;
      add(pair.key, 'has braces that YAML reads as a block: write "{{column}}" within quotes');
      return visit.SKIP;
    },
    Alias(_key, node) {
      if (!names.given.has(node.source)) add(node, NO_SUCH_ALIAS);
    },
    Scalar(key, node, ancestors) {
      if (key === "key") return;
      const keys = keysOf(ancestors);
      const isFree = rules.isText(keys);
      const message = isFree
        ? textProblem(node, text, names.used)
        : (unseenProblem(node.value) ?? (rules.isCount?.(keys) ? thousandsProblem(node) : null));
      add(node, message ?? numberProblem(node.value));
      if (!hasTwoReadings(node)) return;
      const problem = { offset: node.range?.[0] ?? 0, message: TWO_READINGS };
      problems.push(isFree ? problem : { ...problem, isUnclear: true });
    },
  });
  return problems;
}

/** The names of anchors (`&`) and of aliases (`*`). */
function namesIn(document: Document): { given: Set<string>; used: Set<string> } {
  const names = { given: new Set<string>(), used: new Set<string>() };
  visit(document, (_key, node) => {
    if (isAlias(node)) names.used.add(node.source);
    else if (isNode(node) && node.anchor !== undefined) names.given.add(node.anchor);
  });
  return names;
}

const NO_SUCH_ALIAS =
  "begins with * and so is an alias, of a name that nothing has: put quotes around the text";

function twice(name: string, line: number): string {
  return `the same key is written twice: ${name.slice(0, 64)} is in line ${line} already`;
}

/** Keys and choices are compared by character, so an invisible difference would be confusing. */
function unseenProblem(value: unknown): string | null {
  const [unseen] = typeof value === "string" ? (UNSEEN.exec(value) ?? []) : [];
  if (unseen === undefined) return null;
  const code = (unseen.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `has an invisible character (U+${code}): remove it`;
}

const UNSEEN = /(?! )[\p{Zs}\p{Zl}\p{Zp}\p{Cf}]/u;

/** `{ type:text }` is a key without a value. */
function spaceProblem(name: string, value: unknown): string | null {
  const isEmpty = value === null || (isScalar(value) && value.value === null && !value.source);
  return isEmpty && /^\w+:\S/.test(name) ? "has no space behind its colon" : null;
}

/** `1.000` is 1, and in half of Europe a thousand. */
function thousandsProblem({ value, source = "" }: Scalar): string | null {
  if (typeof value !== "number" || !/^[1-9]\d{0,2}(?:\.\d{3})+$/.test(source)) return null;
  const thousand = source.replaceAll(".", "");
  return `can be read as ${value} or as ${thousand}: write ${value} or ${thousand}`;
}

function numberProblem(value: unknown): string | null {
  if (typeof value !== "number") return null;
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) {
    return null;
  }
  return "is a number that cannot be kept exactly: put quotes around it";
}

/** YAML 1.1 and many programs read 010 as 8; others read it as 10, and 0o10 as a text. */
function hasTwoReadings({ value, source }: Scalar): boolean {
  return typeof value === "number" && /^[-+]?0[\dbox]/i.test(source ?? "");
}

const TWO_READINGS =
  "is a number that can be read in two ways: write it without the 0 in front, or in quotes if it is a text";

/** In YAML 1.1 `no` is false, 1:20 is 80, and `<<` copies keys. */
function otherVersion(version: string | undefined): string {
  return `asks for YAML ${version}, which gives words and numbers other meanings: remove this line`;
}

/**
 * A part of a text that YAML reads as something else, so that the rest would be sent without it.
 */
function textProblem(node: Scalar, text: string, used: ReadonlySet<string>): string | null {
  const [start = 0, end = 0] = node.range ?? [];
  const behind = /^[ \t]*(?=#)/.exec(text.slice(end));
  if (node.anchor !== undefined && !used.has(node.anchor)) {
    return "begins with &, which makes a name of its first word: put quotes around the text";
  }
  if (node.type !== "PLAIN" && node.type !== undefined) return null;
  const isCut = behind !== null && /^#[^\s#]/.test(text.slice(end + behind[0].length));
  if (isCut) return "is cut at #, which begins a comment: put quotes around the text";
  const source = text.slice(start, end).trim();
  if (/^[“”„‘’].*[“”‘’]$/su.test(source)) {
    return "has curly quotes, which would be sent: put straight quotes around the text";
  }
  return /["']$/.test(source) && /^[^"']*["']$/s.test(source)
    ? "ends with a quote that nothing begins: put quotes around the text"
    : null;
}

/** The keys above a value, without positions in lists. */
function keysOf(ancestors: readonly unknown[]): string[] {
  return ancestors.flatMap((node) =>
    isPair(node) && isScalar(node.key) ? String(node.key.value) : [],
  );
}

function unquotedHint(line: string): string {
  const unquoted = line.replace(/"[^"]*"|'[^']*'/g, "");
  return unquoted.includes("{{") ? " (a value with {{ }} must stand within quotes)" : "";
}

function syntaxMessage(code: string, message: string): string {
  const plain: Readonly<Record<string, string>> = {
    MULTIPLE_DOCS: "a second document begins here: only one is allowed",
    TAG_RESOLVE_FAILED: "tags such as !!binary are not allowed",
    TAB_AS_INDENT: "lines must be indented with spaces, not with tabs",
  };
  return plain[code] ?? `is not valid YAML: ${message}`;
}
