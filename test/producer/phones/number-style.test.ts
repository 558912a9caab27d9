import { describe, expect, it } from "vitest";
import {
  createShapeCounter,
  readsAlike,
  styleOf,
} from "../../../src/producer/phones/number-style.ts";
import { readAmong, readColumn } from "./read-column.ts";

const AMERICANS = ["(212) 555-0188", "(212) 555-0189", "212-555-0190", "2125550191"];
const POLES = ["600 100 201", "600100202", "+48 600 100 203", "48600100204"];

describe("a list of national numbers", () => {
  it.each([
    ["(479) 044-8617", "phone_invalid"],
    ["(4790) 448617", "phone_brackets"],
    ["479 044 8617", "phone_invalid"],
    ["479-044-8617", "phone_invalid"],
    ["4790448617", "phone_abroad"],
    ["(658) 012-3456", "phone_invalid"],
    ["6580123456", "phone_abroad"],
    ["1 212 555 0192", "12125550192"],
    ["12125550192", "12125550192"],
    ["479-812-3456", "14798123456"],
    ["(479) 812-3456", "14798123456"],
    ["4798123456", "14798123456"],
    ["+47 98 12 34 56", "4798123456"],
    ["011 47 98 12 34 56", "4798123456"],
    ["0047 98123456", "4798123456"],
    ["(416) 555-0123", "phone_abroad"],
    ["1 416 555 0123", "phone_abroad"],
    ["+1 416 555 0123", "14165550123"],
  ])("of the United States reads %s as %s", (cell, expected) => {
    expect(readAmong(cell, AMERICANS, { country: "US" })).toBe(expected);
  });

  it.each([
    ["4915112345678", "phone_abroad"],
    ["22601123435", "phone_abroad"],
    ["601123456457", "phone_abroad"],
    ["60010020", "phone_invalid"],
    ["6001002010", "phone_invalid"],
    ["0048600100205", "48600100205"],
    ["0049 151 12345678", "4915112345678"],
    ["48 600 100 205", "48600100205"],
    ["(48) 600 100 205", "48600100205"],
  ])("of Poland reads %s as %s", (cell, expected) => {
    expect(readAmong(cell, POLES, { country: "PL" })).toBe(expected);
  });

  it("takes no list apart: the cells alone would be people abroad", () => {
    const { style, phones } = readColumn(
      ["(479) 044-8617", "(658) 012-3456", "(212) 555-0188", "(212) 555-0189", "(212) 555-0190"],
      { country: "US" },
    );

    expect(style.bare).toBe("national");
    expect(phones).toEqual([
      ...["phone_invalid", "phone_invalid"],
      ...["12125550188", "12125550189", "12125550190"],
    ]);
  });

  it("behind their own code takes none with a mistyped digit for a number of another kind", () => {
    const german = ["4915112345678", "4917112345678", "491711234567"];
    const brazilian = ["5511987654321", "5521987654322", "5531987654323"];
    const indonesian = ["6281234567890", "6281234567891", "081234567892"];

    for (const cell of ["491511234567", "49171123456", "49151123456789", "4914112345678"]) {
      expect(readAmong(cell, ["0151 12345678"], { country: "DE" }), cell).toMatch(/^phone_/);
      expect(readAmong(cell, german, { country: "DE" }), cell).toMatch(/^phone_/);
    }
    expect(readAmong("55987654321", brazilian, { country: "BR" })).toBe("phone_ambiguous");
    expect(readAmong("6281234567", indonesian, { country: "ID" })).toBe("phone_ambiguous");
  });

  it("has numbers that begin with its own code where they are written without it", () => {
    const german = ["15112345678", "17112345678", "30 1234567"];
    const brazilian = ["11987654321", "21987654322", "31987654323"];

    expect(readAmong("49151123456", german, { country: "DE" })).toBe("4949151123456");
    expect(readAmong("49151/123456", german, { country: "DE" })).toBe("4949151123456");
    expect(readAmong("49151/123456", [], { country: "DE" })).toBe("phone_ambiguous");
    expect(readAmong("55987654321", brazilian, { country: "BR" })).toBe("5555987654321");
    expect(readAmong("55987654321", [], { country: "BR" })).toBe("phone_ambiguous");
    expect(readAmong("55987654321", [], { country: "BR", numbers: "national" })).toBe(
      "5555987654321",
    );
    expect(readAmong("(55) 98765-4321", ["5511987654321"], { country: "BR" })).toBe(
      "5555987654321",
    );
    expect(readAmong("3921234567", ["393471234567"], { country: "IT" })).toBe("393921234567");
  });

  it("of one area that is another country's code is that area", () => {
    const arkansas = ["479-812-3456", "4794123456", "(479) 812-3457"];

    expect(readColumn(arkansas, { country: "US" }).phones).toEqual([
      ...["14798123456", "14794123456", "14798123457"],
    ]);
  });

  it("has numbers that begin as its own code does, and are what its others are", () => {
    const german = (cell: string, cells: string[]) => readAmong(cell, cells, { country: "DE" });
    const withZero = ["0151 12345678", "030 1234567", "0711 1234567"];
    const withoutZero = Array.from({ length: 60 }, (_, at) => `30 12345${10 + at}`);

    expect(german("497111234567", ["493012345678", ...withZero])).toBe("497111234567");
    expect(german("497111234567", withZero)).toBe("phone_ambiguous");
    expect(german("497111234567", withoutZero)).toBe("49497111234567");
    expect(german("497111234567", [...withoutZero, "49 30 1234567"])).toBe("49497111234567");
    expect(german("497111234567", [...withoutZero.slice(0, 9), "49 30 1234567"])).toBe(
      "phone_ambiguous",
    );
    expect(german("49 711 1234567", withoutZero)).toBe("497111234567");
    // Of a mobile and a landline, or a service, the mobile is meant.
    expect(german("4915112345678", withoutZero)).toBe("4915112345678");
    expect(readAmong("3989491462", [], { country: "IT" })).toBe("393989491462");
  });
});

