import { expect, test } from "vitest";
import { openingWords, readWaitsFor } from "../../src/campaigns/waits-for.ts";
import { zeroCounts } from "../../src/core/message.ts";
import type { Campaign, FurtherTries } from "../../src/store/index.ts";

const NOW = Date.parse("2026-11-30T03:00:00Z");
const OPENS = Date.parse("2026-11-30T08:00:00Z");
const hours = [{ days: [1, 2, 3, 4, 5, 6, 7], fromS: 9 * 3_600, toS: 20 * 3_600 }];

function waitsAt(
  atMs: number | null,
  changes: Partial<Campaign> = {},
  tries: readonly FurtherTries[] = [],
) {
  const campaign: Pick<Campaign, "id" | "status" | "counts" | "hours"> = {
    id: "main-1",
    status: "running",
    counts: { ...zeroCounts(), pending: 20_000 },
    hours: {
      window: { hours, timezone: "recipient", onMiss: "next" },
      places: [
        [12_480, "PL", ["Europe/Warsaw"]],
        [500, "US", ["America/New_York"]],
      ],
    },
    ...changes,
  };
  const store = {
    nextWork: async () => ({ atMs, nowMs: NOW }),
    furtherTries: async () => [...tries],
  };
  return readWaitsFor(store, campaign);
}

test("a campaign that waits for an opening says when it is by the clock there, and for how many", async () => {
  const waits = await waitsAt(OPENS);
  expect(waits).toMatchObject({ opensAtMs: OPENS, people: 12_480 });
  expect(waits && openingWords(waits)).toBe("Mon 09:00 Europe/Warsaw");
  const later = await waitsAt(Date.parse("2026-11-30T14:00:00Z"));
  expect(later && openingWords(later)).toBe("Mon 09:00 America/New_York");
  expect(later?.people).toBe(500);
});

test("of one zone for all, and of a time that no place opens at, it says what it can", async () => {
  const one = await waitsAt(Date.parse("2026-11-30T03:30:00Z"), {
    hours: {
      window: { hours, timezone: "Asia/Kolkata", onMiss: "next" },
      places: [[2, null, ["Asia/Kolkata"]]],
    },
  });
  expect(one && openingWords(one)).toBe("Mon 09:00 Asia/Kolkata");
  expect(one?.people).toBe(2);
  const retry = await waitsAt(NOW + 120_000);
  expect(retry && openingWords(retry)).toBe("Mon 03:02 UTC");
  // Not worth a word.
  expect(await waitsAt(NOW + 5_000)).toBeNull();
});

test("a campaign that has work now, or no window, or nothing pending waits for no opening", async () => {
  expect(await waitsAt(NOW)).toBeNull();
  expect(await waitsAt(null)).toBeNull();
  expect(await waitsAt(OPENS, { hours: null })).toBeNull();
  expect(await waitsAt(OPENS, { status: "paused" })).toBeNull();
  expect(await waitsAt(OPENS, { counts: zeroCounts() })).toBeNull();
});

test("a campaign of which only further tries are left waits for no opening", async () => {
  const tries = [{ code: 131049, nth: 2, count: 12, firstAt: OPENS }];
  const counts = { ...zeroCounts(), pending: 12 };
  expect(await waitsAt(OPENS, { counts }, tries)).toBeNull();
  expect(await waitsAt(OPENS, { counts: { ...counts, pending: 13 } }, tries)).not.toBeNull();
});
