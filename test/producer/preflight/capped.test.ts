import { expect, test } from "vitest";
import type { CapRules, Caps } from "../../../src/core/caps.ts";
import type { CheckedRow } from "../../../src/producer/check/check-rows.ts";
import { cappedRows } from "../../../src/producer/preflight/capped.ts";
import { testDefinition, testPhone } from "../../support/campaigns.ts";

const ONE_A_DAY = [{ messages: 1, hours: 24 }];
const CONFIGURED: Caps = { limits: { marketing: ONE_A_DAY }, outcome: null };

/** What is said of rows whose people a cap keeps back if their phone ends with 7, and who was asked. */
async function capped(
  count: number,
  { configured = CONFIGURED, own = null }: { configured?: Caps | null; own?: Caps | null } = {},
) {
  const asked: { phones: number; rules: CapRules }[] = [];
  const rows: CheckedRow[] = Array.from({ length: count }, (_, at) => ({
    ...{ cells: [], line: at + 2, outcome: { kind: "pending", phone: testPhone(at + 1) } },
  }));
  const left: CheckedRow[] = [
    { cells: [], line: 1, outcome: { kind: "duplicate", phone: testPhone(7), of: 1 } },
  ];
  const now = {
    configured,
    cappedUntil: async (phones: readonly string[], rules: CapRules) => {
      asked.push({ phones: phones.length, rules });
      return phones.map((phone) => (phone.endsWith("7") ? 0 : null));
    },
  };
  const definition = testDefinition("main", { caps: own });
  const found = [];
  for await (const one of cappedRows([...left, ...rows], definition, now)) found.push(one);
  return { asked, found };
}

test("rows that a cap would keep back now are told, and only people who would get one are asked for", async () => {
  const { asked, found } = await capped(18);

  expect(found).toEqual([
    { line: 8, code: "capped_later" },
    { line: 18, code: "capped_later" },
  ]);
  expect(asked).toEqual([
    { phones: 18, rules: { category: "marketing", caps: ONE_A_DAY, outcome: "later" } },
  ]);
});

test("the campaign's own cap goes before the configured one, and may leave people out", async () => {
  const own: Caps = { limits: { marketing: [{ messages: 3, hours: 48 }] }, outcome: "skip" };

  const { asked, found } = await capped(7, { own });

  expect(found).toEqual([{ line: 8, code: "capped_skip" }]);
  expect(asked[0]?.rules.caps).toEqual([{ messages: 3, hours: 48 }]);
});

test("a thousand people are asked for at once", async () => {
  const { asked, found } = await capped(2_000);

  expect(asked.map(({ phones }) => phones)).toEqual([1_000, 1_000]);
  expect(found).toHaveLength(200);
  expect(found.at(-1)).toEqual({ line: 1_998, code: "capped_later" });
});

test("no person is asked for without a cap, or by a campaign that is exempt", async () => {
  const exempt: Caps = { limits: { marketing: [] }, outcome: null };

  expect(await capped(7, { configured: null })).toEqual({ asked: [], found: [] });
  expect(await capped(7, { own: exempt })).toEqual({ asked: [], found: [] });
});

test("where it is not known whom a cap keeps back, none is told", async () => {
  const definition = testDefinition("main", { caps: CONFIGURED });
  const row = { cells: [], line: 2, outcome: { kind: "pending", phone: testPhone(7) } } as const;

  expect(await cappedRows([row], definition, null).next()).toMatchObject({ done: true });
});
