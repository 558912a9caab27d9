import { describe, expect, it, test } from "vitest";
import { goesFirst } from "../../../src/producer/preflight/goes-first.ts";
import {
  budgetWarning,
  canaryWarning,
  createWarnings,
  delegateWarning,
  nightWarning,
  placeholderWarning,
  previewWarning,
} from "../../../src/producer/preflight/warnings.ts";
import type { BudgetNow } from "../../../src/store/index.ts";
import { testDefinition } from "../../support/campaigns.ts";

const CANARY = { size: 5, minDelivered: 0.8, waitMs: 1_000, after: "go" } as const;

describe("warnings about rows", () => {
  it("come in one order, and each names its first three lines", () => {
    const warnings = createWarnings();
    for (const line of [1, 2, 3, 4]) warnings.add("landline", line);
    warnings.add("duplicate", 9);

    expect(warnings.list().map(({ code, count, lines }) => [code, count, lines])).toEqual([
      ["duplicate", 1, [9]],
      ["landline", 4, [1, 2, 3]],
    ]);
    expect(createWarnings().list()).toEqual([]);
  });

  it("count a line once, whatever columns of it they name", () => {
    const warnings = createWarnings();
    warnings.add("value_formula", 2, "first_name");
    warnings.add("value_formula", 2, "city");
    warnings.add("value_formula", 3, "city");

    expect(warnings.list()).toMatchObject([{ count: 2, lines: [2, 3] }]);
    expect(warnings.list()[0]?.reason).toMatch(/ \(first_name, city\)$/);
  });

  it("name up to eight others, and say when there are more", () => {
    const named = (count: number) => {
      const warnings = createWarnings();
      for (let at = 1; at <= count; at++) warnings.add("got_lately", at, `main-${at}`);
      return warnings.list()[0]?.reason;
    };

    expect(named(1)).toMatch(/gets it again \(main-1\)$/);
    expect(named(8)).toMatch(/\(main-1, .*main-7, main-8\)$/);
    expect(named(9)).toMatch(/\(main-1, .*main-7, main-8, \.\.\.\)$/);
  });
});

describe("a budget of people", () => {
  const reason = (budget: Partial<BudgetNow>, messages: number) =>
    budgetWarning({ name: "main", limit: 1_000, used: 900, nextAtMs: null, ...budget }, messages);

  it.each([
    [{}, 100, undefined],
    [{}, 101, [1, "room for 100 of them now; these wait, and it takes about a day"]],
    [{}, 1_100, [1_000, "it takes about a day"]],
    [{}, 1_101, [1_001, "it takes about 2 days"]],
    [{ used: 1_000 }, 1, [1, "room for 0 of them"]],
    // The limit was lowered.
    [{ used: 1_500 }, 1, [1, "room for 0 of them"]],
    [{ used: 1_500 }, 0, undefined],
    [{ nextAtMs: 0 }, 101, [1, "wait, the next ones until 1970-01-01T00:00:00.000Z, and it takes"]],
  ] as const)("of %j and %i messages are told as far as they wait", (budget, messages, told) => {
    const [warning] = reason(budget, messages);

    expect(warning?.count).toBe(told?.[0]);
    if (told !== undefined) expect(warning?.reason).toContain(told[1]);
  });

  it("that is not set is nothing to wait for", () => {
    expect(budgetWarning(null, 1_000_000)).toEqual([]);
  });
});

describe("the messages that go before the rest", () => {
  const first = (first: number | null, size: number | null, messages: number) =>
    goesFirst(
      {
        ...testDefinition("main", { canary: size === null ? null : { ...CANARY, size } }),
        recipients: { ...testDefinition("main").recipients, first },
      },
      messages,
    );

  it.each([
    [null, null, 10, null],
    [10, null, 10, null],
    [9, null, 10, { first: 9, canary: null }],
    [null, 10, 10, null],
    [null, 9, 10, { first: null, canary: { ...CANARY, size: 9, needed: 8 } }],
    [9, 9, 10, { first: 9, canary: null }],
    [9, 8, 10, { first: 9, canary: { ...CANARY, size: 8, needed: 7 } }],
    [20, 10, 10, null],
  ])("of the first %s and a canary of %s are in %i messages: %j", (only, size, messages, told) => {
    expect(first(only, size, messages)).toEqual(told);
  });
});

test("a campaign without a canary, or with none any more, is not warned of one", () => {
  expect(canaryWarning(testDefinition("main"), 5)).toEqual([]);
  expect(canaryWarning({ ...testDefinition("main"), canary: null }, 5)).toEqual([]);
  expect(
    canaryWarning({ ...testDefinition("main"), canary: { ...CANARY, size: 1 } }, 1),
  ).toHaveLength(1);
});

test("messages for the API to delay are warned of, and others are not", () => {
  const schedule = { startAtMs: 0, endByMs: null };

  expect(delegateWarning(testDefinition("main", { schedule }), 3)).toEqual([]);
  expect(
    delegateWarning(testDefinition("main", { schedule: { ...schedule, delegate: true } }), 3),
  ).toMatchObject([{ code: "delegated", count: 3 }]);
});

test("one message at night is already one", () => {
  expect([0, 1, 2].map((count) => nightWarning(count).map((one) => one.count))).toEqual([
    ...[[], [1], [2]],
  ]);
});

test("a placeholder of another program is told if it names a column", () => {
  const components = [
    { type: "body", parameters: [{ type: "text", text: "{town} [[ City |x]]" }] },
  ];
  const template = { name: "t", language: { code: "en" }, components };
  const definition = testDefinition("main", { template });

  expect(placeholderWarning(definition, ["phone"], 2)).toEqual([]);
  const [warning, ...others] = placeholderWarning(definition, ["phone", "city"], 2);
  expect(others).toEqual([]);
  expect(warning?.reason).toContain("holds [[ City |x]], which is sent as it is");
  expect(warning?.reason).toContain("is written {{City}}");
});

test("a preview is warned of if its variables are not the body's, and only if there is one", () => {
  const preview = (text: string | null) =>
    previewWarning(testDefinition("main", { preview: text }), 4).map(({ count }) => count);

  expect([preview(null), preview("Hi {{1}}"), preview("Hi")]).toEqual([[], [], [4]]);
});
