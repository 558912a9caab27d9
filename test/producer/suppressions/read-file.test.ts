import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  readSuppressionFile,
  type SuppressionRow,
} from "../../../src/producer/suppressions/read-file.ts";
import { testFolder } from "../list/read-list.ts";

type Input = Parameters<typeof readSuppressionFile>[0];

async function read(text: string | Buffer, input: Partial<Input> = {}) {
  const path = join(await testFolder(), "opt-outs.csv");
  await writeFile(path, text);
  const rows: SuppressionRow[] = [];
  const result = await readSuppressionFile({
    ...{ path, country: null, columns: [], encoding: null, scope: "all", source: "test" },
    visit: async (some) => void rows.push(...some),
    ...input,
  });
  const phones = rows.flatMap(({ entries }) => entries.map(({ phone }) => phone));
  const rejected = rows.flatMap(({ line, rejected: cells }) =>
    cells.map(({ column, code }) => [line, column, code]),
  );
  return { result, rows, phones, rejected };
}

describe("a plain list of numbers", () => {
  it("without their country is told line by line, and no number is named", async () => {
    const { result, phones, rejected } = await read("600100200\n600100201\n");

    expect(result).toMatchObject({ ok: true, value: { columns: [] } });
    expect(phones).toEqual([]);
    expect(rejected.map(([line, column]) => [line, column])).toEqual([
      [1, "phone"],
      [2, "phone"],
    ]);
  });

  it("may have the empty column of a spreadsheet behind it", async () => {
    const { phones } = await read("+48600100200;\n+48600100201;\n");

    expect(phones).toEqual(["48600100200", "48600100201"]);
  });

  it.each([
    ["two numbers", "+48600100200 +48600100201"],
    ["two numbers with a slash", "600100200 / 600100201"],
    ["a name behind the number", "600100200 Anna"],
    ["a name before it", "Anna: +48600100200"],
    ["digits of another script", "٦٠٠١٠٠٢٠٠"],
    ["marks that nobody sees", "\u202a600100200\u202c"],
    ["dashes that do not break", "600\u2011100\u2011200"],
    ["a long note behind it", `600100200 ${"does not want any more messages ".repeat(10)}`],
  ])("loses no opt-out to its first line: %s", async (_, first) => {
    const { result, phones, rejected } = await read(`${first}\n+48600100202\n`);

    expect(result).toMatchObject({ ok: true, value: { columns: [] } });
    expect(phones).toEqual(["48600100202"]);
    expect(rejected.map(([line, column]) => [line, column])).toEqual([[1, "phone"]]);
  });

  it.each([
    "Export 2026-11-30 10:15",
    "Opt-outs of 30.11.2026 10:15",
    "optouts_20261130101500",
    "Phone (e.g. +48 600 100 200)",
    "cf_360012345678",
  ])("may be called %j", async (name) => {
    const { result, phones, rejected } = await read(`${name}\n+48600100202\n`);

    expect(result).toMatchObject({ ok: true, value: { columns: [name] } });
    expect(phones).toEqual(["48600100202"]);
    expect(rejected).toEqual([]);
  });

  it("may have a name above it, whatever that is", async () => {
    const { phones, result } = await read("opt-outs\n48600100200\n48600100201\n");

    expect(result).toMatchObject({ ok: true, value: { columns: ["opt-outs"] } });
    expect(phones).toEqual(["48600100200", "48600100201"]);
  });
});

