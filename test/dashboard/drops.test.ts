import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard } from "./support.ts";

const FAILED = {
  ...{ file: "sale <b>.csv", atMs: Date.now(), number: "main", code: "too_many_rejected" },
  ...{ message: "2 of 3 rows were rejected.", fix: "Correct them.", rows: 3, rejected: 2 },
  problems: [{ reason: "the phone is not valid", count: 2, lines: [2, 3] }],
};

/** Drops are the whole deployment's, so each of these tests has a Redis of its own. */
async function open() {
  const redis = (await startOwnRedis()).connect();
  const test = await openTestStore({}, redis);
  await test.store.dropReports.note({
    ...{ host: "pod-1", dir: "/srv/drops", failed: [FAILED] },
    waiting: [{ file: "inbox/alone.csv", why: "no campaign file is beside it" }],
  });
  return openDashboard({ test });
}

test("a list that failed on another machine is shown with file, lines and what to do", async () => {
  const { ask } = await open();

  const page = await (await ask("/drops")).text();

  expect(page).toContain("1 list failed in the last 7 days");
  expect(page).toContain("sale &lt;b&gt;.csv");
  expect(page).toContain("2 of 3 rows were rejected.");
  expect(page).toContain("2 rows: the phone is not valid (line 2, 3)");
  expect(page).toContain("1 file waits");
  expect(page).toContain("no campaign file is beside it");
});

test("the lists that became campaigns lead to them", async () => {
  const { ask, test: bench } = await open();
  await bench.store.acts.end("", {
    ...{ who: "drop folder", via: "drop folder", from: "pod-1", what: "send" },
    ...{ campaigns: ["main-7"], details: { list: "may.csv", messages: 1_200, rejected: 3 } },
    ...{ result: "done", code: null },
  });

  const page = await (await ask("/drops")).text();
  const json = await (await ask("/api/drops")).json();

  expect(page).toContain('<a href="/campaigns/main-7">main-7</a>');
  expect(page).toContain("1,200");
  expect(json).toMatchObject({
    folders: [{ dir: "/srv/drops", running: true }],
    failed: [{ code: "too_many_rejected", problems: [{ lines: [2, 3] }] }],
    waiting: [{ file: "inbox/alone.csv" }],
    imported: [{ campaigns: ["main-7"] }],
  });
});

test("health says that lists failed and files wait, and where to look", async () => {
  const { ask } = await open();

  const { checks } = (await (await ask("/api/health")).json()) as {
    checks: { code: string; message: string }[];
  };

  const of = (code: string) => checks.filter((check) => check.code === code);
  expect(of("drops_failed")).toMatchObject([
    { message: expect.stringContaining("1 dropped list failed in the last 7 days; the last one") },
  ]);
  expect(of("drops_waiting")).toMatchObject([
    { message: expect.stringContaining("1 dropped file waits; inbox/alone.csv") },
  ]);
});
