/**
 * Suggests corrected lines of YAML for common mistakes: tabs, a missing space after a colon,
 * unquoted text, an unclosed quote, a wrong indent. Each likely change is tried, and one is shown
 * only if it makes the whole text valid.
 */

/** A line as it is, and as it should be. */
export interface Correction {
  /** From 1. */
  readonly line: number;
  readonly written: string;
  readonly right: string;
}

interface TextChecks {
  /** The line (from 1) of the first mistake of a text, or null. */
  firstMistake(text: string): number | null;
  /** For a text without mistakes: whether it has the content of such a file. */
  isWhole(text: string): boolean;
}

/** Longer files are not written by hand. */
const TEXT_MAX = 16 * 1024;
const SLIPS_MAX = 8;
/** Each try parses the whole text, which may be slow to parse. */
const PARSED_MAX = 1024 * 1024;

/** The lines to change for a text without mistakes; none if that was not found. */
export function correctYaml(text: string, checks: TextChecks): readonly Correction[] {
  if (text.length > TEXT_MAX) return [];
  const original = text.split("\n");
  const triesMax = PARSED_MAX / (text.length * SLIPS_MAX + 1);
  let lines = original;
  for (let slip = 0; slip < SLIPS_MAX; slip++) {
    const mistake = checks.firstMistake(lines.join("\n"));
    if (mistake === null) break;
    const next = correctFirst(lines, mistake, { ...checks, triesMax });
    if (next === null) return [];
    lines = next;
  }
  if (checks.firstMistake(lines.join("\n")) !== null) return [];
  return original.flatMap((written, at) => {
    const right = lines[at] ?? "";
    return right === written ? [] : [{ line: at + 1, written, right }];
  });
}

/** The text with its first mistake corrected: ideally valid, else with none before a later line. */
function correctFirst(
  lines: readonly string[],
  mistake: number,
  checks: TextChecks & { readonly triesMax: number },
): string[] | null {
  let found: string[] | null = null;
  let left: number | null = 0;
  let tries = 0;
  for (const { change, isSafe } of changes(lines, mistake - 1)) {
    if (tries++ > checks.triesMax) break;
    const changed = lines.map((line, at) => change.get(at) ?? line);
    const text = changed.join("\n");
    const next = checks.firstMistake(text);
    if (next === null && checks.isWhole(text)) return changed;
    const last = Math.max(mistake, ...Array.from(change.keys(), (at) => at + 1));
    const isBetter = next === null ? isSafe : next > last;
    if (!isBetter || left === null || (found !== null && next !== null)) continue;
    found = changed;
    left = next;
  }
  return found;
}

interface Change {
  /** New lines by their index. */
  readonly change: Lines;
  /** Whether it is the only possible meaning. Another indent or a bracket changes the content. */
  readonly isSafe: boolean;
}

/** The likely changes, the likeliest first. `at`: the line at which the parser failed, from 0. */
function* changes(lines: readonly string[], at: number): Generator<Change> {
  for (const change of untabbed(lines)) yield { change, isSafe: true };
  // A mistake is often detected one line late, and an open quote many.
  const unclosed = lines.findIndex((line) => openQuote(line) !== null);
  for (const index of new Set([at, at - 1, at - 2, unclosed])) {
    const line = lines[index];
    if (line === undefined || index > at || line.trim() === "") continue;
    for (const right of rewritten(line)) {
      if (right !== line) yield { change: new Map([[index, right]]), isSafe: true };
    }
  }
  for (const index of [at, at - 1]) {
    for (const bracket of [" }", " ]", "}", "]"]) {
      const line = lines[index]?.trimEnd() ?? "";
      if (line !== "") yield { change: new Map([[index, line + bracket]]), isSafe: false };
    }
  }
  for (const index of [at, at - 1, at + 1]) {
    for (const change of reindented(lines, index)) yield { change, isSafe: false };
  }
}

