import { describe, expect, it } from "vitest";
import { parseCampaign } from "../../../src/config/campaign-file.ts";
import { readYamlText } from "../../../src/config/yaml/yaml-text.ts";

const CAMPAIGN = `name: Spring sale
number: main
category: marketing
template:
  name: spring_sale
  language: { code: en_US }
  components:
    - type: body
      parameters:
        - { type: text, text: "{{first_name|there}}" }
        - type: text
          text: "Until {{date}}"
recipients:
  file: list.csv
`;

const FLOW = '        - { type: text, text: "{{first_name|there}}" }';
const TEXT = '          text: "Until {{date}}"';

/** What a person wrote in place of a line or two, and the lines that should be there. */
const SLIPS: readonly [string, string, string, readonly string[]][] = [
  // Tabs.
  ["a tab", "  name: spring_sale", "\tname: spring_sale", ["  name: spring_sale"]],
  ["two tabs", "    - type: body", "\t\t- type: body", ["    - type: body"]],
  // A space that is missing.
  ["no space behind a colon", "name: Spring sale", "name:Spring sale", ["name: Spring sale"]],
  ["no space further in", "  name: spring_sale", "  name:spring_sale", ["  name: spring_sale"]],
  ["no space in braces", FLOW, FLOW.replace("type: text", "type:text"), [FLOW]],
  ["no space behind a dash", "    - type: body", "    -type: body", ["    - type: body"]],
  [
    "a sign of another kind",
    "category: marketing",
    "category = marketing",
    ["category: marketing"],
  ],
  ["a wide colon", "name: Spring sale", "name：Spring sale", ["name: Spring sale"]],
  ["a no-break space", "name: Spring sale", "name:\u00a0Spring sale", ["name: Spring sale"]],
  [
    "a no-break indent",
    "  name: spring_sale",
    "\u00a0\u00a0name: spring_sale",
    ["  name: spring_sale"],
  ],
  ["a zero-width space", "number: main", "num\u200bber: main", ["number: main"]],
  // A placeholder, or another beginning, without quotes.
  ["a placeholder", TEXT, "          text: {{date}}", ['          text: "{{date}}"']],
  [
    "a placeholder and text",
    TEXT,
    "          text: {{date}}, hurry",
    ['          text: "{{date}}, hurry"'],
  ],
  ["a placeholder in braces", FLOW, FLOW.replaceAll('"', ""), [FLOW]],
  [
    "text and a placeholder in braces",
    FLOW,
    "        - { type: text, text: Hello, {{name}} }",
    ['        - { type: text, text: "Hello, {{name}}" }'],
  ],
  ["@", TEXT, "          text: @anna", ['          text: "@anna"']],
  ["%", TEXT, "          text: %5 off", ['          text: "%5 off"']],
  ["* alone", TEXT, "          text: *Hi*", ['          text: "*Hi*"']],
  ["* and more", TEXT, "          text: *Hi* {{date}}", ['          text: "*Hi* {{date}}"']],
  ["&", TEXT, "          text: &now hurry", ['          text: "&now hurry"']],
  ["!", TEXT, "          text: !Hola", ['          text: "!Hola"']],
  ["a backtick", TEXT, "          text: `hi`", ['          text: "`hi`"']],
  ["|", TEXT, "          text: | hi", ['          text: "| hi"']],
  ["-", TEXT, "          text: - hi", ['          text: "- hi"']],
  ["[", TEXT, "          text: [hi] you", ['          text: "[hi] you"']],
  // Text that YAML cuts or splits.
  ["a colon in a name", "name: Spring sale", "name: Sale: spring", ['name: "Sale: spring"']],
  ["a colon in text", TEXT, "          text: Code: {{date}}", ['          text: "Code: {{date}}"']],
  ["#", TEXT, "          text: Room #5", ['          text: "Room #5"']],
  ["# at the start", TEXT, "          text: #5 offer", ['          text: "#5 offer"']],
  // Quotes.
  ["no closing quote", TEXT, TEXT.slice(0, -1), [TEXT]],
  ["no closing quote in braces", FLOW, FLOW.replace('}}" }', "}} }"), [FLOW]],
  [
    "no closing apostrophe",
    TEXT,
    "          text: 'Until {{date}}",
    ["          text: 'Until {{date}}'"],
  ],
  ["no opening quote", TEXT, TEXT.replace('"', ""), [TEXT]],
  ["curly quotes", TEXT, "          text: “Until {{date}}”", [TEXT]],
  ["low quotes", TEXT, "          text: „Until {{date}}”", [TEXT]],
  ["curly quotes in braces", FLOW, FLOW.replace('"', "“").replace('"', "”"), [FLOW]],
  ["an apostrophe", TEXT, "          text: 'Don't wait'", [`          text: "Don't wait"`]],
  [
    "quotes within quotes",
    TEXT,
    '          text: "Say "hi" now"',
    [`          text: 'Say "hi" now'`],
  ],
  [
    "text behind quotes",
    TEXT,
    '          text: "Until" {{date}}',
    [`          text: '"Until" {{date}}'`],
  ],
  // Indents.
  ["one space too many", "  language:", "   language:", ["  language: { code: en_US }"]],
  ["one space too few", "  language:", " language:", ["  language: { code: en_US }"]],
  [
    "a dash that is off",
    "        - type: text\n",
    "       - type: text\n",
    ["        - type: text"],
  ],
  ["a key that is off", "      parameters:", "     parameters:", ["      parameters:"]],
  [
    "a key that is off to the right",
    "      parameters:",
    "       parameters:",
    ["      parameters:"],
  ],
  ["a text that is off", TEXT, TEXT.slice(1), [TEXT]],
  // Values that are no text to YAML.
  ["01", "  name: spring_sale", "  name: 01", ['  name: "01"']],
  ["a year for a name", "name: Spring sale", "name: 2026", ['name: "2026"']],
  ["true", TEXT, "          text: true", ['          text: "true"']],
  ["0123", TEXT, "          text: 0123", ['          text: "0123"']],
  ["1e3", TEXT, "          text: 1e3", ['          text: "1e3"']],
  // Brackets.
  ["no closing brace", "{ code: en_US }", "{ code: en_US", ["  language: { code: en_US }"]],
];

