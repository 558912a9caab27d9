import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readSuppressionFile, type SuppressionLine } from "../../src/producer/suppression-file.ts";
import { testFolder } from "./list/read-list.ts";

async function read(text: string) {
  const path = join(await testFolder(), "opt-outs.csv");
  await writeFile(path, text);
  const lines: SuppressionLine[] = [];
  const visit = async (some: readonly SuppressionLine[]) => void lines.push(...some);
  const result = await readSuppressionFile({
    ...{ path, country: null, scope: "all", source: "test", visit },
  });
  return { result, lines };
}

it("a plain list of numbers without their country is told line by line, and no number is named", async () => {
  const { result, lines } = await read("600100200\n600100201\n");

  expect(result.ok).toBe(true);
  expect(lines).toEqual([
    { kind: "unreadable", line: 1 },
    { kind: "unreadable", line: 2 },
  ]);
});

it("a table without a header is refused, and no number is named", async () => {
  const { result } = await read("Anna;600100200\nEwa;600100201\n");

  expect(result).toMatchObject({ ok: false, refusal: { code: "header_missing" } });
  expect(JSON.stringify(result)).not.toContain("600100200");
});

it("numbers with the empty column of a spreadsheet behind them are a plain list", async () => {
  const { lines } = await read("+48600100200;\n+48600100201;\n");

  expect(lines).toMatchObject([
    { kind: "opt_out", entry: { phone: "48600100200" } },
    { kind: "opt_out", entry: { phone: "48600100201" } },
  ]);
});
