import { describe, expect, it } from "vitest";
import {
  createShapeCounter,
  phoneStyleReport,
  styleOf,
  verdictOf,
} from "../../../src/producer/phones/number-style.ts";
import { type ReadPhone, reading, type Shape } from "../../../src/producer/phones/reading.ts";

/** Where one style of a list ends and the next begins: beyond, a cell would be another person's. */

const NONE = createShapeCounter().counts;
type Counts = Partial<Record<Shape, number>>;

const styleIn = (country: string | null, counts: Counts) =>
  styleOf({ ...NONE, ...counts }, { country, given: null });

describe("a list with a country", () => {
  it.each<[Counts, string]>([
    [{}, "national"],
    [{ plain: 4, abroad: 2 }, "national"],
    [{ plain: 3, abroad: 2 }, "unclear"],
    [{ trunk: 1, coded: 1, either: 1, either_home: 1, old: 1, short: 1, abroad: 3 }, "national"],
    [{ plain: 1, abroad: 2 }, "unclear"],
    [{ plain: 1, abroad: 3 }, "international"],
    [{ abroad: 2 }, "unclear"],
    [{ abroad: 3 }, "international"],
    [{ plain: 2, abroad: 3 }, "unclear"],
    [{ plain: 2, abroad: 4 }, "international"],
  ])("and the cells %j is %s", (counts, bare) => {
    expect(styleIn("DE", counts).bare).toBe(bare);
  });

  it.each<[Counts, string]>([
    [{ plain: 50, abroad: 1 }, "national"],
    [{ plain: 49, abroad: 1 }, "reject"],
    [{ trunk: 2, abroad: 1 }, "reject"],
    [{ trunk: 2 }, "mobile"],
    [{ plain: 1, abroad: 50 }, "international"],
    [{ plain: 1, abroad: 49 }, "reject"],
    [{ plain: 3, abroad: 2 }, "reject"],
  ])("and the cells %j reads what is a number of two countries as %s", (counts, either) => {
    expect(styleIn("DE", counts).either).toBe(either);
  });

  it.each<[Counts, string]>([
    [{ plain: 50, coded: 1 }, "plain"],
    [{ plain: 49, coded: 1 }, "reject"],
    [{ plain: 1, coded: 49 }, "reject"],
    [{ plain: 1, coded: 50 }, "coded"],
    [{}, "coded"],
    [{ trunk: 1 }, "reject"],
  ])("and the cells %j reads what is two numbers of it as %s", (counts, eitherHome) => {
    expect(styleIn("DE", counts).eitherHome).toBe(eitherHome);
  });

  it.each<[Counts, string]>([
    [{ old: 3, short: 3, plain: 2, trunk: 2, coded: 1 }, "all"],
    [{ old: 3, short: 2, plain: 2, trunk: 2, coded: 1 }, "read"],
    [{ old: 1, plain: 9 }, "read"],
    [{ old: 1, plain: 10 }, "reject"],
    [{ old: 1, short: 1, plain: 8 }, "read"],
    [{ old: 1, short: 1, plain: 9 }, "reject"],
  ])("and the cells %j reads mobiles without their new digit so: %s", (counts, old) => {
    expect(styleIn("BR", counts).old).toBe(old);
  });

  it.each<[Counts, string]>([
    [{}, "all"],
    [{ zeros: 1, plain: 19 }, "all"],
    [{ prefix: 1, plain: 19 }, "all"],
    [{ zeros: 1, plain: 20 }, "landlines"],
    [{ zeros: 1, plain: 199 }, "landlines"],
    [{ zeros: 1, plain: 200 }, "reject"],
    [{ zeros: 1, none: 200 }, "reject"],
  ])("and the cells %j reads a leading 00 so: %s", (counts, zeros) => {
    expect(styleIn("DE", counts).zeros).toBe(zeros);
  });
});

it.each<[Counts, string, string]>([
  [{ abroad: 9, unread: 1 }, "international", "international"],
  [{ abroad: 8, unread: 1 }, "unclear", "reject"],
  [{ abroad: 8, either: 1, unread: 1 }, "international", "international"],
  [{ abroad: 1, either: 9 }, "international", "international"],
  [{ abroad: 1, either: 10 }, "unclear", "reject"],
])("a list without a country and with the cells %j is %s", (counts, bare, either) => {
  expect(styleIn(null, counts)).toMatchObject({ bare, either });
});

const mobile: ReadPhone = { ok: true, digits: "491511", landline: false, mobile: true };
const landline: ReadPhone = { ok: true, digits: "49301", landline: true, mobile: false };
const other: ReadPhone = { ok: true, digits: "336121", landline: false, mobile: true };
const otherLandline: ReadPhone = { ok: true, digits: "33101", landline: true, mobile: false };

function verdict(
  shape: Shape,
  [phone, second]: readonly [ReadPhone | null, (ReadPhone | null)?],
  change: Partial<ReturnType<typeof styleOf>>,
): string {
  const style = { ...styleIn("DE", {}), ...change };
  const read = verdictOf(reading(shape, phone, second ?? null), style);
  return read.ok ? read.digits : read.code;
}

