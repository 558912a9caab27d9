import { expect, it } from "vitest";
import { createSeenPhones } from "../../../src/producer/phones/seen-phones.ts";

it("a phone is new once, and after that names the row it came in first", () => {
  const seen = createSeenPhones();

  expect(seen.firstRow("48600100200", 7)).toBe(0);
  expect(seen.firstRow("48600100200", 8)).toBe(7);
  expect(seen.firstRow("48600100200", 9)).toBe(7);
  expect(seen.firstRow("48600100201", 10)).toBe(0);
  expect(seen.size).toBe(2);
});

it("the longest phones differ in their last digit", () => {
  const seen = createSeenPhones();

  expect(seen.firstRow("999999999999998", 1)).toBe(0);
  expect(seen.firstRow("999999999999999", 2)).toBe(0);
  expect(seen.firstRow("999999999999998", 3)).toBe(1);
});

it("neighbouring numbers are told apart however often the table grows", () => {
  const seen = createSeenPhones({ expected: 0 });
  const phones = Array.from({ length: 300_000 }, (_, index) => String(48600000000 + index * 3));

  for (const [index, phone] of phones.entries()) {
    if (seen.firstRow(phone, index + 1) !== 0) expect.fail(`${phone} was new`);
  }
  for (const [index, phone] of phones.entries()) {
    if (seen.firstRow(phone, 1) !== index + 1) expect.fail(`${phone} was seen`);
  }

  expect(seen.size).toBe(phones.length);
});
