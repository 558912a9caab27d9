import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldPhone, maskPhone } from "../../src/core/recipient.ts";

const digits = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(""));

describe("foldPhone", () => {
  test.each([
    ["Brazil with and without the ninth digit", ["5531987654321", "553187654321"]],
    ["Mexico with and without the 1", ["5215512345678", "525512345678"]],
    [
      "Buenos Aires from abroad, plain and as written at home",
      ["5491123456789", "541123456789", "54111523456789", "549111523456789"],
    ],
    ["an Argentine three-digit area", ["5493514567890", "543514567890", "54351154567890"]],
    ["an Argentine four-digit area", ["5492966456789", "542966456789", "54296615456789"]],
  ])("makes one person of %s", (_what, spellings) => {
    const folded = spellings.map(foldPhone);

    expect(new Set(folded).size).toBe(1);
  });

  test("keeps a Brazilian landline apart from the mobile that has a 9 more", () => {
    expect(foldPhone("551132345678")).not.toBe(foldPhone("5511932345678"));
  });

  test("is idempotent for any digits", () => {
    const prefixed = fc
      .tuple(fc.constantFrom("", "55", "52", "521", "54", "549", "5411", "54911"), fc.nat(9))
      .chain(([prefix, length]) => digits(length + 4).map((rest) => prefix + rest));

    fc.assert(
      fc.property(prefixed, (phone) => {
        expect(foldPhone(foldPhone(phone))).toBe(foldPhone(phone));
      }),
      { numRuns: 5_000 },
    );
  });

  test("makes one person of every mobile's two spellings in Brazil and Mexico", () => {
    const area = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));

    fc.assert(
      fc.property(area, fc.integer({ min: 6, max: 9 }), digits(7), ([a, b], first, rest) => {
        expect(foldPhone(`55${a}${b}${first}${rest}`)).toBe(
          foldPhone(`55${a}${b}9${first}${rest}`),
        );
        expect(foldPhone(`521${first}${a}${b}${rest}`)).toBe(
          foldPhone(`52${first}${a}${b}${rest}`),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test("never changes a number of any other country", () => {
    const other = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(14))
      .chain(([first, length]) => digits(length).map((rest) => first + rest))
      .filter((phone) => !/^5[245]/.test(phone));

    fc.assert(
      fc.property(other, (phone) => {
        expect(foldPhone(phone)).toBe(phone);
      }),
      { numRuns: 2_000 },
    );
  });

  test("never makes one person of two numbers whose last seven digits differ", () => {
    const phone = fc
      .tuple(fc.constantFrom("55", "52", "521", "54", "549"), digits(10))
      .map(([prefix, rest]) => prefix + rest);

    fc.assert(
      fc.property(phone, phone, (one, two) => {
        fc.pre(one.slice(-7) !== two.slice(-7));

        expect(foldPhone(one)).not.toBe(foldPhone(two));
      }),
    );
  });
});

describe("maskPhone", () => {
  test("shows the two first and the two last digits", () => {
    expect(maskPhone("48609655911")).toBe("48******11");
  });

  test("shows nothing of a number too short to hide", () => {
    expect(maskPhone("112")).toBe("******");
  });
});
