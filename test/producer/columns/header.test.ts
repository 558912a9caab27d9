import { describe, expect, it } from "vitest";
import { checkHeader, checkIsHeader } from "../../../src/producer/columns/header.ts";
import { lookAtColumns } from "../../../src/producer/columns/seen-columns.ts";
import { createPhoneReader } from "../../../src/producer/phones/phone-reader.ts";

const check = (columns: readonly string[], used: readonly string[] = []) =>
  checkHeader(lookAtColumns(columns, { rows: [], readPhone: createPhoneReader("PL") }), used);

const code = (result: { ok: boolean; refusal?: { code: string } }): string | undefined =>
  result.refusal?.code;

function isHeader(columns: string[], ...rows: string[][]) {
  const sample = { rows, readPhone: createPhoneReader("PL") };
  return checkIsHeader(lookAtColumns(columns, sample), sample);
}

describe("a header", () => {
  it("is missing where a phone stands above phones", () => {
    expect(code(isHeader(["600100200"], ["600100201"]))).toBe("header_missing");
    expect(code(isHeader(["600100200"]))).toBe("header_missing");
  });

  it("is missing where a number stands that is no name, so that no message names it", () => {
    expect(code(isHeader(["Anna", "900 100 200"], ["Ewa", "x"]))).toBe("header_missing");
    expect(isHeader(["name", "2026-01-31"], ["Ewa", "x"]).ok).toBe(true);
    expect(isHeader(["phone", "5901234123457"], ["x", "y"]).ok).toBe(true);
  });

  it("may have columns that are called like parts of JavaScript", () => {
    expect(check(["__proto__", "constructor", "toString", "phone"]).ok).toBe(true);
  });

  it.each([
    [["phone", "name", "Phone"], "header_name_twice"],
    [["Phone 2", "phone 2", "name"], "header_name_twice"],
    [["Number", "name", "NUMBER"], "header_name_twice"],
    [["phone", "étage", "e\u0301TAGE"], "header_name_twice"],
    [["__proto__", "__PROTO__"], "header_name_twice"],
    [["phone", ""], "header_name_empty"],
  ])("%j is refused, because it is used or may hold phones: %s", (columns, expected) => {
    expect(code(check(columns, ["ÉTAGE", "__proto__"]))).toBe(expected);
  });

  it("may have a name several times that nothing uses", () => {
    expect(check(["phone", "Email", "Email", "email", "Fax", "Fax"], ["name"]).ok).toBe(true);
  });
});
