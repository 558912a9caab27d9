import { describe, expect, test } from "vitest";
import { readYamlText, TEXT_BYTES_MAX } from "../../../src/config/yaml/yaml-text.ts";

const fill = (unit: string, before = "", after = ""): string =>
  before + unit.repeat(Math.floor((TEXT_BYTES_MAX - 1_000) / unit.length)) + after;

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

/** Each of these would take the process down, or hold it up, where the parser recurses or searches. */
const BOMBS: readonly [string, string][] = [
  ["dashes", fill("- ")],
  ["dashes with a value", fill("- ", "name: ", "x")],
  ["questions", fill("? ")],
  ["keys on one line", fill("a: ")],
  ["merge keys", fill("<<: ")],
  ["quoted keys", fill('"a": ')],
  ["brackets", fill("[")],
  ["braces", fill("{a: ")],
  ["deep JSON", fill('{"a":[', '{"name":')],
  ["brackets behind quoted ones", fill('["]",')],
  ["brackets behind others in comments", fill("[ # ]]]]\n")],
  ["lists within questions", fill("? [")],
  ["indented keys", lines(700, (index) => `${" ".repeat(index)}a:`)],
  ["indented dashes", lines(700, (index) => `${" ".repeat(index)}-`)],
  [
    "aliases that double",
    lines(40, (i) => (i === 0 ? "a0: &a0 [x]" : `a${i}: &a${i} [*a${i - 1},*a${i - 1}]`)),
  ],
  ["40,000 aliases", `a: &a [1,2,3]\nb: [${"*a,".repeat(40_000)}]`],
  ["documents", fill("---\n")],
  ["line ends", fill("\n")],
  ["lists as keys", "[a]: ".repeat(5_000)],
  ["anchors and dashes", "- &a ".repeat(5_000)],
  ["tags and dashes", "- !!seq ".repeat(5_000)],
  ["quotes", '"'.repeat(10_000)],
  ["commas", `[${",".repeat(10_000)}]`],
];

describe("a text that is made to break the parser", () => {
  test.each(BOMBS)("%s: is refused, and the process lives", (_, text) => {
    expect(readYamlText(text)).toMatchObject({ ok: false });
  });

  test("is refused with the place where it becomes too deep", () => {
    expect(readYamlText(`name: a\ntemplate: ${"[".repeat(100_000)}`)).toMatchObject({
      problems: [{ place: "line 2, column 106", message: "is nested too deep" }],
    });
  });
});

test("32 levels are read, and 33 are not, in a block, in brackets and as JSON", () => {
  for (const [open, value, close] of [
    ["- ", "x", ""],
    ["? ", "x", ""],
    ["[", "x", "]"],
    ["{ a: ", "x", "}"],
    ['{"a":', "1", "}"],
  ] as const) {
    const nested = (depth: number) => open.repeat(depth) + value + close.repeat(depth);
    if (open !== "? ") expect(readYamlText(nested(32))).toMatchObject({ ok: true });
    expect(readYamlText(nested(33))).toMatchObject({ ok: false });
  }
});

test("5,000 anchors, 5,000 keys and 80,000 lines of text are read", () => {
  for (const text of [
    lines(5_000, (index) => `- &a${index} x`),
    lines(5_000, (index) => `k${index}: 1`),
    `a: |\n${" x\n".repeat(80_000)}`,
  ]) {
    expect(readYamlText(text)).toMatchObject({ ok: true });
  }
});

describe("a number that versions of YAML read differently", () => {
  test.each(["010", "-010", "0o10", "0x1F", "007"])(
    "%s: is refused, and not corrected",
    (written) => {
      expect(readYamlText(`a: 1\nrate: ${written}\n`)).toEqual({
        ok: false,
        problems: [
          {
            place: "line 2, column 7",
            message:
              "is a number that can be read in two ways: write it without the 0 in front, or in quotes if it is a text",
          },
        ],
        corrections: [{ line: 2, written: `rate: ${written}`, right: `rate: ${written}` }],
      });
    },
  );

  test("is a text within quotes, and 0, 0.5 and 10 have one reading", () => {
    expect(readYamlText('a: "010"\nb: [0, 0.5, -0.5, 10, 1e3]\n')).toMatchObject({
      content: { a: "010", b: [0, 0.5, -0.5, 10, 1000] },
    });
  });
});

test("YAML 1.1, in which 1:20 is a number and << copies keys, is refused", () => {
  const text = "---\na: { <<: { b: 1 } }\nrate: 1:20\n";
  expect(readYamlText(`%YAML 1.1\n${text}`)).toMatchObject({
    problems: [
      {
        place: "line 1, column 1",
        message:
          "asks for YAML 1.1, which gives words and numbers other meanings: remove this line",
      },
    ],
  });
  expect(readYamlText(`%YAML 1.2\n${text}`)).toMatchObject({
    content: { a: { "<<": { b: 1 } }, rate: "1:20" },
  });
});
