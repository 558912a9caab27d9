import fc from "fast-check";
import { type CountryCode, getCountries, getCountryCallingCode } from "libphonenumber-js/max";
import { describe, expect, it } from "vitest";
import { createFullReader } from "../../../src/producer/phones/full-reader.ts";
import { createCellReader } from "../../../src/producer/phones/phone-reader.ts";
import { createPlainReader } from "../../../src/producer/phones/plain-reader.ts";

/** How many numbers of each country; all of it in the long run. */
const NUMBERS = process.env["FAULTS"] === "full" ? 4_000 : 150;

const countries = getCountries();

/** Numbers that are right or nearly so: random ones hardly ever are. */
function nearlyPhone(country: CountryCode): fc.Arbitrary<string> {
  const code = getCountryCallingCode(country);
  const digit = fc.integer({ min: 0, max: 9 }).map(String);
  const digits = (min: number, max: number) =>
    fc.array(digit, { minLength: min, maxLength: max }).map((all) => all.join(""));
  const separated = fc
    .tuple(digits(5, 11), fc.constantFrom("", " ", "-", "\u00a0", "  ", "."), fc.nat(6))
    .map(([text, sign, at]) => text.slice(0, at) + sign + text.slice(at));
  const bracketed = fc
    .tuple(digits(1, 5), fc.constantFrom("", " ", "-", ".", "  "), digits(3, 9), fc.nat(6))
    .map(([area, gap, rest, at]) => `(${area})${gap}${rest.slice(0, at)}-${rest.slice(at)}`);
  const prefix = fc.constantFrom(
    `+${code}`,
    `00${code}`,
    code,
    `+${code} `,
    `+${code}0`,
    "",
    "0",
    "00",
    "01",
    "001",
    "044",
    "0044",
    "1",
    "8",
  );
  const plain = fc.tuple(prefix, separated).map(([start, rest]) => start + rest);
  return fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: bracketed });
}

describe("the short cut for plain phones", () => {
  it("says of every number that it takes what the full reader says, in every country", () => {
    const taken = new Map<string, number>();
    for (const country of countries) {
      const [plain, full] = [createPlainReader(country), createFullReader(country)];
      const abroad = [createPlainReader(null), createFullReader(null)] as const;
      fc.assert(
        fc.property(nearlyPhone(country), (cell) => {
          for (const [short, long] of [[plain, full] as const, abroad]) {
            const read = short(cell);
            if (read === null) continue;
            taken.set(country, (taken.get(country) ?? 0) + 1);
            expect(read, cell).toEqual(long(cell));
          }
        }),
        { numRuns: NUMBERS },
      );
    }
    // Else it would prove nothing: nearly every country has numbers that can be hit so.
    expect(taken.size).toBeGreaterThan(countries.length * 0.8);
  });

  it.each([
    ["+48 600 100 200", null],
    ["48600100200", "PL"],
    ["0048600100200", null],
    ["0048600100200", "PL"],
    ["0048600100200", "GB"],
    ["600 100 200", "PL"],
    ["0151 12345678", "DE"],
    ["+44 7400 123456", null],
    ["+1 416 555 0123", null],
    ["+7 701 123 4567", null],
    ["+55 11 98765-4321", null],
    ["+54 9 11 2345-6789", null],
    ["+52 55 1234 5678", null],
    ["06 12 34 56 78", "FR"],
    ["06.12.34.56.78", "FR"],
    ["(212) 555-0188", "US"],
    ["(11) 98765-4321", "BR"],
    ["(0151) 12345678", "DE"],
    ["(0)151 12345678", "DE"],
    ["(212)-555-0188", "US"],
    ["(212).555.0188", "US"],
    ["(212)5550188", "US"],
    ["48600100200", null],
    ["600-100-200", "PL"],
    ["0612.345678", "FR"],
    ["600\u00a0100\u00a0200", "PL"],
    ["20 261130", "DK"],
    ["20 261 130", "DK"],
    ["51234", "FK"],
    ["00432612686389325", null],
  ])("takes %s in a list of %s", (cell, country) => {
    const read = createPlainReader(country)(cell);

    expect(read).not.toBeNull();
    expect(read).toEqual(createFullReader(country)(cell));
  });

  it("leaves to the full reader what it cannot say yes to", () => {
    for (const cell of ["+48 (600) 100 200", "+551187654321", "+48 000 000 000", "x", "", "+"]) {
      expect(createPlainReader("PL")(cell)).toBeNull();
      expect(createCellReader("PL")(cell)).toEqual(createFullReader("PL")(cell));
    }
  });
});
