import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** How comments, messages and documents are written. */
const COLUMNS_MAX = 100;

/** Phrases that read as a translation, or that hide who does what. */
const BANNED: readonly RegExp[] = [
  /(?<!\bthere )\bis no (?!longer\b)[a-z]/i,
  /\bfor ever\b/i,
  /\banew\b/i,
  /\bwhat (?:came|became) of\b/i,
  /\bwhoever\b/i,
  /\bnobody\b/i,
  /\bsomebody\b/i,
];

/** Folders and files that still have lines over the limit. Only remove entries. */
const LONG_LINES_IN: readonly string[] = [
  "bench/RESULTS.md", // written by the benchmarks
  "docs/reliability.md", // a line that the fault runs write
];

/** Folders and files that still have banned phrases. Only remove entries. */
const BANNED_PHRASES_IN: readonly string[] = [
  "src/livechat/answer-text.ts", // a list of words that mean no
];

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Line {
  readonly file: string;
  readonly at: number;
  readonly text: string;
}

const lines: readonly Line[] = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...filesBelow("docs", [".md"]),
  ...filesBelow("src", [".ts", ".lua"]),
  ...filesBelow("scripts", [".mjs"]),
  ...filesBelow("bench", [".md", ".mjs"]),
].flatMap((file) =>
  readFileSync(join(root, file), "utf8")
    .split("\n")
    .map((text, index) => ({ file, at: index + 1, text })),
);

describe("prose", () => {
  test(`has at most ${COLUMNS_MAX} columns in comments, Lua and Markdown`, () => {
    const long = prose(lines).filter(({ text }) => Array.from(text).length > COLUMNS_MAX);

    expect(shown(long, LONG_LINES_IN)).toEqual([]);
  });

  test("uses none of the banned phrases", () => {
    const banned = lines.filter(({ text }) => BANNED.some((phrase) => phrase.test(text)));

    expect(shown(banned, BANNED_PHRASES_IN)).toEqual([]);
  });
});

/** Markdown without tables, code blocks, headings' anchors and links; Lua; comments of TypeScript. */
function prose(all: readonly Line[]): Line[] {
  let isCode = false;
  return all.filter(({ file, text }) => {
    if (file.endsWith(".lua")) return true;
    if (/\.(ts|mjs)$/.test(file))
      return /^\s*(\/\/|\/\*\*|\*)/.test(text) && !/biome-ignore/.test(text);
    const isFence = text.trimStart().startsWith("```");
    if (isFence) isCode = !isCode;
    return !isCode && !isFence && !/^\s*\||\]\(|^ {4}/.test(text);
  });
}

function isExempt({ file }: Line, exempt: readonly string[]): boolean {
  return exempt.some((path) => file === path || file.startsWith(`${path}/`));
}

function shown(found: readonly Line[], exempt: readonly string[]): string[] {
  return found
    .filter((line) => !isExempt(line, exempt))
    .map(({ file, at, text }) => `${file}:${at}: ${text.trim()}`);
}

function filesBelow(folder: string, endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => join(folder, name))
    .sort();
}