function refusal(text: string): string {
  const result = parseCampaign(text, "c.yaml");
  if (result.ok) throw new Error("it was not refused");
  return result.refusal.message;
}

describe("a slip in a campaign file", () => {
  it.each(SLIPS)(
    "%s is refused with the line as it is and as it should be",
    (_, right, wrong, lines) => {
      expect(CAMPAIGN).toContain(right);
      const text = CAMPAIGN.replace(right, () => wrong);

      const message = refusal(text);

      expect(message).toMatch(/^c\.yaml: line \d+, column \d+: /);
      const shown = [
        ...message.matchAll(/^ {4}line (\d+) is +?(?: {1,}|)(.*)\n {4}it should be {2}(.*)$/gm),
      ];
      expect(shown.map(([, , , should]) => should)).toEqual(lines);
      const mended = text.split("\n");
      for (const [, line, , should = ""] of shown) mended[Number(line) - 1] = should;
      expect(parseCampaign(mended.join("\n"), "c.yaml")).toMatchObject({ ok: true });
    },
  );

  it("in every line is shown for the first few, and the others are counted", () => {
    const message = refusal(
      CAMPAIGN.replace(/^( {2})+/gm, (indent) => "\t".repeat(indent.length / 2)),
    );

    expect(message).toContain(
      "line 5, column 1: lines must be indented with spaces, not with tabs",
    );
    expect(message).toContain(
      "\n    line 5 is     →name: spring_sale\n    it should be    name: spring_sale\n",
    );
    expect(message).toMatch(/\n {4}and 5 more lines alike$/);
  });

  it("and another in the same file are shown together", () => {
    const message = refusal(
      CAMPAIGN.replace("name: Spring sale", "name: Sale: x").replace(TEXT, "          text: @anna"),
    );

    expect(message).toContain('\n    it should be  name: "Sale: x"');
    expect(message).toContain('\n    it should be            text: "@anna"');
  });

  it("that is a second key names the line of the first, and nobody can know which is meant", () => {
    const message = refusal(CAMPAIGN.replace("number: main", "name: main"));

    expect(message).toBe(
      "c.yaml: line 2, column 1: the same key is written twice: name is in line 1 already\n" +
        "    line 2 is     name: main",
    );
  });

  it("that cannot be mended for sure is shown as it is", () => {
    const message = refusal("name: [\n");

    expect(message).not.toContain("it should be");
  });

  it.each([
    ["language: { code: no }", "language: { code: en_US }", "language: { code: no }"],
    ["20:00", TEXT, "          text: 20:00"],
    ["a date", TEXT, "          text: 2026-12-01"],
    ["yes", TEXT, "          text: yes"],
    ["a comment", TEXT, `${TEXT} # until when`],
    ["an apostrophe inside", TEXT, "          text: Don't wait"],
    ["curly quotes inside", TEXT, "          text: The “Big” sale"],
    ["curly quotes within straight ones", TEXT, '          text: "“Big”"'],
    ["an anchor that is used", FLOW, "        - &hi { type: text, text: a }\n        - *hi"],
  ])("is not seen in %s", (_, right, written) => {
    expect(CAMPAIGN).toContain(right);

    expect(
      parseCampaign(
        CAMPAIGN.replace(right, () => written),
        "c.yaml",
      ),
    ).toMatchObject({ ok: true });
  });
});

it("a text that is made to parse slowly is not tried for long", () => {
  const text = `a: [${",".repeat(15_000)}]`;

  expect(readYamlText(text)).toMatchObject({ ok: false });
});
