import { strFromU8, unzipSync } from "fflate";
import { expect, test } from "vitest";
import { type XlsxCell, xlsxStream } from "../../src/export/xlsx.ts";

type Row = readonly XlsxCell[];

/** The files of the workbook, as text. */
async function filesOf(
  head: readonly string[],
  blocks: readonly (readonly Row[])[],
  sheetRowsMax?: number,
): Promise<Record<string, string>> {
  async function* rows() {
    yield* blocks;
  }
  const parts: Buffer[] = [];
  const max = sheetRowsMax === undefined ? {} : { sheetRowsMax };
  for await (const part of xlsxStream({ head, rows: rows(), ...max })) parts.push(part as Buffer);
  const files = unzipSync(Buffer.concat(parts));
  return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, strFromU8(bytes)]));
}

/** The texts and numbers of a sheet, by row; as they are in the XML. */
function cellsOf(xml: string | undefined): string[][] {
  return [...(xml ?? "").matchAll(/<row>(.*?)<\/row>/gs)].map(([, row = ""]) =>
    [
      ...row.matchAll(/<c\/>|<c><v>(.*?)<\/v><\/c>|<c s="1" t="inlineStr"><is><t.*?>(.*?)<\/t>/gs),
    ].map(([, number, text]) => number ?? text ?? ""),
  );
}

test("phones and formulas are texts, and numbers are numbers", async () => {
  const files = await filesOf(
    ["phone", "name", "row"],
    [
      [
        ["+48600100200", "=SUM(A1)", 1],
        ["0048600", "", 2],
      ],
      [["-1", "@cmd", null]],
    ],
  );

  expect(cellsOf(files["xl/worksheets/sheet1.xml"])).toEqual([
    ["phone", "name", "row"],
    ["+48600100200", "=SUM(A1)", "1"],
    ["0048600", "", "2"],
    ["-1", "@cmd", ""],
  ]);
  expect(files["xl/worksheets/sheet1.xml"]).not.toContain("<f>");
  expect(files["xl/styles.xml"]).toContain('numFmtId="49"');
});

test("letters that XML cannot have, or that look like its own, are escaped", async () => {
  const files = await filesOf(
    ["text"],
    [
      [
        ["<b>&"],
        ["a\u0000b\u000b"],
        ["a\r\nb"],
        ["_x000D_"],
        [" x "],
        ["half \ud83d end"],
        ["😀 ż"],
      ],
    ],
  );
  const xml = files["xl/worksheets/sheet1.xml"] ?? "";

  expect(cellsOf(xml).flat()).toEqual([
    ...["text", "&lt;b&gt;&amp;", "a_x0000_b_x000B_", "a_x000D_\nb", "_x005F_x000D_", " x "],
    ...["half \ufffd end", "😀 ż"],
  ]);
  expect(xml).toContain('<t xml:space="preserve"> x </t>');
});

test("a text longer than a cell may be is cut, and says so", async () => {
  const files = await filesOf(["text"], [[["x".repeat(40_000)]]]);

  const [, [cell = ""] = []] = cellsOf(files["xl/worksheets/sheet1.xml"]);
  expect(cell).toHaveLength(32_767);
  expect(cell.endsWith("x…")).toBe(true);
});

test("what does not fit on a sheet goes on the next one, with the head again", async () => {
  const blocks = [
    [[1], [2], [3]],
    [[4], [5], [6], [7]],
  ];

  const files = await filesOf(["n"], blocks, 4);
  const exact = await filesOf(["n"], [[[1], [2], [3]]], 4);

  expect(cellsOf(files["xl/worksheets/sheet1.xml"]).flat()).toEqual(["n", "1", "2", "3"]);
  expect(cellsOf(files["xl/worksheets/sheet2.xml"]).flat()).toEqual(["n", "4", "5", "6"]);
  expect(cellsOf(files["xl/worksheets/sheet3.xml"]).flat()).toEqual(["n", "7"]);
  expect(files["xl/workbook.xml"]).toContain('name="Rows 3" sheetId="3" r:id="rId3"');
  expect(files["[Content_Types].xml"]).toContain("/xl/worksheets/sheet3.xml");
  expect(Object.keys(exact)).not.toContain("xl/worksheets/sheet2.xml");
});

test("a workbook without a row is one with a head", async () => {
  const files = await filesOf(["a", "b"], []);

  expect(cellsOf(files["xl/worksheets/sheet1.xml"])).toEqual([["a", "b"]]);
});

test("rows that cannot be read fail the stream", async () => {
  async function* rows(): AsyncGenerator<Row[]> {
    yield [["a"]];
    throw new Error("Redis is away");
  }
  const read = async () => {
    for await (const _ of xlsxStream({ head: ["a"], rows: rows() })) {
      // Until it fails.
    }
  };

  await expect(read()).rejects.toThrow("Redis is away");
});

test("a reader that goes away ends the reading of rows", async () => {
  let isOver = false;
  async function* rows(): AsyncGenerator<Row[]> {
    try {
      for (;;) yield Array.from({ length: 500 }, (_, at) => [`${Math.random()}`, at]);
    } finally {
      isOver = true;
    }
  }

  let bytes = 0;
  for await (const part of xlsxStream({ head: ["a"], rows: rows() })) {
    bytes += (part as Buffer).length;
    if (bytes > 100_000) break;
  }

  await expect.poll(() => isOver).toBe(true);
});