describe("a cell", () => {
  it("without the country's code is a phone in every list but an international one", () => {
    for (const shape of ["trunk", "plain"] as const) {
      expect(verdict(shape, [mobile], { bare: "national" })).toBe("491511");
      expect(verdict(shape, [mobile], { bare: "unclear" })).toBe("491511");
      expect(verdict(shape, [mobile], { bare: "international" })).toBe("phone_without_code");
    }
  });

  it("that is valid abroad only is a phone in an international list alone", () => {
    expect(verdict("abroad", [other], { bare: "international" })).toBe("336121");
    expect(verdict("abroad", [other], { bare: "national" })).toBe("phone_abroad");
    expect(verdict("abroad", [other], { bare: "unclear" })).toBe("phone_ambiguous");
  });

  it("that reads both ways is what its list says, and at home by itself only if it is a mobile", () => {
    expect(verdict("either", [mobile, other], { either: "international" })).toBe("336121");
    expect(verdict("either", [mobile, other], { either: "national" })).toBe("491511");
    expect(verdict("either", [null, other], { either: "national" })).toBe("phone_ambiguous");
    expect(verdict("either", [mobile, other], { either: "mobile" })).toBe("491511");
    expect(verdict("either", [landline, other], { either: "mobile" })).toBe("phone_ambiguous");
    expect(verdict("either", [mobile, other], { either: "reject" })).toBe("phone_ambiguous");
  });

  it("that is two numbers of the country is the mobile of them, else what its list says", () => {
    const both = [landline, otherLandline] as const;
    expect(verdict("either_home", [mobile, otherLandline], { eitherHome: "coded" })).toBe("491511");
    expect(verdict("either_home", [landline, other], { eitherHome: "plain" })).toBe("336121");
    expect(verdict("either_home", [mobile, other], { eitherHome: "plain" })).toBe("491511");
    expect(verdict("either_home", both, { eitherHome: "plain" })).toBe("49301");
    expect(verdict("either_home", both, { eitherHome: "coded" })).toBe("33101");
    expect(verdict("either_home", both, { eitherHome: "reject" })).toBe("phone_ambiguous");
    expect(verdict("either_home", [mobile, otherLandline], { bare: "international" })).toBe(
      "33101",
    );
  });

  it("of a Brazilian mobile without its new digit is read where the list has those", () => {
    expect(verdict("old", [mobile], { old: "all" })).toBe("491511");
    expect(verdict("old", [mobile], { old: "read" })).toBe("491511");
    expect(verdict("old", [mobile], { old: "reject" })).toBe("phone_old_plan");
    expect(verdict("short", [mobile], { old: "all" })).toBe("491511");
    expect(verdict("short", [mobile], { old: "read" })).toBe("phone_old_plan");
    expect(verdict("short", [mobile], { old: "reject" })).toBe("phone_old_plan");
  });

  it("with a leading 00 is a phone abroad unless it is a mobile at home with a zero too many", () => {
    expect(verdict("zeros", [other], { zeros: "all" })).toBe("336121");
    expect(verdict("zeros", [other, landline], { zeros: "all" })).toBe("336121");
    expect(verdict("zeros", [other, mobile], { zeros: "all" })).toBe("phone_ambiguous");
    expect(verdict("zeros", [other, landline], { zeros: "landlines" })).toBe("336121");
    expect(verdict("zeros", [other], { zeros: "landlines" })).toBe("phone_ambiguous");
    expect(verdict("zeros", [other, mobile], { zeros: "landlines" })).toBe("phone_ambiguous");
    expect(verdict("zeros", [other, landline], { zeros: "reject" })).toBe("phone_ambiguous");
  });
});

describe("the report on how a list writes its phones", () => {
  const counts: Counts = {
    ...{ trunk: 1, plain: 2, coded: 4, abroad: 8, either: 16, either_home: 32 },
    ...{ old: 64, short: 128, plus: 256, prefix: 512, zeros: 1_024, unread: 2_048 },
  };
  const reportOf = (change: Partial<ReturnType<typeof styleOf>>) =>
    phoneStyleReport(
      { ...NONE, ...counts },
      { ...styleIn("DE", counts), ...change },
      { country: "de", given: null },
    );

  it("counts each cell as it was read", () => {
    const common = { decidedBy: "list", country: "DE", plus: 256, prefix: 1_536 };

    expect(reportOf({ bare: "national", eitherHome: "plain" })).toEqual({
      ...{ ...common, numbers: "national" },
      ...{ national: 1 + 2 + 64 + 128 + 16 + 32, withCode: 4 },
    });
    expect(reportOf({ bare: "national", eitherHome: "coded" })).toMatchObject({
      ...{ national: 1 + 2 + 64 + 128 + 16, withCode: 4 + 32 },
    });
    expect(reportOf({ bare: "international", eitherHome: "reject" })).toMatchObject({
      ...{ national: 1 + 2 + 64 + 128, withCode: 4 + 8 + 16 + 32 },
    });
  });

  it("says who decided, and that there is no country", () => {
    const report = phoneStyleReport(NONE, styleIn(null, {}), { country: null, given: "national" });

    expect(report).toMatchObject({ decidedBy: "campaign", country: null, withCode: 0 });
  });
});
