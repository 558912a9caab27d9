import examples from "libphonenumber-js/examples.mobile.json" with { type: "json" };
import { getCountries, getExampleNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { describe, expect, it } from "vitest";
import { createPhoneReader } from "../../../src/producer/phones/phone-reader.ts";
import { digits } from "./read-cell.ts";

describe("a cell that holds no phone", () => {
  it.each([
    ["", "phone_missing"],
    [" \u00a0\u200b ", "phone_missing"],
    ["'", "phone_missing"],
    ["4.86E+10", "phone_spreadsheet"],
    ["4,86E+10", "phone_spreadsheet"],
    ["4.86097e10", "phone_spreadsheet"],
    ["48600100200.0", "phone_decimal"],
    ["48600100200,00", "phone_decimal"],
    ["48600100200.5", "phone_decimal"],
    ["48600.000000", "phone_decimal"],
    ["-48600100200", "phone_spreadsheet"],
    ["'-48600100200", "phone_spreadsheet"],
    ["\u2212600100200", "phone_spreadsheet"],
    ["+48600100200)", "phone_brackets"],
    ["+48 (600 100 200", "phone_brackets"],
    ["(600) 100) 200", "phone_brackets"],
    [")600(100200", "phone_brackets"],
    ["() 600 100 200", "phone_brackets"],
    ["((600)) 100 200", "phone_brackets"],
    ["#########", "phone_spreadsheet"],
    ["#N/A", "phone_spreadsheet"],
    ["#VALUE!", "phone_spreadsheet"],
    ["n/a", "phone_invalid"],
    ["+43 664 1234567\u00b2", "phone_invalid"],
    ["+43 664 1234567 \u2460", "phone_invalid"],
    ["ana@example.com", "phone_invalid"],
    ["1-800-FLOWERS", "phone_invalid"],
    ["+48 600 100", "phone_invalid"],
    ["+48 000 000 000", "phone_invalid"],
    ["+999 600 100 200", "phone_invalid"],
    ["++48600100200", "phone_invalid"],
    ["+48600100200+", "phone_invalid"],
    ["00999600100200", "phone_invalid"],
    // Letters, behind one number, or with too few digits around them for two.
    ["600100200 Ann", "phone_invalid"],
    ["600100200, Ann", "phone_invalid"],
    ["600100200, 5", "phone_invalid"],
    ["123456, 57", "phone_invalid"],
    ["123456 (Ann) 123457 (Ben)", "phone_invalid"],
  ])("%j is %s", (cell, code) => {
    expect(digits(cell, "PL")).toBe(code);
  });

  it.each([
    ["22 601 12 34/35", "PL"],
    ["601 123 456/457", "PL"],
    ["+62 811-699-778/779", "PL"],
    ["600100200 / 600100201", "PL"],
    ["600 100 200, 600 100 201", "PL"],
    ["600 100 200, 201", "PL"],
    ["600 100 200; 201", "PL"],
    ["600100200 | 600100201", "PL"],
    ["600100200 & 600100201", "PL"],
    ["600100200\n600100201", "PL"],
    ["600100200 lub 600100201", "PL"],
    ["600100200 or 600100201", "PL"],
    ["0151 12345678 oder 0171 1234567", "DE"],
    ["06 12 34 56 78 ou 07 12 34 56 78", "FR"],
    ["347 123 4567 o 348 123 4567", "IT"],
    ["+48600100200 +48600100201", "PL"],
    ["+48600100200+48600100201", "PL"],
    ["600100200 (Ann) 600100201 (Ben)", "PL"],
    // Of a country whose numbers have seven digits.
    ["512 3456 (Ann) 512 3457 (Ben)", "EE"],
    ["512 3456, 57", "EE"],
    ["0211/123456-78/79", "DE"],
    ["0811699778-9", "ID"],
    ["0811699778-79", "ID"],
    ["0811-699-778-9", "ID"],
    ["600100200/60010", "PL"],
    ["0811 699 778 - 79", "ID"],
    ["06 12 34 56 78 / 07 12 34 56 78", "FR"],
    ["01234 567890/1", "GB"],
    // Too short for a number by itself, but the end is too short for anything else.
    ["60112345/67", "PL"],
    ["030123/4567", "DE"],
  ])("for there are two numbers in it, is told as that: %j", (cell, country) => {
    expect(digits(cell, country)).toBe("phone_two_numbers");
  });

  it.each([
    ["0151/12345678", "DE", "4915112345678"],
    ["+49 151/1234-5678", "DE", "4915112345678"],
    ["22/601 12 34", "PL", "48226011234"],
    ["03012/3456", "DE", "4930123456"],
    ["062 21/45678", "DE", "49622145678"],
    ["034202/12345", "DE", "493420212345"],
    // Without its first digit it would be one of Virginia.
    ["0157/12345678", "DE", "4915712345678"],
    ["0711 12345-67", "DE", "497111234567"],
    ["0812-3456-78-90", "ID", "6281234567890"],
    ["0470/12.34.56", "BE", "32470123456"],
    ["06/12/34/56/78", "FR", "33612345678"],
    ["+48 600 100 200/", "PL", "48600100200"],
    ["0151\u201312345678", "DE", "4915112345678"],
  ])("but for its slashes and dashes, is one number: %s", (cell, country, expected) => {
    expect(digits(cell, country)).toBe(expected);
  });

  it.each([
    "+48 600 100 200 ext. 5",
    "22 601 12 34 wew. 12",
    "22 601 12 34 w. 12",
    "22 601 12 34 x12",
    "22 601 12 34 #12",
    "+43 1 234567 DW 12",
    "+33 1 23 45 67 89 poste 12",
    "+51 1 2345678 anexo 12",
    "+55 11 3456-7890 ramal 12",
    "+39 02 1234567 int. 12",
    "+1 202 555 0143,,12",
    "+1 202 555 0143;ext=12",
    "600 100 200 (wew. 12)",
    "+43 664 1234567 (2)",
    "+49 711 12345(67)",
  ])("for it ends with an extension, is told as that: %s", (cell) => {
    expect(digits(cell, "PL")).toBe("phone_extension");
  });

  it.each([
    ["2026-11-30", "DK"],
    ["30.11.2026", "DK"],
    ["30-11-2026", "NO"],
    ["11/30/2026", "SG"],
    ["1984.1.5", "DE"],
    ["30. 11. 2026", "DK"],
    ["30.11.2026.", "SI"],
    ["30. 11.2026", "DK"],
    ["30.11. 2026", "DK"],
    ["30 - 11 - 2026", "DK"],
    ["30\u201311\u20132026", "DK"],
    ["30.\u00a011.\u00a02026", "SI"],
    ["30. 11. 2026.", "SI"],
    ["1984. 05. 12.", "HU"],
    ["2026/11/30", "DK"],
    ["30/11-2026", "DK"],
    ["30--11--2026", "DK"],
    ["30./11./2026", "DK"],
    ["30.-11.-2026", "DK"],
    ["30/11 2026", "DK"],
    ["30 11 2026", "DK"],
    ["2026 11 30", "DK"],
    ["31 01 2011", "DK"],
    ["31-01-2011", "HT"],
    ["(30.11.2026)", "DK"],
    ["30-11-26", "FO"],
    ["30/11-26", "FO"],
    ["30. 11. 26.", "FO"],
    ["91-12-31", "FO"],
    ["20.11.2026 10.15", "DE"],
    ["20-11-2026 1015", null],
    ["20-11 2026 1015", null],
    ["2026-11-30 10:15", "DK"],
    ["30.11.2026 r.", "DK"],
  ])("which is a date, is no phone: %s in a list of %s", (cell, country) => {
    expect(digits(cell, country)).toBe("phone_spreadsheet");
  });

  it.each([
    ["20 26 11 30", "DK", "4520261130"],
    ["20-26-11-30", "DK", "4520261130"],
    ["2026 1130", "DK", "4520261130"],
    ["20261130", "DK", "4520261130"],
    ["20.26.11.30", "DK", "4520261130"],
    ["06 12 26 20 26", "FR", "33612262026"],
    ["06.12.26.20.26", "FR", "33612262026"],
    ["0171-123-4567", "DE", "491711234567"],
    ["030.1234567", "DE", "49301234567"],
    ["20 11 2026 1015", null, "201120261015"],
    ["22 12 26", "GL", "299221226"],
    ["31 01 2011", "HT", "50931012011"],
    ["75.12.24", "NC", "687751224"],
  ])("but is not written as a date, is a phone: %s in a list of %s", (cell, country, expected) => {
    expect(digits(cell, country)).toBe(expected);
  });

  it.each(["30 Nov 2026", "30. listopada 2026", "2026年11月30日", "11:30", "30,11,2026"])(
    "which is another way to write a time, is no phone: %s",
    (cell) => {
      for (const country of ["DK", "SI", "FO", null]) {
        expect(digits(cell, country)).toMatch(/^phone_(?:invalid|spreadsheet)$/);
      }
    },
  );

  it("which is a mobile as its country writes it, is no date, in any country", () => {
    for (const country of getCountries()) {
      const example = getExampleNumber(country, examples);
      if (example === undefined) continue;
      const number = example.nationalNumber;
      // Other numbers of the same length that may look like a date in their groups.
      for (const end of ["", "1126", "2026", "112026", "301126", "051224", "1012011"]) {
        const changed = number.slice(0, Math.max(1, number.length - end.length)) + end;
        const phone = parsePhoneNumberFromString(changed, country);
        if (phone?.isValid() !== true) continue;
        for (const text of [phone.formatNational(), phone.formatInternational()]) {
          expect(digits(text, country), `${text} in ${country}`).not.toBe("phone_spreadsheet");
          const dotted = text.replaceAll(" ", ".");
          if (dotted.split(".").length === 3) continue;
          expect(digits(dotted, country), dotted).not.toBe("phone_spreadsheet");
        }
      }
    }
  });

  it.each([
    ["+43-1-1234567", "AT"],
    ["+49-30-12345678", "DE"],
    ["+48-22-6011234", "PL"],
  ])("for %s was computed as a difference, is told as that in a list of %s", (cell, country) => {
    const [code = 0, ...others] = cell.split("-").map(Number);
    const computed = others.reduce((rest, number) => rest - number, code);

    expect(digits(String(computed), country)).toBe("phone_spreadsheet");
  });

  it.each([
    ["+(479) 812-3456", null, "phone_brackets"],
    ["00(479) 8123456", null, "phone_brackets"],
    ["+4(8)600100200", null, "phone_brackets"],
    ["+(48) 600 100 200", null, "48600100200"],
    ["(0048) 600 100 200", null, "48600100200"],
    ["+48 (600 100 200)", null, "48600100200"],
    ["+1 (479) 812-3456", null, "14798123456"],
    ["+39 (0)6 12345678", null, "390612345678"],
    ["+39 (0)347 1234567", null, "393471234567"],
    ["+39 (06) 12345678", null, "390612345678"],
    // Only a zero in brackets of its own says that it may not belong to the number.
    ["+39 (0347) 1234567", null, "phone_invalid"],
    ["+39 0347 1234567", null, "phone_invalid"],
    // Another digit belongs to it, although Lower Saxony has a number without it.
    ["+49 (1)51 12345678", null, "4915112345678"],
    ["+20 (100) 123 4567", null, "201001234567"],
    ["+(800) 1234 5678", null, "80012345678"],
    ["+(80)0 1234 5678", null, "phone_brackets"],
    ["+44 (0)7400 123456", null, "447400123456"],
    ["(479) 812-3456", null, "phone_ambiguous"],
  ])(
    "is told by its brackets, or read with them: %s in a list of %s is %s",
    (cell, country, code) => {
      expect(digits(cell, country)).toBe(code);
    },
  );

  it.each([
    ["+1\ufe0e-202-555-0143", "12025550143"],
    ["\u061c+966 50 123 4567", "966501234567"],
    [
      "\u0660\u0660\u0662\u0660\u0661\u0660\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
      "201001234567",
    ],
    ["+\u06f9\u06f8 912 345 6789", "989123456789"],
    ["\u0967 202 555 0143", "12025550143"],
    ["+48\u034f600\u00ad100\u115f200", "48600100200"],
    ["\u{e0020}+48600100200", "48600100200"],
  ])("is read as what can be seen of it: %j is %s", (cell, expected) => {
    expect(digits(cell)).toBe(expected);
  });

  it.each([
    ["+48600\u2800100200", "U+2800"],
    ["+48600\u0007100200", "U+0007"],
    ["+48600100200\u20e3", "U+20E3"],
    ["+48600\ue000100200", "U+E000"],
    ["+48600\u202e200100\u202c", "U+202E"],
  ])("for something in it cannot be seen, names that: %j", (cell, about) => {
    expect(createPhoneReader(null)(cell)).toEqual({ ok: false, code: "phone_invisible", about });
  });

  it("is looked at up to 160 characters, also if it holds several", () => {
    const two = (length: number) => `600100200${" ".repeat(length - 19)},600100201`;

    expect(digits(two(160), "PL")).toBe("phone_two_numbers");
    expect(digits(two(161), "PL")).toBe("phone_invalid");
  });

  it.each([
    // Niue's landlines have four digits, too few to be told from any other number.
    ["4012", "NU", "phone_invalid"],
    ["51234", "FK", "50051234"],
    // The longest number there is, behind the longest prefix.
    ["8 10 43 2612686389325", "RU", "432612686389325"],
    ["0011 43 2612686389325", "AU", "phone_invalid"],
  ])("has 5 to 18 digits: %s in a list of %s is %s", (cell, country, expected) => {
    expect(digits(cell, country)).toBe(expected);
  });

  it("of a hundred thousand characters is refused like any other", () => {
    const cells = ["9", " ", "(", "+", "e", "#a", "1."].map((part) => part.repeat(100_000));

    // A pattern that backtracks over this would run into the test's time limit.
    for (const cell of cells) expect(digits(cell, "PL")).toMatch(/^phone_/);
  });
});
