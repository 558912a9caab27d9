import { expect, test } from "vitest";
import { leavesNow } from "../../src/campaigns/leaves-now.ts";
import type { SendWindow } from "../../src/core/send-window.ts";
import { openTestStore, testDefinition } from "../support/campaigns.ts";

const NOON_UTC = Date.parse("2026-12-01T12:00:00Z");

test("a row leaves now if the window is open in its zone", async () => {
  const bench = await openTestStore();
  const { recipients, ...rest } = testDefinition(bench.number);
  const hours = [{ days: [1, 2, 3, 4, 5, 6, 7], fromS: 9 * 3_600, toS: 17 * 3_600 }];
  const window: SendWindow = { hours, timezone: "recipient", onMiss: "next" };
  const schedule = { startAtMs: null, endByMs: null, window };
  const definition = { ...rest, schedule, recipients: { ...recipients, timezone: "first_name" } };
  const id = await bench.import(1, { definition });
  const isOpen = await leavesNow(bench.store, id, NOON_UTC);
  const row = (zone: string) => ({ phone: "48600000001", cells: ["", zone] });
  expect(["Europe/Warsaw", "Asia/Tokyo", "", "nowhere"].map((zone) => isOpen(row(zone)))).toEqual([
    ...[true, false, true, false],
  ]);
});

test("without a window every row leaves now", async () => {
  const bench = await openTestStore();
  const isOpen = await leavesNow(bench.store, await bench.import(1), NOON_UTC);
  expect(isOpen({ phone: "48600000001", cells: [] })).toBe(true);
});
