import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";
import { createRowFormat } from "../../src/export/row-format.ts";
import { decodeLedgerValue } from "../../src/store/ledger/ledger-value.ts";
import type { CampaignRow } from "../../src/store/ledger/row-reader.ts";

function row(cells: readonly string[]): CampaignRow {
  const value = decodeLedgerValue(undefined, 0);
  return {
    row: 1,
    state: "pending",
    cells,
    phone: "",
    note: undefined,
    erased: false,
    wamid: null,
    unknownSince: null,
    value,
  };
}

async function csvCells(...cells: string[]): Promise<string[]> {
  const format = await createRowFormat("csv", ["a", "b", "c", "d"]);
  return format.rows([row(cells)]).split(",");
}

test("a cell that a spreadsheet would run as a formula gets an apostrophe in front", async () => {
  const cells = await csvCells("=1+cmd", "@SUM(A1)", "-A1", "\t=1");

  expect(cells.slice(0, 4)).toEqual(["'=1+cmd", "'@SUM(A1)", "'-A1", "'\t=1"]);
});

test("phones and signed numbers stay as they came", async () => {
  const cells = await csvCells("+48600700800", "+55 11 97318-0865", "-12.5", "+1 (202) 555-0199");

  expect(cells.slice(0, 4)).toEqual([
    "+48600700800",
    "+55 11 97318-0865",
    "-12.5",
    "+1 (202) 555-0199",
  ]);
});

test("a line break inside a cell stays inside it, however it is written", async () => {
  const format = await createRowFormat("csv", ["a", "b", "c", "d"]);
  const cells = ["one\ntwo", "one\rtwo", "one\r\ntwo", "one"];

  const [read] = parse(format.rows([row(cells)])) as string[][];

  expect(read?.slice(0, 4)).toEqual(cells);
});

test("a list that has a column `state` of its own keeps it", async () => {
  const format = await createRowFormat("csv", ["phone", "State"]);

  expect(format.head()).toContain("phone,State,row,state_2,code,");
});

test("a list that was made of an export has no column twice", async () => {
  const first = await createRowFormat("csv", ["phone"]);
  const columns = first.head().replace("\uFEFF", "").trim().split(",");
  const second = await createRowFormat("csv", columns);
  const again = second.head().replace("\uFEFF", "").trim().split(",");
  const third = (await createRowFormat("csv", again)).head().trim().split(",");

  expect(again.slice(0, columns.length)).toEqual(columns);
  expect(new Set(third).size).toBe(third.length);
  expect(third).toContain("state_3");
});

test("a row with too few cells still has every column in its place", async () => {
  const cells = await csvCells("one");

  expect(cells.slice(0, 6)).toEqual(["one", "", "", "", "1", "pending"]);
});

test("columns of one name stay apart as keys of JSON", async () => {
  const format = await createRowFormat("ndjson", ["Email", "email", "Email", "Email_2", "Email"]);
  const { input } = JSON.parse(format.rows([row(["a", "b", "c", "d", "e"])])) as { input: unknown };

  expect(input).toEqual({ Email: "a", email: "b", Email_3: "c", Email_2: "d", Email_4: "e" });
});

test("--json is one array, in pieces", async () => {
  const format = await createRowFormat("json", ["__proto__"]);
  const text = [format.head(), format.rows([row(["x"])]), format.rows([row(["y"])]), format.tail()];

  const parsed = JSON.parse(text.join("")) as { input: Record<string, string> }[];

  expect(parsed.map(({ input }) => Object.values(input))).toEqual([["x"], ["y"]]);
});
