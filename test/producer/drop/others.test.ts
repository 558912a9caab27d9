import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { expect, it, vi } from "vitest";
import { drops, list, WAIT } from "./drops.ts";

const SOURCES = "src/producer/drop";
const ZIP = Buffer.from("504b030414000600", "hex");
const OLD_WORKBOOK = Buffer.from("d0cf11e0a1b11ae1", "hex");

it.each([
  ["list.xlsx", ZIP, "list_not_csv", "CSV UTF-8"],
  ["list.xls", OLD_WORKBOOK, "list_not_csv", "CSV UTF-8"],
  ["list.ods", ZIP, "list_not_csv", "CSV UTF-8"],
  ["list.numbers", ZIP, "list_not_csv", "CSV UTF-8"],
  ["list.zip", ZIP, "list_not_csv", "unpacked"],
  ["list.pdf", Buffer.from("%PDF-1.7\n"), "list_not_csv", "CSV"],
  ["list.txt", Buffer.from("phone\n48600000001\n"), "drop_not_a_list", "ends in .csv"],
  ["list.tsv", Buffer.from("phone\tname\n"), "drop_not_a_list", "ends in .csv"],
  ["list", Buffer.from("phone\n48600000001\n"), "drop_not_a_list", "ends in .csv"],
])("%s fails with a report that says what to do", async (name, content, code, words) => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Shared"));
  await drop.drop(`shop/${name}`, content);
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain(`shop/${name}`), WAIT);

  expect(await drop.files("failed")).toEqual([`shop/${name}`, "shop/list.report.json"].sort());
  expect(await drop.report("failed/shop/list.report.json")).toMatchObject({
    file: name,
    campaign: null,
    refusal: { code, fix: expect.stringContaining(words) },
  });
  expect(await drop.files("inbox")).toEqual(["campaign.yaml"]);
  await vi.waitFor(() => expect(drop.said.join()).toContain(`shop/${name}: `), WAIT);
});

it("a workbook and a list of one name do not get in each other's way", async () => {
  const drop = await drops();
  await drop.drop("sale.xlsx", ZIP);
  await drop.drop("sale.csv", list(1));
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toHaveLength(4), WAIT);
  const files = await drop.files("failed");
  for (const stem of ["sale", "sale-2"]) {
    const { file } = await drop.report(`failed/${stem}.report.json`);
    expect(files).toContain(stem + extname(String(file)));
  }
});

it("what programs and systems leave is not touched", async () => {
  const drop = await drops();
  const left = [".DS_Store", "Thumbs.db", "desktop.ini", "~$list.xlsx", "list.csv.filepart"];
  for (const name of left) await drop.drop(name, "x");
  await drop.drop("seen.txt", "looked at after them");
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("failed")).toContain("seen.txt"), WAIT);
  expect(await drop.files("inbox")).toEqual(left.sort());
});

it("lists with names at the edge of what file systems take are imported, and odd names move on as they are", async () => {
  const drop = await drops();
  await drop.drop("campaign.yaml", drop.yaml("Odd"));
  const long = `${"\u00e9".repeat(125)}.csv`;
  const odd = "new\nline \u202e %s $(x) 'q'.csv";
  await drop.drop(long, list(1));
  await drop.drop(odd, list(2));
  await drop.start();

  await vi.waitFor(async () => expect(await drop.files("done")).toHaveLength(4), WAIT);
  expect(await drop.files("done")).toContain(odd);
  expect(await drop.report(`done/${"\u00e9".repeat(90)}.report.json`)).toMatchObject({
    file: long,
  });
});

it("no step of the drop folder makes a hard link: shares have none", async () => {
  const files = await readdir(SOURCES);
  for (const file of files) {
    const text = await readFile(join(SOURCES, file), "utf8");
    expect(text).not.toMatch(/import \{[^}]*\blink(?:Sync)?\b[^}]*\} from "node:fs/);
  }
  expect(files.length).toBeGreaterThan(10);
});
