import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { expect, it } from "vitest";
import { createPhoneReader } from "../../../src/producer/phones/phone-reader.ts";
import { createRejectsFile } from "../../../src/producer/rejects/writer.ts";
import { testFolder } from "../list/read-list.ts";

async function rejectsIn(columns: string[], delimiter = ";", name = "x.rejects.csv") {
  const folder = await testFolder();
  const path = join(folder, name);
  return {
    folder,
    path,
    file: createRejectsFile({ path, columns, delimiter, campaign: "main-1" }),
  };
}

it("rows come back as they were, with line, code and reason, for a spreadsheet to open", async () => {
  const { path, file } = await rejectsIn(["phone", "note"]);
  const row = { code: "phone_invalid", column: "phone", row: 1 } as const;

  await file.add([{ ...row, line: 3, cells: ["abc", 'semi; "quoted"\nand łódź'] }]);
  await file.add([{ ...row, line: 5, cells: ["line\nbreak", "and\rone"] }]);
  await file.add([]);
  await file.add([{ ...row, line: 9, cells: ["short"] }]);
  expect(await file.finish()).toEqual({ path, problem: null });

  const text = await readFile(path, "utf8");
  expect(
    text.startsWith(
      "\ufeffphone;note;line;code;reason;suggestion;dropcast_campaign;dropcast_row\r\n",
    ),
  ).toBe(true);
  const rows = parse(text, { bom: true, delimiter: ";", columns: true });
  expect(rows).toMatchObject([
    { phone: "abc", note: 'semi; "quoted"\nand łódź', line: "3", code: "phone_invalid" },
    { phone: "line\nbreak", note: "and\rone", line: "5" },
    { phone: "short", note: "", line: "9" },
  ]);
  expect((await stat(path)).mode & 0o077).toBe(0);
});

it("a cell that a spreadsheet would run is made text, and a phone so marked is still read", async () => {
  const { path, file } = await rejectsIn(["phone", "note"], ",");
  const cells = ["+48600100200", "=HYPERLINK(0)"];

  await file.add([{ cells, line: 2, row: 1, code: "value_empty", column: "note" }]);
  await file.finish();

  const [, row] = parse(await readFile(path), { bom: true }) as string[][];
  expect(row?.slice(0, 2)).toEqual(["'+48600100200", "'=HYPERLINK(0)"]);
  expect(createPhoneReader(null)(row?.[0] ?? "")).toMatchObject({
    ok: true,
    digits: "48600100200",
  });
});

it("a list's own columns keep their names", async () => {
  const { path, file } = await rejectsIn(["phone", "Code"]);

  await file.add([{ cells: ["x", "y"], line: 2, row: 1, code: "phone_invalid", column: "phone" }]);
  await file.finish();

  expect(await readFile(path, "utf8")).toContain(
    "phone;Code;line;dropcast_code;reason;suggestion;dropcast_campaign;dropcast_row\r\n",
  );
});

it("there is no file without rejected rows, and none before it is whole", async () => {
  const { folder, path, file } = await rejectsIn(["phone"]);

  expect(await file.finish()).toEqual({ path: null, problem: null });
  await file.add([{ cells: ["x"], line: 2, row: 1, code: "phone_invalid", column: "phone" }]);
  expect(await readdir(folder)).not.toContain("x.rejects.csv");
  await file.discard();

  expect(await readdir(folder)).toEqual([]);
  await expect(stat(path)).rejects.toThrow("ENOENT");
});

it("what a killed import left is replaced, and a folder in the way is reported", async () => {
  const { folder, path, file } = await rejectsIn(["phone"]);
  await writeFile(join(folder, ".x.rejects.csv.main-1.tmp"), "half a li");
  const row = { cells: ["x"], line: 2, code: "phone_invalid", column: "phone", row: 1 } as const;
  await file.add([row]);
  expect(await file.finish()).toEqual({ path, problem: null });

  const blocked = await rejectsIn(["phone"]);
  await mkdir(join(blocked.path, "inside"), { recursive: true });
  await blocked.file.add([row]);

  expect(await blocked.file.finish()).toMatchObject({
    path: null,
    problem: expect.stringContaining("could not be written"),
  });
});

it("a list whose name is too long for a rejects file is read, and the problem is told", async () => {
  const { folder, file } = await rejectsIn(["phone"], ";", `${"x".repeat(242)}.rejects.csv`);
  const row = { cells: ["x"], line: 2, code: "phone_invalid", column: "phone", row: 1 } as const;
  await file.add([row]);

  expect(await file.finish()).toMatchObject({
    path: null,
    problem: expect.stringContaining("ENAMETOOLONG"),
  });
  await file.discard();
  expect(await readdir(folder)).toEqual([]);
});
