import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readList } from "./read-list.ts";

describe("reading a list", () => {
  it.each([",", ";", "\t", "|"])("finds the delimiter %j by itself", async (delimiter) => {
    const list = await readList(
      ["phone,first name,note", "48600100200,Ana,x", "48600100201,Zoë,y"]
        .join("\n")
        .replaceAll(",", delimiter),
    );

    expect(list.delimiter).toBe(delimiter);
    expect(list.columns).toEqual(["phone", "first name", "note"]);
    expect(list.rows).toEqual([
      ["48600100200", "Ana", "x"],
      ["48600100201", "Zoë", "y"],
    ]);
  });

  it.each([
    ["commas in the cells of a ; list", 'phone;city\n1;"a, b, c"\n2;d, e, f\n', ";"],
    ["commas in a quoted name of the header", '"phone, mobile, or both";city\n1;b\n', ";"],
    ["semicolons in quoted cells of a comma list", 'phone,note\n1,"a;b;c;d"\n', ","],
    ["one column", "phone\n48600100200\n", ","],
    ["Excel's own line", "sep=;\r\nphone;a,b,c,d\r\n1;2\r\n", ";"],
    ["Excel's own line, quoted, with a mark", '\ufeff"sep=|"\nphone|a\n1|2\n', "|"],
    ["Excel's own line with a tab", "sep=\t\nphone\ta\n1\t2\n", "\t"],
    ["Excel's own line with a tab by its name", "sep=\\t\nphone\ta\n1\t2\n", "\t"],
    ["Excel's own line, saved as a row", "sep=;;; \nphone;a\n1;2\n", ";"],
    ["the end that DOS writes", "phone;a\n1;2\n\u001a", ";"],
  ])("is not misled by %s", async (_, content, delimiter) => {
    const list = await readList(content);

    expect(list.delimiter).toBe(delimiter);
    expect(list.refusal).toBeNull();
    expect(list.rows.every((row) => row.length === list.columns.length)).toBe(true);
  });

  it.each([
    ["\n", "LF"],
    ["\r\n", "CRLF"],
    ["\r", "CR"],
  ])("takes %j as line end (%s), with or without one at the end", async (end) => {
    const lines = ["phone,name", "1,Ana", "2,Ben"];

    const without = await readList(lines.join(end));
    const withEnd = await readList(lines.join(end) + end);

    expect(without.rows).toEqual([
      ["1", "Ana"],
      ["2", "Ben"],
    ]);
    expect(withEnd.rows).toEqual(without.rows);
    expect(withEnd.lines).toEqual([2, 3]);
  });

  it("takes a byte order mark and spaces off the header's names", async () => {
    const list = await readList("\ufeff phone , Name\u00a0\n1,Ana\n");

    expect(list.columns).toEqual(["phone", "Name"]);
  });

  it("does not count blank lines, and lines of spaces, as rows", async () => {
    const list = await readList("\n\r\nphone,name\n\n1,Ana\n   \n\n2,Ben\n\n\n");

    expect(list.rows).toHaveLength(2);
    expect(list.lines).toEqual([5, 8]);
  });

  it.each(["\n", "\r\n", "\r"])("numbers lines as an editor does (%j)", async (end) => {
    const list = await readList(
      [
        "phone,note",
        `1,"two${end}lines"`,
        "2,x",
        "",
        `3,"${end}${end}three ""more"" ${end}"`,
        "4,y",
      ].join(end),
    );

    expect(list.lines).toEqual([2, 4, 6, 10]);
    expect(list.rows[2]?.[1]).toBe(`${end}${end}three "more" ${end}`);
  });

  it("hands over rows with too few or too many cells as they are", async () => {
    const list = await readList("a,b,c\n1\n1,2,3,4,5\n1,2,3\n");

    expect(list.rows.map((row) => row.length)).toEqual([1, 5, 3]);
    expect(list.refusal).toBeNull();
  });

  it("takes a quote inside an unquoted cell as text", async () => {
    const list = await readList('phone,size,name\n1,5" pipe,Ana\n2,6" pipe,"Ben ""B"""\n3,",",x\n');

    expect(list.refusal).toBeNull();
    expect(list.delimiter).toBe(",");
    expect(list.rows).toEqual([
      ["1", '5" pipe', "Ana"],
      ["2", '6" pipe', 'Ben "B"'],
      ["3", ",", "x"],
    ]);
  });

  it("keeps cells that are called like parts of JavaScript", async () => {
    const list = await readList("__proto__,constructor\n__proto__,x\n");

    expect(list.columns).toEqual(["__proto__", "constructor"]);
    expect(list.rows).toEqual([["__proto__", "x"]]);
  });

  it("gives back any table, in any dialect, that csv-stringify writes", async () => {
    const cell = fc.string({ unit: fc.constantFrom(..."ab,;|\t\"'\n\r é=ł日".split("")) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { maxLength: 30 }),
        fc.constantFrom(",", ";", "\t", "|"),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        async (rows, delimiter, record_delimiter, bom) => {
          const text = stringify([["phone", "b", "c"], ...rows], {
            delimiter,
            record_delimiter,
            bom,
            quoted: true,
          });

          const list = await readList(text);

          expect(list.refusal).toBeNull();
          // A row of nothing is a blank line.
          expect(list.rows).toEqual(rows.filter((row) => row.some((one) => one.trim() !== "")));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("joins rows and characters that the pieces of the file cut in two", async () => {
    const rows = Array.from({ length: 9_000 }, (_, index) => [
      String(index),
      `Zażółć gęślą ${"x".repeat(index % 7)}`,
      `"${index}",\r\nłódź`,
    ]);

    const list = await readList(stringify([["phone", "b", "c"], ...rows], { quoted: true }));

    expect(list.rows).toEqual(rows);
    expect(list.lines.at(-1)).toBe(2 * rows.length);
  });
});

describe("a list that cannot be read", () => {
  it("names the row whose quote is never closed", async () => {
    const list = await readList('phone,name\n1,Ana\n2,"Ben\n3,Cem\n');

    expect(list.refusal?.code).toBe("list_quote_open");
    expect(list.refusal?.message).toContain("column 2 of the row that begins on line 3");
  });

  it("names the row with text behind a closing quote", async () => {
    const list = await readList('phone,name\n1,Ana\n2,"Ben" x\n');

    expect(list.refusal?.code).toBe("list_quote_stray");
    expect(list.refusal?.message).toContain("column 2 of the row that begins on line 3");
  });

  it.each([
    ["a cell over 64 KiB", `a,b\n1,${"x".repeat(65_537)}\n`, "list_field_too_large"],
    ["a cell over 1 MiB", `a,b\n1,${"x".repeat(1_100_000)}\n`, "list_row_too_large"],
    ["a quote that swallows a megabyte", `a,b\n1,"${"x\n".repeat(600_000)}`, "list_row_too_large"],
    ["more than 1 MiB of commas", `a,b\n${",".repeat(1_200_000)}`, "list_row_too_large"],
    ["2,001 columns", `${Array(2_001).fill("a").join()}\n1\n`, "list_too_many_columns"],
    ["a row of 2,001 cells", `a,b\n${Array(2_001).fill("a").join()}\n`, "list_too_many_columns"],
    ["nothing", "", "list_empty"],
    ["blank lines", "\ufeff\n  \r\n\n", "list_empty"],
  ])("because of %s is refused by its own code", async (_, content, code) => {
    expect((await readList(content)).refusal?.code).toBe(code);
  });

  it("may have a cell of 64 KiB and 2,000 columns", async () => {
    const columns = Array.from({ length: 2_000 }, (_, index) => `c${index}`);
    const cells = columns.map((_, index) => (index === 3 ? "x".repeat(65_536) : "y"));

    const list = await readList(`${columns.join()}\n${cells.join()}\n`);

    expect(list.refusal).toBeNull();
    expect(list.rows).toEqual([cells]);
  });
});

it("half a character in UTF-16 is told with its line, wherever it is", async () => {
  const list = (rows: string) => Buffer.from(`\ufeffphone,name\r\n${rows}`, "utf16le");
  const before = "+48600100200,Ana\r\n".repeat(5_000);

  const early = await readList(list("+48600100200,A\ud83d\r\n"));
  const late = await readList(list(`${before}+48600100200,A\ud83d\r\n+48600100201,B\r\n`));

  expect(early.refusal?.message).toContain("on line 2.");
  expect(late.refusal?.message).toContain("on line 5002");
});
