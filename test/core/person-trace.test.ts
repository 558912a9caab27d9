import { describe, expect, test } from "vitest";
import { createPersonTrace } from "../../src/core/person-trace.ts";

const polish = createPersonTrace({
  digits: "48600700811",
  countryCode: "48",
  national: "600700811",
});
const brazilian = createPersonTrace({
  digits: "5511973180865",
  countryCode: "55",
  national: "11973180865",
});
const argentinian = createPersonTrace({
  digits: "5491155512345",
  countryCode: "54",
  national: "91155512345",
});

describe("a number is found", () => {
  test.each([
    "48600700811",
    "+48 600 700 811",
    "0048-600-700-811",
    "(+48) 600.700.811",
    "+48 (0) 600 700 811",
    "600700811",
    "600\u00a0700\u00a0811",
    "tel: 600 700 811, evenings",
    "48600700811.0",
    'x,"+48 600 700 811",y',
    Buffer.from("+48\u00a0600\u2011700\u2011811", "utf8").toString("latin1"),
    `wamid.${Buffer.from(`\x1c\x18\x0b48600700811\x15\x02`, "latin1").toString("base64")}`,
  ])("as %j", (text) => {
    expect(polish.found(text)).toBe(true);
    expect(polish.mask(text)).toHaveLength(text.length);
    expect(polish.found(polish.mask(text))).toBe(false);
  });

  test.each(["551173180865", "+55 11 97318-0865", "11 7318-0865"])("in Brazil as %j", (text) => {
    expect(brazilian.found(text)).toBe(true);
  });

  test.each(["541155512345", "+54 9 11 5551-2345", "011 15-5551-2345"])(
    "in Argentina as %j",
    (text) => {
      expect(argentinian.found(text)).toBe(true);
    },
  );
});

test.each([
  "48600700812",
  "6007008112",
  "1600700811",
  "600,700,811",
  '"600700","811"',
  "600 700\n811",
  "486007008110",
])("%j is not it", (text) => {
  expect(polish.found(text)).toBe(false);
});

test("of the wamids of its neighbours, a number is in its own only, wherever in them it begins", () => {
  const wamid = (digits: string, before: string): string =>
    `wamid.${Buffer.from(`${before}${digits}\x15\x02`, "latin1").toString("base64")}`;
  for (const before of ["", "\x0b", "\x18\x0b"]) {
    expect(polish.found(wamid("48600700811", before))).toBe(true);
    for (const other of ["48600700812", "48600700821", "48600700911", "58600700812"])
      expect(polish.found(wamid(other, before))).toBe(false);
  }
});

test("spellings of one handset are one person", () => {
  expect(brazilian.isPerson("551173180865")).toBe(true);
  expect(argentinian.isPerson("541155512345")).toBe(true);
  expect(polish.isPerson("48600700812")).toBe(false);
  expect(polish.isPerson("")).toBe(false);
});