/** The quote that a line begins and does not end, or ends and does not begin. */
function openQuote(line: string): string | null {
  const quotes = line.replace(/\s#.*$/, "").match(/"/g)?.length ?? 0;
  if (quotes % 2 === 1) return '"';
  return /(?:^|[:[{,-] +)'[^']*$/.test(line) ? "'" : null;
}

type Lines = ReadonlyMap<number, string>;

function* untabbed(lines: readonly string[]): Generator<Lines> {
  if (!lines.some((line) => /^ *\t/.test(line))) return;
  for (const width of [2, 4, 8]) {
    yield new Map(
      lines.flatMap((line, at) => {
        const [indent = ""] = /^[ \t]+/.exec(line) ?? [];
        if (!indent.includes("\t")) return [];
        return [[at, indent.replaceAll("\t", " ".repeat(width)) + line.slice(indent.length)]];
      }),
    );
  }
}

function* reindented(lines: readonly string[], index: number): Generator<Lines> {
  const line = lines[index];
  if (line === undefined || line.trim() === "") return;
  const own = indentOf(line);
  const above = lines.slice(0, index).filter((other) => other.trim() !== "");
  const dashes = above.flatMap((other) => /^ *- +/.exec(other)?.[0].length ?? []);
  const places = [...above.map(indentOf), ...dashes].flatMap((place) => [place, place + 2]);
  const near = [...new Set(places)].filter((place) => place !== own);
  near.sort((a, b) => Math.abs(a - own) - Math.abs(b - own));
  let end = index + 1;
  while (end < lines.length && indentOf(lines[end] ?? "") > own) end++;
  for (const place of near.slice(0, 6)) {
    const shift = (at: number): [number, string] => {
      const other = lines[at] ?? "";
      return [at, " ".repeat(Math.max(0, indentOf(other) + place - own)) + other.trimStart()];
    };
    yield new Map([shift(index)]);
    if (end > index + 1) {
      yield new Map(Array.from({ length: end - index }, (_, step) => shift(index + step)));
    }
  }
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Likely intended versions of a line. */
function* rewritten(line: string): Generator<string> {
  const plain = withPlainCharacters(line);
  const spaced = withSpaces(plain);
  yield plain;
  yield spaced;
  yield* closed(spaced);
  yield* quotedInBraces(spaced);
  yield* quotedWhole(spaced);
}

/** Typographic spaces, colons and quotes, which word processors insert. */
function withPlainCharacters(line: string): string {
  return line
    .replace(/[\u00a0\u2007\u202f\u3000]/g, " ")
    .replace(/[\u200b-\u200d\u2060\ufeff\u00ad]/g, "")
    .replace(/[“”„]/g, '"')
    .replaceAll("\uff1a", ":");
}

/** `name:Spring`, `-item` and `name = Spring`. */
function withSpaces(line: string): string {
  return line
    .replace(/^(\s*)-(?=[^\s-])/, "$1- ")
    .replace(/^(\s*(?:- +)*[A-Za-z_]\w*):(?=[^\s:/])/, "$1: ")
    .replace(/([{,]\s*[A-Za-z_]\w*):(?=[^\s:/,}])/g, "$1: ")
    .replace(/^(\s*(?:- +)*[A-Za-z_]\w*) *= *(?=\S)/, "$1: ");
}

/** A missing quote: at the start, at the end, or before the brackets that end the line. */
function* closed(line: string): Generator<string> {
  const trimmed = line.trimEnd();
  const quote = openQuote(line);
  if (quote === null) return;
  yield trimmed.replace(/^(\s*(?:- +)*\w+: +)(?=[^"']+["']$)/, `$1${quote}`);
  for (let end = trimmed.length; end > 0; end--) {
    const rest = trimmed.slice(end).replace(/^(?=[}\]])/, " ");
    yield `${trimmed.slice(0, end).trimEnd()}${quote}${rest}`;
    if (!/[\s}\],]/.test(trimmed.charAt(end - 1))) return;
  }
}

/** `{ text: {{name}} }`: the value of a key or of a list, up to each possible end. */
function* quotedInBraces(line: string): Generator<string> {
  const starts = Array.from(line.matchAll(/(?:\w+:|[[,]) +(?=[^\s"'[])/g), (key) => ({
    start: key.index + key[0].length,
    isText: line.startsWith("{{", key.index + key[0].length),
  }));
  // A leading placeholder first, then from the last: `type: text` precedes the text.
  starts.sort((a, b) => Number(b.isText) - Number(a.isText) || b.start - a.start);
  for (const { start } of starts) {
    const rest = line.slice(start);
    for (const end of endsOf(rest)) {
      yield line.slice(0, start) + quoted(rest.slice(0, end).trimEnd()) + rest.slice(end);
    }
  }
}

/** Where a value may end, with the space before the bracket; never within a placeholder. */
function endsOf(rest: string): number[] {
  const blanked = rest.replace(/\{\{[^{}]*\}\}/g, (one) => "x".repeat(one.length));
  const ends = Array.from(blanked.matchAll(/\s*[,}\]]|$/g), ({ index }) => index);
  return ends.filter((end) => end > 0);
}

/** `name: Sale: spring`: everything after a key or a dash, with or without a comment. */
function* quotedWhole(line: string): Generator<string> {
  const [, before = "", value = ""] = /^(\s*(?:- +)*(?:[\w"']+: +)?)(\S.*?)\s*$/.exec(line) ?? [];
  if (!/[\p{L}\p{N}]/u.test(value)) return;
  const [, text = value, comment = ""] = /^(.*?)(\s+# .*)$/.exec(value) ?? [];
  yield `${before}${quoted(text)}${comment}`;
  yield `${before}${quoted(value)}`;
  const [, key = "", rest = ""] = /^(- +)(\S.*?)\s*$/.exec(line.trimStart()) ?? [];
  if (rest !== "") yield `${" ".repeat(indentOf(line))}${key}${quoted(rest)}`;
}

/** Text in YAML quotes, replacing any that were there. */
export function quoted(text: string): string {
  const [, , inner = text] = /^(["'])(.*)\1$/.exec(text) ?? [];
  return /["\\]/.test(inner) ? `'${inner.replaceAll("'", "''")}'` : `"${inner}"`;
}

/** Lines to show below a message; a tab is made visible. */
export function correctionText(corrections: readonly Correction[]): string {
  const shown = corrections
    .slice(0, SHOWN)
    .flatMap(({ line, written, right }) => [
      labelled(`line ${line} is`, written),
      ...(right === written ? [] : [labelled("it should be", right)]),
    ]);
  const more = corrections.length - SHOWN;
  if (more > 0) shown.push(`    and ${more} more lines alike`);
  return shown.map((line) => `\n${line}`).join("");
}

function labelled(label: string, line: string): string {
  const text = line.replaceAll("\t", "→");
  return `    ${label.padEnd(14)}${text.length <= LINE_SHOWN ? text : `${text.slice(0, LINE_SHOWN)}…`}`;
}

const SHOWN = 4;
const LINE_SHOWN = 200;
