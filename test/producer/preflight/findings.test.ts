import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../../src/core/campaign.ts";
import { compileTemplate } from "../../../src/core/template.ts";
import type { CheckedRow } from "../../../src/producer/check/check-rows.ts";
import { createPreflight, type PreflightInput } from "../../../src/producer/preflight/preflight.ts";
import { sendTimesOf } from "../../../src/time/send-times.ts";
import { testDefinition, testPhone } from "../../support/campaigns.ts";

/** What a check finds in rows that have passed, without a list and without Redis. */

const NOW = Date.parse("2026-11-23T10:00:00Z");
const COLUMNS = ["phone", "first_name"];
const RECIPIENTS = testDefinition("main").recipients;

function preflightOf(
  changes: Partial<CampaignDefinition> = {},
  input: Partial<PreflightInput> | null = {},
  country: string | null = null,
) {
  const definition = testDefinition("main", { category: "utility", ...changes });
  const template = compileTemplate(definition.template, COLUMNS, definition.category);
  if (!template.ok) throw new Error(template.refusal.message);
  const given = { people: null, optOuts: null, ratePerSecond: 1, prices: null, nowMs: NOW };
  return createPreflight(input === null ? null : { ...given, ...input }, {
    ...{ definition, mode: "live", country, columns: COLUMNS, template: template.value },
    times: sendTimesOf(definition, COLUMNS),
  });
}

function row(line: number, change: Partial<CheckedRow["outcome"]> = {}): CheckedRow {
  const outcome = { kind: "pending", phone: testPhone(line), ...change } as CheckedRow["outcome"];
  return { cells: ["", `Name ${line}`], line, outcome };
}

const rows = (count: number, change: Partial<CheckedRow["outcome"]> = {}) =>
  Array.from({ length: count }, (_, at) => row(at + 2, change));

async function found(
  preflight: ReturnType<typeof preflightOf>,
  of: readonly CheckedRow[],
  messages = of.length,
) {
  await preflight.add(of);
  return preflight.found(messages);
}

const WINDOW = {
  hours: [{ days: [1, 2, 3, 4, 5, 6, 7], fromS: 9 * 3_600, toS: 17 * 3_600 }],
  ...{ timezone: "recipient", onMiss: "next" as const },
};

test("what is notable about a row is told with its line, and what is usual is not", async () => {
  const doubt = { code: "value_formula", column: "first_name" } as const;
  const { warnings } = await found(preflightOf(), [
    ...[row(2), row(3, { landline: true }), row(4, { doubts: [doubt] })],
    row(5, { kind: "duplicate", of: 1 }),
    row(6, { kind: "suppressed", reason: "opted_out" }),
    row(7, { kind: "rejected", code: "phone_invalid", column: "phone" }),
  ]);

  expect(warnings.map(({ code, lines, count }) => [code, lines, count])).toEqual([
    ["duplicate", [5], 1],
    ["opted_out", [6], 1],
    ["value_formula", [4], 1],
    ["landline", [3], 1],
  ]);
  expect(warnings[2]?.reason).toMatch(/sent as it is \(first_name\)$/);
});

test("opt-outs are asked for two thousand people at once, and not for those who get nothing", async () => {
  const asked: number[] = [];
  const optOuts: PreflightInput["optOuts"] = {
    check: async (_, phones) => {
      asked.push(phones.length);
      return phones.map((phone) => (phone === testPhone(3_500) ? "opted_out" : null));
    },
  };
  const list = [...rows(4_000), row(5_000, { kind: "duplicate", of: 1 })];

  const settled = await preflightOf({}, { optOuts }).add(list);

  expect(asked).toEqual([2_000, 2_000]);
  expect(settled).toHaveLength(4_001);
  expect(settled.filter((one, at) => one !== list[at])).toEqual([
    {
      ...row(3_500),
      outcome: { kind: "suppressed", phone: testPhone(3_500), reason: "opted_out" },
    },
  ]);
});

test("messages that the API delays carry their time, and are handed over at once", async () => {
  const startAtMs = NOW + 86_400_000;
  const schedule = { startAtMs, endByMs: null, delegate: true };

  const { samples, warnings, estimate } = await found(preflightOf({ schedule }), rows(5));
  const now = await found(preflightOf(), rows(1));

  expect(samples.map(({ body }) => body.schedule)).toEqual([
    ...["2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"],
  ]);
  expect(warnings).toMatchObject([{ code: "delegated", count: 5, lines: [] }]);
  expect(warnings[0]?.reason).toContain("sends them at 2026-11-24T10:00:00.000Z");
  expect(estimate).toMatchObject({ startsAt: "2026-11-23T10:00:00.000Z", seconds: 5 });
  expect(now.samples[0]?.body).not.toHaveProperty("schedule");
  expect(now.warnings).toEqual([]);
});