describe("a list of international numbers without plus", () => {
  const ABROAD = ["4915112345678", "33612345678", "48600100200", "447400123456"];

  it("is known by most of its cells, also where a country is set", () => {
    const { style, phones } = readColumn(ABROAD, { country: "PL" });

    expect(style.bare).toBe("international");
    expect(phones).toEqual(ABROAD);
    const more = [...ABROAD, "4915112345679", "4915112345680", "4915112345681"];
    expect(readAmong("600100200", more, { country: "PL" })).toBe("phone_without_code");
    // Brackets may hold the list's own code, and then all of it.
    expect(readAmong("(48) 600 100 200", more, { country: "PL" })).toBe("48600100200");
    expect(readAmong("4(8) 600 100 200", more, { country: "PL" })).toBe("phone_without_code");
    expect(readAmong("(4)8 600 100 200", more, { country: "PL" })).toBe("phone_without_code");
  });

  it("is none where but one or two cells are so: they may be slips", () => {
    expect(readColumn(["4790448617", "6580123456"], { country: "US" }).phones).toEqual([
      ...["phone_ambiguous", "phone_ambiguous"],
    ]);
  });

  it("is known without a country as well", () => {
    expect(readColumn(ABROAD).phones).toEqual(ABROAD);
    expect(readColumn(["48600100200"]).phones).toEqual(["48600100200"]);
  });

  it("is none where bare cells are not all so: nobody knows whose the others are", () => {
    expect(readColumn(["(479) 812-3456", "+48600100200"]).phones).toEqual([
      ...["phone_ambiguous", "48600100200"],
    ]);
    const { phones } = readColumn([...ABROAD, "600 100 200", "0151 12345678"]);

    expect(new Set(phones)).toEqual(new Set(["phone_ambiguous"]));
  });

  it("is none where all cells are American numbers of ten digits, too", () => {
    expect(readColumn(["4798123456", "479 412 3456", "+48600100200"]).phones).toEqual([
      ...["phone_ambiguous", "phone_ambiguous", "48600100200"],
    ]);
    // Of Norwegians, every fifth is no American.
    const norwegians = ["4798123456", "4790123456", "4741234567", "4792234567", "4799912345"];
    expect(readColumn(norwegians).phones).toEqual(norwegians);
  });
});

