import { expect, test } from "vitest";
import { readPasted } from "../../../src/producer/suppressions/paste.ts";

const PHONE = "48600700800";

test.each<[string, string | null, readonly string[], readonly number[]]>([
  ["+48 600 700 800", null, [PHONE], []],
  ["0048600700800", null, [PHONE], []],
  ["600-700-800", "PL", [PHONE], []],
  ["600 700 800", null, [], [1]],
  ["+48 600 700 800\r\n\r\n+44 (0)7911 123456\n", null, [PHONE, "447911123456"], []],
  ["Anna Nowak, +48 600 700 800", null, [PHONE], []],
  ["+48 600 700 800; +48 600 700 801", null, [PHONE, "48600700801"], []],
  ["+48 600 700 800\t12345", null, [PHONE], [1]],
  ["Anna Nowak\n+48 600 700 800\n+48 600 700 8", null, [PHONE], [1, 3]],
  ["+48600700800\n0048 600 700 800", null, [PHONE], []],
  ["+4860070080٠", null, [PHONE], []],
  ["", null, [], []],
])("%j with country %s", (text, country, phones, lines) => {
  const read = readPasted(text, country);

  expect(read.phones).toEqual(phones);
  expect(read.rejected.map(({ line }) => line)).toEqual(lines);
});

test("a line that cannot be read is never repeated", () => {
  const { rejected } = readPasted("Anna 123456\nanna@example.org", null);

  expect(rejected).toHaveLength(2);
  expect(JSON.stringify(rejected)).not.toMatch(/Anna|123456|example/);
});

test("ten thousand lines take less than two seconds", () => {
  const text = Array.from({ length: 10_000 }, (_, at) => `+48 600 ${100_000 + at}`).join("\n");
  // Of the processor: what else runs on the machine does not count.
  const began = process.cpuUsage();

  expect(readPasted(text, null).phones).toHaveLength(10_000);
  expect(process.cpuUsage(began).user / 1_000).toBeLessThan(2_000);
});
