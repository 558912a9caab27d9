import { describe, expect, it } from "vitest";
import {
  checkHeader,
  checkIsHeader,
  findPhoneColumn,
} from "../../../src/producer/import/columns.ts";

const code = (result: { ok: boolean; refusal?: { code: string } }): string | undefined =>
  result.refusal?.code;

describe("the phone column", () => {
  it.each([
    [["name", "phone"], "phone"],
    [["Telefon", "imię"], "Telefon"],
    [["Nr telefonu", "Imię"], "Nr telefonu"],
    [["phone_number", "order_number"], "phone_number"],
    [["mobilePhone", "name"], "mobilePhone"],
    [["MSISDN"], "MSISDN"],
    [["whatsapp", "name"], "whatsapp"],
    [["to", "name"], "to"],
    [["numer", "miasto"], "numer"],
    [["Teléfono", "Nombre"], "Teléfono"],
    [["te\u0301le\u0301phone", "nom"], "te\u0301le\u0301phone"],
  ])("of %j is guessed by its name: %s", (columns, name) => {
    const found = findPhoneColumn(columns, null);

    expect(found).toMatchObject({ ok: true, value: { name, guessed: "name" } });
  });

  it("is the one the campaign names, whatever its case", () => {
    const found = findPhoneColumn(["phone", "Second Phone"], "second phone");

    expect(found).toEqual({ ok: true, value: { index: 1, name: "Second Phone", guessed: null } });
  });

  /** Rows in which the cells of digits are phones. */
  const sample = (...rows: string[][]) => ({
    rows,
    isPhone: (cell: string) => /^\d{9}$/.test(cell),
  });

  it.each([
    [
      "the only one that holds phones",
      ["name", "contact"],
      ["Ana", "600100200"],
      "contact",
      "contents",
    ],
    [
      "among those called so, the one that holds them",
      ["phone", "mobile"],
      ["", "600100200"],
      "mobile",
      "contents",
    ],
    [
      "one with a name that says little, when it may",
      ["number", "name"],
      ["600100200", "x"],
      "number",
      "name",
    ],
    [
      "not one called number that holds none",
      ["number", "tie"],
      ["12", "600100200"],
      "tie",
      "contents",
    ],
    [
      "one with a clear name, whatever it holds",
      ["phone", "id"],
      ["x", "600100200"],
      "phone",
      "name",
    ],
  ] as const)("is %s", (_, columns, cells, name, guessed) => {
    const found = findPhoneColumn(columns, null, sample([...cells], [...cells]));

    expect(found).toMatchObject({ ok: true, value: { name, guessed } });
  });

  it("is not guessed between two that hold phones", () => {
    const found = findPhoneColumn(["a", "b"], null, sample(["600100200", "600100201"]));

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
  });

  it("that the list lacks is refused with the nearest name", () => {
    const found = findPhoneColumn(["phone", "name"], "fone");

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unknown" } });
    if (!found.ok) expect(found.refusal.message).toContain('did you mean "phone"?');
  });

  it("is not guessed between two candidates, which are named", () => {
    const found = findPhoneColumn(["phone", "mobile", "name"], null);

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_unclear" } });
    if (!found.ok) expect(found.refusal.message).toContain('"phone" and "mobile"');
  });

  it("is not guessed where no name says so; the columns are named", () => {
    const found = findPhoneColumn(["name", "city", "Tomorrow"], null);

    expect(found).toMatchObject({ ok: false, refusal: { code: "phone_column_missing" } });
    if (!found.ok) expect(found.refusal.message).toContain("name, city, Tomorrow");
  });
});

describe("a header", () => {
  it("is missing where a phone stands above phones", () => {
    const sample = { rows: [["600100201"]], isPhone: (cell: string) => /^\d{9}$/.test(cell) };

    expect(code(checkIsHeader(["600100200"], sample))).toBe("header_missing");
    expect(code(checkIsHeader(["600100200"], { ...sample, rows: [] }))).toBe("header_missing");
  });

  it("is missing where a number stands that is no name, so that no message names it", () => {
    const none = { rows: [["Ewa", "601 100 200"]], isPhone: () => false };

    expect(code(checkIsHeader(["Anna", "600 100 200"], none))).toBe("header_missing");
    expect(checkIsHeader(["name", "2026-01-31"], none).ok).toBe(true);
    expect(checkIsHeader(["phone", "5901234123457"], none).ok).toBe(true);
  });

  it("may have columns that are called like parts of JavaScript", () => {
    expect(checkHeader(["__proto__", "constructor", "toString", "phone"]).ok).toBe(true);
  });

  it.each([
    [["phone", "name", "Phone"], "header_name_twice"],
    [["phone", "étage", "e\u0301TAGE"], "header_name_twice"],
    [["__proto__", "__PROTO__"], "header_name_twice"],
    [["phone", ""], "header_name_empty"],
  ])("%j is refused: %s", (columns, expected) => {
    expect(code(checkHeader(columns))).toBe(expected);
  });
});