describe("a list of both", () => {
  const half = [
    ...["2125550188", "2125550189", "2125550190", "2125550191"],
    ...["4790123456", "4741034567", "447400123456", "4915112345678"],
  ];

  it("reads no cell that would be another person's in the other style", () => {
    const { style, phones } = readColumn([...half, "4798123456"], { country: "US" });

    expect(style.bare).toBe("unclear");
    expect(phones.slice(0, 4)).toEqual(half.slice(0, 4).map((digits) => `1${digits}`));
    expect(new Set(phones.slice(4))).toEqual(new Set(["phone_ambiguous"]));
  });

  it("rejects what reads both ways although most of it is national", () => {
    const mostly = [...half.slice(0, 4), ...AMERICANS, "4790123456"];

    expect(readAmong("4798123456", mostly, { country: "US" })).toBe("phone_ambiguous");
  });

  it("is read as a person says", () => {
    const cells = ["2125550188", "4790123456", "4798123456", "+48600100200"];

    expect(readColumn(cells, { country: "US", numbers: "national" }).phones).toEqual([
      ...["12125550188", "phone_abroad", "14798123456", "48600100200"],
    ]);
    expect(readColumn(cells, { country: "US", numbers: "international" }).phones).toEqual([
      ...["phone_without_code", "4790123456", "4798123456", "48600100200"],
    ]);
    expect(readColumn(["4798123456"], { numbers: "international" }).phones).toEqual(["4798123456"]);
  });
});

describe("what a country dials before a number abroad", () => {
  it.each([
    ["0011 44 7723 456789", "AU", "447723456789"],
    ["0011 61 412 345 678", "AU", "61412345678"],
    ["011 44 7723 456789", "US", "447723456789"],
    ["8 10 44 7723 456789", "RU", "447723456789"],
    ["010 44 7723 456789", "JP", "447723456789"],
    ["000 44 7723 456789", "KE", "447723456789"],
    ["0044 7723 456789", "AU", "447723456789"],
    // Singapore's 001, or 00 and the United States.
    ["001 47 98 12 34 56", "SG", "phone_ambiguous"],
    ["011 44 7723 456789", "GB", "phone_invalid"],
  ])("%s in a list of %s is %s", (cell, country, expected) => {
    expect(readAmong(cell, [], { country })).toBe(expected);
  });

  it("and one zero too many before a mobile are not told apart", () => {
    const germans = ["0157 12345678", "0151 12345678"];

    expect(readAmong("0015712345678", germans, { country: "DE" })).toBe("phone_ambiguous");
    expect(readAmong("00 1 571 234 5678", germans, { country: "DE" })).toBe("15712345678");
    expect(readAmong("0033612345678", germans, { country: "DE" })).toBe("33612345678");
    // A Norwegian, or a landline in South Tyrol, whose own zero must stay.
    const italians = Array.from({ length: 300 }, (_, at) => `347 1234${100 + at}`);
    expect(readAmong("004722123456", italians, { country: "IT" })).toBe("phone_ambiguous");
  });

  it("counts as a slip where the list hardly has it", () => {
    const many = Array.from({ length: 300 }, (_, at) => `0409 281 ${100 + at}`);

    expect(readAmong("0049281785", many, { country: "AU" })).toBe("phone_ambiguous");
    expect(readAmong("0048600100200", many, { country: "AU" })).toBe("48600100200");
    // One digit more than a mobile has at home, where it is dialled with a zero and without one.
    const poles = Array.from({ length: 300 }, (_, at) => `600 100 ${100 + at}`);
    expect(readAmong("00687751224", many, { country: "AU" })).toBe("687751224");
    expect(readAmong("0050051234", poles, { country: "PL" })).toBe("50051234");
  });
});

