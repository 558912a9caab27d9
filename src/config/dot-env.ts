import { nearest } from "../core/nearest.ts";
import { codePoint, readHandWritten } from "./hand-written.ts";

/**
 * The variables of a `.env`, and its wrong lines. Messages contain no value: it may be a secret.
 */
export interface DotEnv {
  readonly values: ReadonlyMap<string, string>;
  /** Line (from 1) of each name. */
  readonly lines: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

/**
 * Reads a `.env`: `NAME=value` lines, a leading `export`, comments, and values in `'`, `"` or a
 * backtick, which may span lines. The rules are those of Node's `parseEnv`, except that a line
 * about Dropcast that Node would skip, cut or read differently than docker compose is a problem: an
 * unread variable keeps its default, and one default is to send for real.
 */
export function parseDotEnv(bytes: Uint8Array): DotEnv {
  const values = new Map<string, string>();
  const lines = new Map<string, number>();
  const problems: string[] = [];
  const read = readHandWritten(bytes);
  if (!read.ok) {
    const { place, message } = read.problem;
    return { values, lines, problems: [place === null ? message : `${place}: ${message}`] };
  }
  const reader = createLineReader(read.text.split("\n"));
  for (let line = reader.next(); line !== null; line = reader.next()) {
    const assignment = readAssignment(line, reader);
    if (assignment === null) continue;
    const { number } = line;
    const taken = reader.since(number).find(({ text }) => /^[^#]*=/.test(text) && isOurs(text));
    if (taken !== undefined) {
      problems.push(
        `line ${number}: has a quote that is not closed in it, so line ${taken.number} is not read`,
      );
      continue;
    }
    if ("problem" in assignment) {
      if (isOurs(line.text) || assignment.isOdd) {
        problems.push(`line ${number}: ${assignment.problem}`);
      }
      continue;
    }
    const { name, value } = assignment;
    const before = values.get(name);
    if (before && before !== value && name.startsWith("DROPCAST_")) {
      problems.push(`line ${number}: ${name} is set in line ${lines.get(name)} already`);
    }
    values.set(name, value);
    lines.set(name, number);
  }
  return { values, lines, problems };
}

interface Line {
  readonly number: number;
  readonly text: string;
}

interface LineReader {
  next(): Line | null;
  /** The lines after one that have been read. */
  since(number: number): Line[];
}

function createLineReader(texts: readonly string[]): LineReader {
  let number = 0;
  return {
    next() {
      const text = texts[number];
      return text === undefined ? null : { number: ++number, text };
    },
    since: (after) =>
      texts.slice(after, number).map((text, at) => ({ number: after + at + 1, text })),
  };
}

/** Whether a line names Dropcast, or begins with a name that is nearly its own. */
function isOurs(text: string): boolean {
  const [begin = ""] = /[^\s_.:=-]+/.exec(text.replace(/^\s*(?:export\s)?/, "")) ?? [];
  return /dropcast/i.test(text) || nearest(begin, ["DROPCAST"]) !== null;
}

type Assignment =
  | { readonly name: string; readonly value: string }
  /** `isOdd`: its name may be one of ours. */
  | { readonly problem: string; readonly isOdd?: true };

/** Null for a line that sets nothing. Reads more lines if a quoted value spans them. */
function readAssignment(line: Line, more: LineReader): Assignment | null {
  const text = line.text.trim();
  if (text === "" || /^#[^\u2028\u2029]*$/.test(text)) return null;
  const odd = oddCharacter(line.text);
  if (odd !== null) return { problem: odd };
  const [, name, given] = /^(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*)$/.exec(text) ?? [];
  if (name === undefined || given === undefined) {
    const letter = FOREIGN_LETTER.exec(text)?.[1];
    if (letter === undefined) return { problem: "is not NAME=value" };
    const problem = `its name has a letter that only looks like one (${letter} ${codePoint(letter)}): type it again`;
    return { problem, isOdd: true };
  }
  const [quote = ""] = given;
  if (!"'\"`".includes(quote) || quote === "") return unquoted(name, given);
  const parts: string[] = [];
  let last = given.slice(1);
  while (!last.includes(quote)) {
    parts.push(last);
    const next = more.next();
    if (next === null) return { problem: `${name} has a quote ${quote} that is never closed` };
    last = next.text;
  }
  const end = last.indexOf(quote);
  if (!/^\s*(#.*)?$/.test(last.slice(end + 1))) {
    return { problem: `${name} continues after its closing quote ${quote}` };
  }
  const value = [...parts, last.slice(0, end)].join("\n");
  return { name, value: quote === '"' ? value.replaceAll("\\n", "\n") : value };
}

/** Node cuts the value at any `#`, docker compose only at one after a space. */
function unquoted(name: string, given: string): Assignment {
  const value = given.replace(/(^|\s)#.*$/, "").trim();
  if (!value.includes("#")) return { name, value };
  return { problem: `${name} has a # in its value: put the value in quotes` };
}

/** `DRОPCAST_API_URL` with a Cyrillic letter. */
const FOREIGN_LETTER =
  /^(?:export\s+)?(?=[^=]*[A-Z]_?[A-Z])[!-<>-~]*(\p{L})(?<![A-Za-z])[^=\s]*\s*=/u;

/** Characters that look like an ASCII space, quote or sign but are not. */
const ODD = /(?! )[\p{Zs}\p{Zl}\p{Zp}\p{Cf}]|[\u2018-\u201f\u00ab\u00bb\uff01-\uff5e]/u;

function oddCharacter(text: string): string | null {
  // Editors show a line separator as the end of a line, and so of a comment.
  const beforeComment = text.replace(/\s#[^\u2028\u2029]*$/, "");
  const found = ODD.exec(beforeComment);
  if (found === null) return null;
  const [odd] = found;
  const seen = /[\p{Z}\p{C}]/u.test(odd) ? "" : `${odd} `;
  const what = seen === "" ? "an invisible character" : "a sign that only looks like one";
  return `column ${found.index + 1} has ${what} (${seen}${codePoint(odd)}): type it again`;
}
