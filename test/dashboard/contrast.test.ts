import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** What text is written in, and on; each of the first on each of the second. */
const TEXTS = [
  ...["ink", "quiet", "zero", "accent", "danger"],
  ...["reached-text", "underway-text", "failed-text", "unknown-text"],
];
const GROUNDS = ["ground", "card", "note", "alert"];
/** On a ground of its own. */
const PAIRS = [
  ["on-accent", "accent"],
  ["on-mode", "mode-live"],
  ["on-mode", "mode-sandbox"],
] as const;

/** WCAG 2.2, 1.4.3, for text of any size. */
const AA = 4.5;

const css = readFileSync(new URL("../../src/dashboard/assets/style.css", import.meta.url), "utf8");
const [light = {}, changes = {}] = [...css.matchAll(/:root \{([^}]*)\}/g)].map(([, block = ""]) =>
  Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#\w{6});/g)].map(([, name, hex]) => [name, hex]),
  ),
) as Record<string, string>[];

describe.each([
  ["light", light],
  ["dark", { ...light, ...changes }],
])("the %s colours", (_, colours) => {
  it("keep every text readable on every ground", () => {
    const pairs = [
      ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)),
      ...PAIRS,
    ];
    const weak = pairs
      .map(([text, ground]) => ({ text, ground, by: contrast(colours[text], colours[ground]) }))
      .filter(({ by }) => !(by >= AA));

    expect(weak).toEqual([]);
  });

  it("have no text colour that this test does not look at", () => {
    const written = [...css.matchAll(/(?:^|[\s;{])color: var\(--([\w-]+)\)/g)].map(
      ([, name]) => name,
    );
    const looked = new Set([...TEXTS, ...PAIRS.map(([text]) => text)]);

    expect(written.length).toBeGreaterThan(10);
    expect(written.filter((name) => !looked.has(name ?? ""))).toEqual([]);
  });
});

/** The contrast ratio of WCAG. */
function contrast(one = "", other = ""): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
