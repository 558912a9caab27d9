import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldPhone } from "../../../src/core/recipient.ts";
import {
  createPhoneFinder,
  createPhoneReader,
  isPhoneCountry,
  splitPhone,
} from "../../../src/producer/phones/phone-reader.ts";
import { digits } from "./read-cell.ts";

describe("a phone with its country code", () => {
  it.each([
    ["+48600100200"],
    ["+48 600 100 200"],
    ["48600100200"],
    ["0048600100200"],
    ["00 48 600-100-200"],
    ["+48 (600) 100.200"],
    ["48 (600) 100 200"],
    ["+48\u00a0600\u00a0100\u00a0200"],
    ["\u200e+48 600 100 200\u202c"],
    ["\ufeff+48600100200"],
    ["tel:+48600100200"],
    ["whatsapp:+48600100200"],
    ["'+48600100200"],
    ['="48600100200"'],
    ["+48(0)600100200"],
    ["(+48) 600 100 200"],
    ["( +48 )600-100-200"],
    ["tel. +48 600 100 200"],
    ["Mob: 0048600100200"],
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
    ["(0)151 12345678", "DE", "4915112345678"],
    ["tel. 0151/12345678", "DE", "4915112345678"],
    ["(202) 555-0123", "US", "12025550123"],
    ["202-555-0123", "US", "12025550123"],
    ["347 123 4567", "IT", "393471234567"],
    ["06 12 34 56 78", "FR", "33612345678"],
    ["48600100200", "PL", "48600100200"],
    ["4915112345678", "PL", "phone_abroad"],
    ["4915112345678", "DE", "4915112345678"],
    ["011 44 7400 123456", "GB", "phone_invalid"],
    // Too short for a number abroad, so what its country dials before one does not count.
    ["011493561445", "CA", "phone_invalid"],
    ["600 100 200/201/202", "PL", "phone_two_numbers"],
    // The Vatican has Italy's code, and few of its numbers.
    ["347 123 4567", "VA", "phone_abroad"],
    ["(11) 8765-4329", "BR", "5511987654329"],
    // With its new digit it is not valid either: there is no such area.
    ["(20) 8765-4329", "BR", "phone_invalid"],
    ["2087654329", "BR", "phone_invalid"],
    ["(11) 1765-4329", "BR", "phone_old_plan"],
    ["(55) 987654321", "BR", "5555987654321"],
    // It may be a number of +55 whose area was left out.
    ["5532221234", "BR", "phone_ambiguous"],
    ["(55) 32221234", "BR", "555532221234"],
    ["4941123456", "DE", "494941123456"],
    ["14165550123", "US", "phone_abroad"],
    ["49 151 12345678", "PL", "phone_abroad"],
    ["225 07 12 34 56", "CI", "phone_old_plan"],
    ["(47) 98 12 34 56", "NO", "4798123456"],
    ["48 (600) 100 200", "PL", "48600100200"],
    ["(49) 30 1234567", "DE", "49301234567"],
    ["(11) 876-5432", "BR", "phone_invalid"],
  ])("%s in a list of %s is %s", (cell, country, expected) => {
    expect(digits(cell, country)).toBe(expected);
  });

  it.each([
    ["800 234 5678", "US", "18002345678", "CA"],
    ["(800) 234-5678", "US", "18002345678", "CA"],
    ["0800 123 4567", "GB", "448001234567", "JE"],
    ["800 123456", "IT", "39800123456", "VA"],
    ["8 800 123 4567", "RU", "78001234567", "KZ"],
    ["1800 123 456", "AU", "611800123456", "CX"],
  ])(
    "of a service that several countries share, %s, is of %s alone",
    (cell, country, read, other) => {
      expect(digits(cell, country)).toBe(read);
      expect(digits(cell, other)).toBe("phone_abroad");
    },
  );

  it("without a country is refused for that, not called invalid", () => {
    expect(digits("600 100 200")).toBe("phone_ambiguous");
  });

  it.each([
    ["612345678", "IT", "phone_zero_lost"],
    ["0612345678", "IT", "390612345678"],
    ["707123456", "CI", "phone_zero_lost"],
    ["0707123456", "CI", "2250707123456"],
  ])(
    "%s in a list of %s, where the zero belongs to the number, is %s",
    (cell, country, expected) => {
      expect(digits(cell, country)).toBe(expected);
    },
  );

  it("that reads as two different people's numbers is refused", () => {
    expect(digits("33612345678", "DE")).toBe("phone_ambiguous");
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

it.each([
  ["+800 1234 5678", "80012345678"],
  ["+808 1234 5678", "80812345678"],
  ["+870 773 123 456", "870773123456"],
  ["+883 510 012 345 678", "883510012345678"],
])(
  "a number of no country is read with its plus, and without it may be anyone's: %s",
  (cell, read) => {
    expect(digits(cell)).toBe(read);
    expect(digits(cell.slice(1))).toBe("phone_ambiguous");
  },
);

it("a number of an old plan is refused with what has changed", () => {
  const refused = { ok: false, code: "phone_old_plan" };
  expect(createPhoneReader("BJ")("97123456")).toEqual({
    ...refused,
    about: expect.stringContaining("Benin have ten digits"),
  });
  expect(createPhoneReader("BR")("(11) 1765-4329")).toEqual({
    ...refused,
    about: "mobiles of Brazil have nine digits behind the area code",
  });
});

describe("what looks for phones in a column", () => {
  const find = createPhoneFinder("US");

  it("takes any that a cell may be, the list's own before one abroad", () => {
    expect(find("212-555-0188")).toMatchObject({ ok: true, digits: "12125550188" });
    expect(find("4798123456")).toMatchObject({ ok: true, digits: "14798123456" });
    expect(find("4790448617")).toMatchObject({ ok: true, digits: "4790448617" });
    expect(createPhoneFinder(null)("4798123456")).toMatchObject({ ok: true, digits: "4798123456" });
  });

  it("says of any other cell why it is none", () => {
    expect(find("Ann")).toEqual({ ok: false, code: "phone_invalid" });
    expect(find("")).toEqual({ ok: false, code: "phone_missing" });
  });

  it("knows the countries that have phones, in any case", () => {
    expect(["PL", "pl", "AC", "XX", ""].map(isPhoneCountry)).toEqual([
      ...[true, true, true, false, false],
    ]);
  });
});

it.each([
  ["+48 22 123 45 67", true],
  ["+48 600 100 200", false],
  ["+1 202 555 0123", false],
  ["0711 1234567", true],
])("%s is a landline: %s; where both look alike, nobody knows", (cell, landline) => {
  expect(createPhoneReader("DE")(cell)).toMatchObject({ ok: true, landline });
});

describe("the spellings of one person", () => {
  /** How one number is written by different people and programs. */
  const spellings = (code: string, national: string, trunk: string): string[] => [
    `+${code}${national}`,
    `00${code}${national}`,
    `${code}${national}`,
    `+${code} ${national.slice(0, 3)} ${national.slice(3, 6)} ${national.slice(6)}`,
    `+${code}-${national.slice(0, 2)}-${national.slice(2)}`,
    `+${code} (${national.slice(0, 2)}) ${national.slice(2)}`,
    `+${code}\u00a0${national}`,
    `${trunk}${national}`,
    ` '+${code}${national}`,
  ];
  const mobile = (head: string, length: number) =>
    fc
      .integer({ min: 0, max: 10 ** length - 1 })
      .map((n) => head + String(n).padStart(length, "0"));
  const people = [
    { country: "PL", code: "48", national: mobile("60", 7), trunk: "" },
    { country: "DE", code: "49", national: mobile("151", 8), trunk: "0" },
    { country: "FR", code: "33", national: mobile("612", 6), trunk: "0" },
    { country: "ES", code: "34", national: mobile("61", 7), trunk: "" },
    { country: "BR", code: "55", national: mobile("1198", 7), trunk: "" },
  ];

  it("are read as one number, and those of two people never are", () => {
    for (const { country, code, national, trunk } of people) {
      const read = createPhoneReader(country);
      fc.assert(
        fc.property(national, national, (one, other) => {
          const reads = (of: string) =>
            spellings(code, of, trunk).map((cell) => {
              const verdict = read(cell);
              return verdict.ok ? foldPhone(verdict.digits) : verdict.code;
            });

          expect(new Set(reads(one))).toEqual(new Set([`${code}${one}`]));
          if (one !== other) expect(reads(other)).not.toContain(`${code}${one}`);
        }),
        { numRuns: 200 },
      );
    }
  });

  it.each([
    ["BR", ["+55 11 98765-4321", "+55 11 8765-4321", "11 98765-4321"]],
    ["MX", ["+52 55 1234 5678", "+52 1 55 1234 5678", "55 1234 5678"]],
    ["AR", ["+54 9 11 2345-6789", "+54 11 2345-6789", "011 15 2345-6789"]],
  ])("of %s with and without the sign of a mobile are one person", (country, cells) => {
    const read = createPhoneReader(country);

    const found = cells.map(read).map((one) => (one.ok ? foldPhone(one.digits) : one.code));

    expect(new Set(found).size).toBe(1);
    expect(found[0]).toMatch(/^5/);
  });
});

describe("a number that was read", () => {
  it.each([
    ["48600100200", { countryCode: "48", national: "600100200" }],
    ["12025550123", { countryCode: "1", national: "2025550123" }],
    ["390612345678", { countryCode: "39", national: "0612345678" }],
    ["999123456789", { countryCode: "999", national: "123456789" }],
  ])("is split into country code and national number: %s", (phone, parts) => {
    expect(splitPhone(phone)).toEqual(parts);
  });
});
