import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPhoneReader } from "../../src/producer/phones.ts";

const digits = (cell: string, country: string | null = null): string => {
  const verdict = createPhoneReader(country)(cell);
  return verdict.ok ? verdict.digits : verdict.code;
};

describe("a phone with its country code", () => {
  it.each([
    ["+48600100200"],
    ["+48 600 100 200"],
    ["48600100200"],
    ["0048600100200"],
    ["00 48 600-100-200"],
    ["+48 (600) 100.200"],
    ["+48\u00a0600\u00a0100\u00a0200"],
    ["\u200e+48 600 100 200\u202c"],
    ["\ufeff+48600100200"],
    ["tel:+48600100200"],
    ["whatsapp:+48600100200"],
    ["'+48600100200"],
    ['="48600100200"'],
    ["+48(0)600100200"],
    ["+48 600\u2013100\u2013200"],
    ["＋４８６００１００２００"],
  ])("is read however it is written: %j", (cell) => {
    expect(digits(cell)).toBe("48600100200");
  });

  it.each([
    ["+5511987654321", "5511987654321"],
    ["+551187654321", "5511987654321"],
    ["+525512345678", "525512345678"],
    ["+5215512345678", "525512345678"],
    ["+54 9 11 2345-6789", "5491123456789"],
    ["+1 202 555 0123", "12025550123"],
  ])("is brought to the spelling that is valid today: %s", (cell, expected) => {
    expect(digits(cell)).toBe(expected);
  });
});

describe("a national phone", () => {
  it.each([
    ["600 100 200", "PL", "48600100200"],
    ["600 100 200", "pl", "48600100200"],
    ["0151 12345678", "DE", "4915112345678"],
    ["(202) 555-0123", "US", "12025550123"],
    ["202-555-0123", "US", "12025550123"],
    ["347 123 4567", "IT", "393471234567"],
    ["06 12 34 56 78", "FR", "33612345678"],
    ["48600100200", "PL", "48600100200"],
    ["4915112345678", "PL", "4915112345678"],
    ["4915112345678", "DE", "4915112345678"],
    ["011 44 7400 123456", "GB", "phone_invalid"],
  ])("%s in a list of %s is %s", (cell, country, expected) => {
    expect(digits(cell, country)).toBe(expected);
  });

  it("without a country is refused for that, not called invalid", () => {
    expect(digits("600 100 200")).toBe("phone_ambiguous");
  });

  it("that reads as two different people's numbers is refused", () => {
    expect(digits("33612345678", "DE")).toBe("phone_ambiguous");
  });
});

describe("a cell that holds no phone", () => {
  it.each([
    ["", "phone_missing"],
    [" \u00a0\u200b ", "phone_missing"],
    ["'", "phone_missing"],
    ["4.86E+10", "phone_spreadsheet"],
    ["4,86E+10", "phone_spreadsheet"],
    ["4.86097e10", "phone_spreadsheet"],
    ["48600100200.0", "phone_spreadsheet"],
    ["#########", "phone_spreadsheet"],
    ["#N/A", "phone_spreadsheet"],
    ["#VALUE!", "phone_spreadsheet"],
    ["n/a", "phone_invalid"],
    ["ana@example.com", "phone_invalid"],
    ["+48 600 100 200 ext. 5", "phone_invalid"],
    ["1-800-FLOWERS", "phone_invalid"],
    ["+48 600 100", "phone_invalid"],
    ["+48 000 000 000", "phone_invalid"],
    ["+999 600 100 200", "phone_invalid"],
    ["600100200 / 600100201", "phone_invalid"],
    ["600 100 200, 600 100 201", "phone_invalid"],
    ["++48600100200", "phone_invalid"],
    ["+48600100200+", "phone_invalid"],
  ])("%j is %s", (cell, code) => {
    expect(digits(cell, "PL")).toBe(code);
  });

  it("of a hundred thousand characters is refused like any other", () => {
    const cells = ["9", " ", "(", "+", "e", "#a", "1."].map((part) => part.repeat(100_000));

    // A pattern that backtracks over this would run into the test's time limit.
    for (const cell of cells) expect(digits(cell, "PL")).toMatch(/^phone_/);
  });
});

it("what was read is read again as itself", () => {
  const read = createPhoneReader("PL");

  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."+0123456789 ()-".split("")) }), (cell) => {
      const first = read(cell);
      if (!first.ok) return;
      expect(first.digits).toMatch(/^[1-9]\d{4,14}$/);
      expect(read(`+${first.digits}`)).toEqual(first);
    }),
    { numRuns: 1_000 },
  );
});