describe("prefixes and digits of former times", () => {
  it.each([
    ["01 55 1234 5670", "MX", "525512345670"],
    ["044 55 1234 5678", "MX", "525512345678"],
    ["045 55 1234 5678", "MX", "525512345678"],
    ["52 1 55 1234 5678", "MX", "525512345678"],
    ["1 55 1234 5678", "MX", "phone_ambiguous"],
    // A person may have added a zero in front: it is no number of New Jersey or Britain then.
    ["001 55 1234 5670", "MX", "phone_ambiguous"],
    ["0044 55 1234 5678", "MX", "phone_ambiguous"],
    ["01 55 1234 567", "MX", "phone_invalid"],
    ["044 55 1234 56789", "MX", "phone_invalid"],
    ["011 15 2345-6789", "AR", "5491123456789"],
    ["9 11 2345-6789", "AR", "5491123456789"],
    ["(11) 8765-4329", "BR", "5511987654329"],
    ["1187654329", "BR", "5511987654329"],
    ["(011) 8765-4329", "BR", "5511987654329"],
    ["(0xx11) 98765-4321", "BR", "5511987654321"],
    ["0xx11 98765-4321", "BR", "5511987654321"],
    ["0 15 11 98765-4321", "BR", "5511987654321"],
    ["015 11 98765-4321", "BR", "5511987654321"],
    ["041 98425-5489", "BR", "5541984255489"],
    ["(41) 98425-54895", "BR", "phone_invalid"],
    ["07723 4567890", "GB", "phone_invalid"],
    ["97123456", "BJ", "phone_old_plan"],
    ["+229 97 12 34 56", "BJ", "phone_old_plan"],
    ["+229 01 97 12 34 56", "BJ", "2290197123456"],
    ["07 12 34 56", "CI", "phone_old_plan"],
    ["0168 123 4567", "VN", "phone_old_plan"],
    ["+84 168 123 4567", "PL", "phone_old_plan"],
    ["(1) 234 5678", "CO", "phone_old_plan"],
  ])("%s in a list of %s is %s", (cell, country, expected) => {
    expect(readAmong(cell, [], { country })).toBe(expected);
  });

  it("of Brazil's mobiles are taken for slips where the list is of today", () => {
    const today = Array.from({ length: 20 }, (_, at) => `(11) 98765-43${10 + at}`);

    expect(readAmong("(11) 8765-4329", today, { country: "BR" })).toBe("phone_old_plan");
    // A mobile that lost a digit begins with 9 still.
    expect(readAmong("(11) 9876-4329", today.slice(0, 3), { country: "BR" })).toBe(
      "phone_old_plan",
    );
    expect(readAmong("(11) 8765-4329", today.slice(0, 3), { country: "BR" })).toBe("5511987654329");
    expect(readAmong("+55 11 8765-4329", today, { country: "BR" })).toBe("5511987654329");
    // An area that ends with the new digit.
    expect(readAmong("(99) 8765-4329", today, { country: "BR" })).toBe("phone_old_plan");
  });

  it("never come with the advice to add a zero, where that is somebody else's number", () => {
    // With a zero: 00 and a number of New Jersey, Britain, Kazakhstan; a mobile with a digit missing.
    const cells = [
      ["01 55 1234 56701", "MX"],
      ["044 55 1234 567", "MX"],
      ["07723 4567890", "GB"],
      ["(41) 98425-54895", "BR"],
      ["347123456", "IT"],
    ] as const;
    for (const [cell, country] of cells) {
      expect(readAmong(cell, [], { country })).not.toBe("phone_zero_lost");
    }
    expect(readAmong("612345678", [], { country: "IT" })).toBe("phone_zero_lost");
  });
});

describe("the counts of a list", () => {
  const PLAIN = { ...createShapeCounter().counts, plain: 4 };
  const style = styleOf(PLAIN, { country: "BR", given: null });

  it.each([
    ["all, if more are old than of today", { old: 3, short: 2 }, "all"],
    ["those that are certain, if typos are not so frequent", { old: 3, short: 1 }, "read"],
    ["none, if they may be typos", { old: 0, short: 4 }, "reject"],
  ])("say of mobiles without their new digit: %s", (_, counts, old) => {
    expect(styleOf({ ...PLAIN, ...counts }, { country: "BR", given: null })).toMatchObject({ old });
  });

  it.each([
    ["bare", "international", "trunk"],
    ["either", "reject", "either"],
    ["eitherHome", "reject", "either_home"],
    ["mistyped", "reject", "mistyped"],
    ["old", "all", "old"],
    ["old", "all", "short"],
    ["zeros", "landlines", "zeros"],
  ] as const)(
    "say that %s is read differently only if the list has such cells",
    (part, other, shape) => {
      const changed = { ...style, [part]: style[part] === other ? "all" : other };
      const none = createShapeCounter().counts;

      expect(readsAlike(none, style, changed)).toBe(true);
      expect(readsAlike({ ...none, [shape]: 1 }, style, changed)).toBe(false);
    },
  );
});
