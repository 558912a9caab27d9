import fc from "fast-check";
import { expect, test } from "vitest";
import { createPersonTrace } from "../../src/core/person-trace.ts";
import {
  correctBlob,
  eraseInBlob,
  type ImportRow,
  inflateBlob,
  packRows,
  phonesOfBlob,
  unpackRows,
} from "../../src/store/ledger/batch-rows.ts";
import { isMaskedPhone, maskedPhone, phoneMask } from "../../src/store/ledger/phone-mask.ts";

/** How batches store the cells that phones were read from. */

function pending(phone: string, ...cells: string[]): ImportRow {
  return { cells, outcome: { kind: "pending", phone } };
}

const ROWS: readonly ImportRow[] = [
  pending("48603000009", "Ana", "+48 603 000 009"),
  pending("48603000010", "Zoë", "+48 603 000 010"),
  pending("48603000011", "Paweł", "603000011"),
  pending("48603000012", "0", "+48 603 000 012 "),
  { cells: ["Ola", "+48 603"], outcome: { kind: "rejected", code: "phone_invalid", column: "p" } },
  {
    cells: ["Ana", "+48 603 000 009"],
    outcome: { kind: "duplicate", phone: "48603000009", of: 1 },
  },
];
const CELLS = ROWS.map(({ cells }) => cells);

test.each([
  ["+48 603 000 009", "48603000009", "+## ### ### ###"],
  ["0603-000-009", "48603000009", "0###-###-###"],
  ["48603000009", "48603000009", "###########"],
  ["+380 (44) 123-45-67", "380441234567", "+### (##) ###-##-##"],
  ["603 000 009 (mobile 2)", "48603000009", null],
  ["604 111 222, 603 000 009", "48603000009", null],
  // Nothing of another number may stay in a batch when its person is erased.
  ["604 111 222 / 603 000 009", "48603000009", null],
  ["#48603000009", "48603000009", null],
  ["", "48603000009", null],
])("%s of %s is %s", (cell, phone, mask) => {
  expect(phoneMask(cell, phone)).toBe(mask);
  if (mask !== null) expect(maskedPhone(mask, phone)).toBe(cell);
});

test("whatever a cell holds, its mask gives it back, or it has none", () => {
  const phone = fc.stringMatching(/^[1-9][0-9]{7,14}$/);
  const part = fc.oneof(fc.constantFrom("+", " ", "-", "0", "#", "x", "\u{1F600}"), phone);
  const cell = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  const spelled = fc.tuple(phone, cell, fc.boolean());
  fc.assert(
    fc.property(spelled, ([number, noise, isOwn]) => {
      const written = isOwn ? `${noise}${number.slice(0, 3)} ${number.slice(3)}` : noise;
      const mask = phoneMask(written, number);
      if (mask !== null) expect(maskedPhone(mask, number)).toBe(written);
    }),
  );
});

test("a cell is told from others that the mask of its batch does not make of its phone", () => {
  const digits = fc.stringMatching(/^[0-9]{0,4}$/);
  const mask = fc.stringMatching(/^[#0+ ]{0,6}$/);
  fc.assert(
    fc.property(digits, mask, fc.stringMatching(/^[0-2+ ]{0,6}$/), (phone, mask, other) => {
      const made = maskedPhone(mask, phone);
      for (const cell of [made, other, `${made}0`, made.slice(1), made.slice(0, -1)]) {
        expect(isMaskedPhone(cell, mask, phone)).toBe(cell === made);
      }
    }),
  );
});

test("cells come back as they were, whether they are as the list writes phones or not", () => {
  for (const shortForms of [true, false]) {
    expect(unpackRows(packRows(ROWS, shortForms)).map(({ cells }) => cells)).toEqual(CELLS);
  }
});

test("a phone is stored once, and only if every process can read it so", () => {
  const short = inflateBlob(packRows(ROWS, true));
  expect(short).toContain('["48603000010","Zoë",0]');
  expect(short).toContain('"m":[1,"+## ### ### ###"]');
  expect(inflateBlob(packRows(ROWS, false))).toContain('["48603000010","Zoë","+48 603 000 010"]');
});

test("the phones of a batch are found without reading its cells", () => {
  const phones = ["48603000009", "48603000010", "48603000011", "48603000012", "", ""];
  expect(phonesOfBlob(packRows(ROWS, true))).toEqual(phones);
});

test("a corrected row and an erased person leave the other cells as they were", () => {
  const corrected = { phone: "48603000013", cells: ["Ola", "+48 603 000 013"] };
  const blob = correctBlob(packRows(ROWS, true), new Map([[4, corrected]]));
  expect(unpackRows(blob).map(({ cells }) => cells)).toEqual(CELLS.with(4, corrected.cells));

  const person = { digits: "48603000010", countryCode: "48", national: "603000010" };
  const trace = createPersonTrace(person);
  const { blob: erased, erased: places } = eraseInBlob(blob, trace, () => false);
  expect(places).toEqual([1]);
  const rows = unpackRows(erased ?? Buffer.alloc(0));
  expect(rows.map(({ cells }) => cells)).toEqual(CELLS.with(4, corrected.cells).with(1, ["", ""]));
  expect(rows[1]).toMatchObject({ phone: "", erased: true });
  expect(inflateBlob(erased ?? Buffer.alloc(0))).not.toMatch(/603 ?000 ?010/);
});