test("of a first N the time and the people are those of the first N", async () => {
  const list = [...rows(4), ...rows(3, { phone: "5511987654321" })];
  const recipients = { ...RECIPIENTS, first: 4 };
  const schedule = { startAtMs: null, endByMs: null, window: WINDOW };
  const budget = { name: "main", limit: 10, used: 9, nextAtMs: null };

  const first = await found(preflightOf({ recipients, schedule }, { budget }), list);
  const all = await found(preflightOf({ schedule }), list);

  // 10:00 UTC is within the hours in Poland; in Brazil they begin at 12:00 UTC.
  expect(first.goesFirst).toEqual({ first: 4, canary: null });
  expect(first.estimate).toMatchObject({ seconds: 4, endsAt: "2026-11-23T10:00:04.000Z" });
  expect(first.warnings).toMatchObject([{ code: "budget_full", count: 3 }]);
  expect(first.window?.places.map(({ people }) => people)).toEqual([4, 3]);
  expect(all).not.toHaveProperty("goesFirst");
  expect(all.estimate).toMatchObject({ endsAt: "2026-11-23T12:00:03.000Z" });
  expect(all.window?.places.map(({ country }) => country)).toEqual(["PL", "BR"]);
});

test("a first N of several places shares the rate among those of its own rows", async () => {
  const list = [...rows(2), ...rows(3, { phone: "5511987654321" }), ...rows(9)];
  const recipients = { ...RECIPIENTS, first: 5 };
  const schedule = { startAtMs: null, endByMs: NOW + 1_000, window: WINDOW };

  const { estimate } = await found(preflightOf({ recipients, schedule }), list);

  // One Pole by then; the other and three Brazilians come too late.
  expect(estimate?.late).toBe(4);
});

test("without a window there is none in the findings, and canary messages are told", async () => {
  const canary = { size: 3, minDelivered: 0.8, waitMs: 1_000, after: "go" } as const;

  const findings = await found(preflightOf({ canary }), rows(9));

  expect(findings).not.toHaveProperty("window");
  expect(findings.goesFirst).toEqual({ first: null, canary: { ...canary, needed: 3 } });
});

test("whom a frequency cap keeps back now is told with the line", async () => {
  const caps: PreflightInput["caps"] = {
    configured: { limits: { utility: [{ messages: 1, hours: 24 }] }, outcome: null },
    cappedUntil: async (phones) => phones.map((phone) => (phone === testPhone(3) ? NOW : null)),
  };

  const { warnings } = await found(preflightOf({}, { caps }), rows(3));

  expect(warnings).toMatchObject([{ code: "capped_later", count: 1, lines: [3] }]);
});

test("people are counted by country, and told where the list has another", async () => {
  const list = [...rows(3), row(5, { phone: "4915112345678" })];
  const prices = { currency: "EUR", countries: { PL: { utility: 0.5 } }, other: null };

  const home = await found(preflightOf({}, { prices }, "pl"), list);
  const abroad = await found(preflightOf(), list);

  expect(home.cost).toMatchObject({ amount: 1.5, unpriced: 1 });
  expect(home.cost.countries).toMatchObject([
    { country: "PL", messages: 3 },
    { country: "DE", messages: 1 },
  ]);
  expect(home.warnings).toMatchObject([{ code: "other_country", count: 1, lines: [5] }]);
  expect(abroad.warnings).toEqual([]);
});

test("two time zones are already more than one", async () => {
  const schedule = { startAtMs: null, endByMs: null, window: WINDOW };

  const { warnings } = await found(preflightOf({ schedule }), [
    ...[row(2), row(3, { phone: "34612345678" })],
  ]);

  expect(warnings).toMatchObject([{ code: "zones_of_country", count: 1, lines: [3] }]);
  expect(warnings[0]?.reason).toContain("(ES)");
});

test("without anything to ask there is no estimate, and the report says what was not looked at", async () => {
  const nothing = await found(preflightOf({}, null), rows(2));
  const warn = { ...RECIPIENTS, warnRepeatMs: 1_000 };

  expect(nothing).toMatchObject({
    ...{ estimate: null, notChecked: ["opt_outs", "other_campaigns"] },
    cost: { currency: null, countries: [{ country: "PL", messages: 2 }] },
  });
  expect((await found(preflightOf({ recipients: warn }), rows(1))).notChecked).toEqual([
    ...["opt_outs", "other_campaigns", "repeats"],
  ]);
});

test("marketing at night is counted, and other messages are not", async () => {
  const nowMs = Date.parse("2026-11-23T23:00:00Z");

  const marketing = await found(preflightOf({ category: "marketing" }, { nowMs }), rows(3));
  const utility = await found(preflightOf({}, { nowMs }), rows(3));

  expect(marketing.warnings).toMatchObject([{ code: "marketing_at_night", count: 3 }]);
  expect(utility.warnings).toEqual([]);
});
