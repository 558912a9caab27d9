import { describe, expect, it } from "vitest";
import { countryNamed } from "../../../src/producer/columns/country-names.ts";
import { checkText } from "../import/check-text.ts";

/** What becomes of the rows of a list: the phones, and the codes of the rejected ones by line. */
async function read(country: string | null, ...lines: string[]) {
  const { report } = await checkText(lines.join("\n"), {
    texts: ["Hi"],
    recipients: { country, maxRejected: 1 },
  });
  const sent = report.samples.map(({ line, body }) => [line, body.to]);
  const rejected = report.problems.flatMap(({ code, lines: of }) => of.map((line) => [line, code]));
  return { sent, rejected, problems: report.problems };
}

describe("A phone whose row names its country in another column", () => {
  it("is not read as another person's number of the list's country", async () => {
    const { sent, rejected, problems } = await read(
      "PL",
      "phone,country",
      "600 105 000,PL",
      "601 123 456,CZ",
      "600 105 002,Polska",
      "601 123 457,Czech Republic",
    );

    expect(sent.map(([line]) => line)).toEqual([2, 4]);
    expect(rejected).toEqual([
      [3, "phone_other_country"],
      [5, "phone_other_country"],
    ]);
    expect(problems[0]?.reason).toContain('column "country" names another country');
  });

  it("is read if it has a country code, or is a number of the list's country alone", async () => {
    const { sent, rejected } = await read(
      "PL",
      "phone,Billing Country,Shipping Country",
      "+48 600 105 000,Germany,",
      "0048600105001,Czechia,",
      "48600105002,DE,",
      "600105003,US,",
      "600105004,DE,Poland",
      "600105005,unknown,-",
    );

    expect(rejected).toEqual([]);
    expect(sent).toHaveLength(3);
  });

  it("is not read as abroad without the country that the row names", async () => {
    const { rejected } = await read(
      null,
      "Handy,Land",
      "15123456789,Deutschland",
      "15123456780,Deutschland",
    );

    expect(rejected).toEqual([
      [2, "phone_other_country"],
      [3, "phone_other_country"],
    ]);
  });
});

describe("A phone whose beginning is in another column", () => {
  it("is not read without its country code", async () => {
    const { sent, rejected, problems } = await read(
      "DE",
      "Vorwahl;Handy",
      "+49;15123456789",
      "+43;6641234567",
      "0043;6641234568",
      "49;15123456780",
      ";15123456781",
    );

    expect(rejected).toEqual([
      [3, "phone_split"],
      [4, "phone_split"],
    ]);
    expect(sent).toHaveLength(3);
    expect(problems[0]?.reason).toContain('which column "Vorwahl" holds');
  });

  it("is not read as abroad without its country code", async () => {
    const { rejected } = await read(
      null,
      "country code,phone",
      "49,15123456789",
      "+49,15123456780",
      "'+49,15123456781",
    );

    expect(rejected.map(([, code]) => code)).toEqual(["phone_split", "phone_split", "phone_split"]);
  });

  it("is not read without its area code, which would be another place", async () => {
    const { sent, rejected } = await read(
      "DE",
      "Vorwahl;Telefon",
      "0151;23456789",
      "030;2345678",
      "030;0302345678",
      "030;302345679",
      "030;0151 23456780",
    );

    expect(rejected).toEqual([
      [2, "phone_split"],
      [3, "phone_split"],
    ]);
    expect(sent.map(([line]) => line)).toEqual([4, 5, 6]);
  });
});

it.each([
  ["de", "DE"],
  ["DEU", "DE"],
  ["Deutschland", "DE"],
  ["Allemagne", "DE"],
  ["Niemcy", "DE"],
  ["Türkiye", "TR"],
  ["UK", "GB"],
  ["U.S.A.", null],
  ["USA", "US"],
  ["Côte d’Ivoire", "CI"],
  ["Polska", "PL"],
  ["Россия", "RU"],
  ["Bavaria", null],
  ["", null],
  ["+49", null],
])("a cell of '%s' names the country %s", (cell, country) => {
  expect(countryNamed(cell)).toBe(country);
});