describe("a list of people who opted out", () => {
  it("without a header is refused, and no number is named", async () => {
    const { result } = await read("Anna;600100200\nEwa;600100201\n");

    expect(result).toMatchObject({ ok: false, refusal: { code: "header_missing" } });
    expect(JSON.stringify(result)).not.toContain("600100200");
  });

  it("without a header is refused where its first line has two numbers in a cell", async () => {
    const { result } = await read("Anna;+48600100200 +48600100201\nEwa;+48600100202\n");

    expect(result).toMatchObject({ ok: false, refusal: { code: "header_missing" } });
    expect(JSON.stringify(result)).not.toContain("600100200");
  });

  it("is refused as a list of everybody if it says who did not opt out", async () => {
    const { result, phones } = await read(
      "phone,Unsubscribed\n+48600100200,1\n+48600100201,\n+48600100202,0\n",
    );

    expect(result).toMatchObject({ ok: false, refusal: { code: "opt_outs_mixed" } });
    expect(JSON.stringify(result)).toContain("line 4");
    expect(phones).toEqual([]);
  });

  it("never gives a stranger for a phone whose country is in another column", async () => {
    const { phones, rejected } = await read(
      "phone,country\n600 105 000,PL\n601 123 456,CZ\n+420 601 123 457,CZ\n",
      { country: "PL" },
    );

    expect(phones).toEqual(["48600105000", "420601123457"]);
    expect(rejected).toEqual([[3, "phone", "phone_other_country"]]);
  });

  it("has columns told that read as phones although no name says so", async () => {
    const { result, phones } = await read(
      "tel,kom,liczba\n22 601 12 30,600105057,600105058\n,600105059,\n",
      { country: "PL" },
    );

    expect(phones).toEqual(["48226011230", "48600105057", "48600105059"]);
    expect(result).toMatchObject({ ok: true, value: { unread: ["liczba"] } });
  });

  it("may say of each when or that it was", async () => {
    const { phones } = await read(
      "phone,opt_in,Unsubscribed at\n+48600100200,no,2026-01-31\n+48600100201,yes,31.01.2026\n",
    );

    expect(phones).toEqual(["48600100200", "48600100201"]);
  });

  it("gives every phone of a person, from each column that holds some", async () => {
    const { result, rows, phones } = await read(
      "name,Phone,WhatsApp,Fax,Kontakt\n" +
        "Ann,+48221235560,+48600106000,+48221235569,Eva\n" +
        "Bob,+48221235561,+48 22 123 55 61,,\n" +
        "Cid,,+48600106002,,\n",
    );

    expect(result).toMatchObject({ ok: true, value: { columns: ["Phone", "WhatsApp"] } });
    expect(phones).toEqual(["48221235560", "48600106000", "48221235561", "48600106002"]);
    expect(rows.flatMap(({ rejected }) => rejected)).toEqual([]);
  });

  it("has its second phones read although few rows have one, or none of the first", async () => {
    const sparse = ["name,phone,mobile", "Ann,+48221235580,+48600106020", "Cid,+48221235582,"];
    const late = Array.from({ length: 400 }, (_, at) => `N,+48221235${at + 100},`);

    const { phones } = await read(`${[...sparse, ...late, "Z,,+48600106099"].join("\n")}\n`);

    expect(phones).toHaveLength(404);
    expect(phones).toContain("48600106020");
    expect(phones.at(-1)).toBe("48600106099");
  });

  it("has its columns named by whoever imports it, in any case, and then those alone", async () => {
    const text = "Phone,Agent phone,ref\n+48600106000,+48600106001,48600106002\n";

    const unclear = await read(text);
    const one = await read(text, { columns: ["phone"] });
    const both = await read(text, { columns: ["ref", "PHONE", "Ref"] });
    const unknown = await read(text, { columns: ["fone"] });

    expect(unclear.result).toMatchObject({
      ok: false,
      refusal: {
        code: "phone_column_unclear",
        fix: 'Name the columns that count, as in --column Phone --column "Agent phone".',
      },
    });
    expect(one.phones).toEqual(["48600106000"]);
    expect(both.phones).toEqual(["48600106002", "48600106000"]);
    expect(unknown.result).toMatchObject({ ok: false, refusal: { code: "phone_column_unknown" } });
    expect(JSON.stringify(unknown.result)).toContain('did you mean \\"Phone\\"?');
  });

  it("may have several columns of one name, which count all", async () => {
    const text = "Phone,name,phone\n+48600106000,Ann,+48600106001\n";

    for (const columns of [[], ["Phone"]]) {
      expect((await read(text, { columns })).phones).toEqual(["48600106000", "48600106001"]);
    }
  });

  it("is not a plain list of numbers when a column of it is named", async () => {
    const { result } = await read("+48600106000\n+48600106001\n", { columns: ["phone"] });

    expect(result).toMatchObject({ ok: false, refusal: { code: "header_missing" } });
  });

  it("is not read from a column whose digits only read as phones", async () => {
    const { result, phones } = await read("name,Customer ID\nAnn,33612345670\nBob,33612345671\n");

    expect(result).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
    expect(phones).toEqual([]);
  });

  it("has each cell told that cannot be read, and keeps the other phones of its row", async () => {
    const { phones, rejected } = await read(
      "name,phone,mobile\n" +
        "Ann,22 601 12,+48600106000\n" +
        "Bob,####,\n" +
        "Cid,,\n" +
        "Dan,none,600106001\n" +
        "Eve,none,\n" +
        "Fay,4.86E+10,12345678\n" +
        "Gus,+48600106003,,x\n" +
        "Hal,\u200b,\u2800\n",
      { country: "PL" },
    );

    expect(phones).toEqual(["48600106000", "48600106001"]);
    expect(rejected.map(([line, column]) => [line, column])).toEqual([
      [2, "phone"],
      [3, "phone"],
      [4, "phone"],
      [6, "phone"],
      [7, "phone"],
      [7, "mobile"],
      [8, ""],
      [9, "phone"],
    ]);
    expect(rejected.map(([, , code]) => code)).toContain("phone_missing");
    expect(rejected).toContainEqual([3, "phone", "phone_spreadsheet"]);
    expect(rejected).toContainEqual([8, "", "row_columns"]);
  });

  it("may have words in a column called like phones, and rows that end early", async () => {
    const { phones, rejected } = await read(
      "Phone Country,Phone,Note\nPL,+48600106000\nPL,,x\nPL,+48600106001,x\n",
    );

    expect(phones).toEqual(["48600106000", "48600106001"]);
    expect(rejected).toEqual([[3, "Phone", "phone_missing"]]);
  });

  it("never gives a stranger for two numbers in a cell: both persons are told", async () => {
    const text = "phone\n22 601 12 34/35\n600 106 050\n600 106 051\n600 106 052\n";

    const { phones, rejected } = await read(text, { country: "PL" });

    expect(phones).toEqual(["48600106050", "48600106051", "48600106052"]);
    expect(rejected).toEqual([[2, "phone", "phone_two_numbers"]]);
  });

  it("has each column read as its own cells are written", async () => {
    const rows = [
      "22 123 55 60,48600106000",
      "22 123 55 61,48600106001",
      "22 123 55 62,48600106002",
    ];

    const { phones, rejected } = await read(`Phone,WhatsApp\n${rows.join("\n")}\n`, {
      country: "PL",
    });

    expect(rejected).toEqual([]);
    expect(phones).toEqual(rows.flatMap((_, at) => [`4822123556${at}`, `4860010600${at}`]));
  });

  it("is read in any encoding, by its bytes or as it is said", async () => {
    const text = "name;Téléphone;source\nZoë;+48600106000;café\n";
    const bytes = Buffer.from(text, "latin1");

    const utf16 = await read(Buffer.from(`\ufeff${text}`, "utf16le"));
    const said = await read(bytes, { encoding: "windows-1252" });
    const guessed = await read(bytes);

    expect(utf16.result).toMatchObject({ value: { encoding: "utf-16le", encodingGuessed: false } });
    expect(said.result).toMatchObject({ value: { encoding: "windows-1252" } });
    expect(guessed.result).toMatchObject({ value: { encodingGuessed: true } });
    for (const { rows } of [utf16, said]) {
      expect(rows[0]?.entries).toMatchObject([{ phone: "48600106000", source: "café" }]);
    }
  });

  it("may not have two columns called scope", async () => {
    const { result } = await read("phone,scope,Scope\n+48600106000,all,marketing\n");

    expect(result).toMatchObject({ ok: false, refusal: { code: "header_name_twice" } });
  });
});
