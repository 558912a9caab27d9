import { expect, it } from "vitest";
import { createSeenPhones, slotOf } from "../../../src/producer/phones/seen-phones.ts";

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

it("a phone is asked for without being stored, also one that a full search finds new", () => {
  const seen = createSeenPhones();
  seen.firstRow("48600100200", 7);

  expect(["48600100200", "48600100201", "48600100201"].map(seen.rowOf)).toEqual([7, 0, 0]);
  expect(seen.size).toBe(1);
});

it("phones that belong into the same few places find room in all the others", () => {
  const seen = createSeenPhones({ expected: 0 });
  const phones: string[] = [];
  // More of them than there are such places, and fewer than let the table grow.
  for (let phone = 48600000000; phones.length < 600; phone++) {
    if (slotOf(phone, 1024 - 1) % 16 === 0) phones.push(String(phone));
  }

  expect(phones.map((phone, at) => seen.firstRow(phone, at + 1))).toEqual(phones.map(() => 0));
  expect(phones.map(seen.rowOf)).toEqual(phones.map((_, at) => at + 1));
});

it("a table that was made for a list holds all of it", () => {
  const seen = createSeenPhones({ expected: 3_000 });
  const phones = Array.from({ length: 3_000 }, (_, at) => String(48600000000 + at));

  for (const [at, phone] of phones.entries()) seen.firstRow(phone, at + 1);
  expect(phones.map(seen.rowOf)).toEqual(phones.map((_, at) => at + 1));
});
