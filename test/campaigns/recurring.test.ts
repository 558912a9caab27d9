import { expect, test } from "vitest";
import { recurringJson, recurringWords } from "../../src/campaigns/recurring.ts";
import type { RecurringState } from "../../src/store/index.ts";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const DUE = Date.parse("2026-11-27T08:00:00Z");

function state(changes: Partial<RecurringState> = {}): RecurringState {
  return {
    ...{ name: "bills", cron: "0 9 * * mon-fri", timezone: "Europe/Warsaw", source: "../exports" },
    ...{ nextMs: Date.parse("2026-11-30T08:00:00Z"), problem: null, seenMs: NOW, nowMs: NOW },
    last: { dueMs: DUE, atMs: DUE + 9_000, outcome: "campaign", campaign: "main-7", detail: "" },
    ...changes,
  };
}

const withLast = (outcome: string, detail: string, campaign: string | null = null) =>
  state({ last: { dueMs: DUE, atMs: DUE, campaign, detail, outcome } as RecurringState["last"] });

test("a file says its next run with its zone, and which campaign its last run became", () => {
  expect(recurringWords(state())).toEqual({
    name: "bills",
    next: "next run Mon 2026-11-30 09:00 Europe/Warsaw",
    last: "Fri 2026-11-27 09:00 Europe/Warsaw: main-7",
    isTrouble: false,
  });
  expect(recurringWords(state({ last: null })).last).toBeNull();
});

test("a run without a campaign says why, and whether a person has to look", () => {
  const told = [
    withLast("unchanged", ""),
    withLast("empty", "there is no list"),
    withLast("missed", "no producer ran at that time (onMissed: skip)"),
    withLast("unreachable", "it answered 503"),
    withLast("failed", "The list has no phone column."),
    withLast("importing", ""),
  ].map(recurringWords);

  expect(told.map(({ last }) => last?.replace(/^.*Warsaw: /, ""))).toEqual([
    "no campaign: the list was sent before",
    "no campaign: there is no list",
    "no campaign: no producer ran at that time (onMissed: skip)",
    "no campaign: it answered 503",
    "no campaign: The list has no phone column.",
    "its list is being imported",
  ]);
  expect(told.map(({ isTrouble }) => isTrouble)).toEqual([false, false, true, true, true, false]);
});

test("a file that is broken, or that no running producer has, says so instead of a next run", () => {
  const broken = state({ problem: "bills.yaml: recurring.cron is missing", timezone: null });
  expect(recurringWords(broken)).toMatchObject({
    ...{ next: "is not run: bills.yaml: recurring.cron is missing", isTrouble: true },
    last: "Fri 2026-11-27 08:00 UTC: main-7",
  });
  expect(recurringWords(state({ seenMs: NOW - 600_000 }))).toMatchObject({
    ...{ next: "no producer that has its file runs", isTrouble: true },
  });
});

test("scripts get the same as times and codes", () => {
  expect(recurringJson(state())).toEqual({
    ...{ name: "bills", cron: "0 9 * * mon-fri", timezone: "Europe/Warsaw", source: "../exports" },
    ...{ problem: null, next: "2026-11-30T08:00:00.000Z", seenAt: "2026-11-29T12:00:00.000Z" },
    last: {
      ...{ due: "2026-11-27T08:00:00.000Z", at: "2026-11-27T08:00:09.000Z", outcome: "campaign" },
      ...{ campaign: "main-7", detail: "" },
    },
  });
});
