import { expect, test } from "vitest";
import { addedColumns, findRejectsLayout } from "../../../src/producer/rejects/layout.ts";

const PLAIN = ["phone", "name", ...addedColumns(["phone", "name"])];

function layoutOf(header: readonly string[]) {
  const layout = findRejectsLayout(header);
  if (layout === null) throw new Error("It was not taken for a rejects file.");
  return layout;
}

/** A row of a rejects file: two cells of its own, and what is wrong with it. */
function row(phone: string, name: string, code: string, ...surplus: string[]): string[] {
  return [phone, name, "7", code, "why", "what to do", "main-3", "6", ...surplus];
}

test("only both columns of Dropcast make a list a rejects file", () => {
  expect(findRejectsLayout(["phone", "line", "code", "reason", "suggestion"])).toBeNull();
  expect(findRejectsLayout(["phone", "dropcast_campaign"])).toBeNull();
  expect(findRejectsLayout(["phone", "dropcast_row", "Dropcast_Campaign"])).not.toBeNull();
});

test("what was added is no part of the row, and says where it belongs", () => {
  const layout = layoutOf(PLAIN);

  expect(layout.columns).toEqual(["phone", "name"]);
  expect(layout.ownCells(row("1", "Ana", "phone_invalid"))).toEqual(["1", "Ana"]);
  expect(layout.placeOf(row("1", "Ana", "phone_invalid"))).toEqual({ campaign: "main-3", row: 6 });
});

test("columns may be moved, and those for people removed", () => {
  const layout = layoutOf(["dropcast_row", "name", "dropcast_campaign", "phone", "code"]);

  expect(layout.columns).toEqual(["name", "phone"]);
  expect(layout.ownCells(["6", "Ana", "main-3", "1", "x"])).toEqual(["Ana", "1"]);
  expect(layout.placeOf(["6", "Ana", "main-3", "1", "x"])).toEqual({ campaign: "main-3", row: 6 });
});

test("a list's own columns of these names stay its own", () => {
  const own = ["phone", "Code", "line"];
  const layout = layoutOf([...own, ...addedColumns(own)]);

  expect(layout.columns).toEqual(own);
});

test("a row that had too many cells is still one until somebody has moved them", () => {
  const layout = layoutOf(PLAIN);

  expect(layout.ownCells(row("1", "Ana", "row_columns", "too much"))).toHaveLength(3);
  expect(layout.ownCells(row("1", "Ana", "row_columns"))).toEqual(["1", "Ana"]);
  expect(layout.ownCells(row("1", "Ana", "row_columns", "", ""))).toEqual(["1", "Ana"]);
});

test("a row that was too short is still one until cells are filled, or said to be empty", () => {
  const layout = layoutOf(PLAIN);

  expect(layout.ownCells(row("1", "", "row_columns"))).toEqual(["1"]);
  expect(layout.ownCells(row("", " ", "row_columns"))).toEqual([]);
  expect(layout.ownCells(row("1", "Ana", "row_columns"))).toEqual(["1", "Ana"]);
  expect(layout.ownCells(row("1", "", ""))).toEqual(["1", ""]);
});

test("the empty names that a spreadsheet gives a header are no columns", () => {
  const layout = layoutOf([...PLAIN, "", " "]);

  expect(layout.columns).toEqual(["phone", "name"]);
  expect(layout.ownCells(row("1", "Ana", "row_columns", "surplus", ""))).toHaveLength(4);
  expect(layout.ownCells(row("1", "Ana", "phone_invalid", "", ""))).toEqual(["1", "Ana"]);
});
