import { expect, test } from "vitest";
import { createDropReports, type DropReport } from "../../src/store/drops/drop-reports.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { startOwnRedis } from "../support/redis.ts";

async function openBench() {
  const redis = (await startOwnRedis()).connect();
  const keys = deploymentKeys();
  const reports = createDropReports(redis);
  /** Moves the last report of a producer back in time. */
  const age = async ({ host, dir }: DropReport, ms: number): Promise<void> => {
    await redis.zadd(keys.dropReportsSeen, Date.now() - ms, `${host} ${dir}`);
  };
  return { redis, keys, reports, age };
}

function failed(file: string, atMs = 1) {
  const words = { code: "list_empty", message: `${file} is empty.`, fix: "Fill it." };
  return { file, atMs, number: "main", ...words, rows: 0, rejected: 0, problems: [] };
}

function report(changes: Partial<DropReport> = {}): DropReport {
  return { host: "pod-1", dir: "/drops", failed: [failed("a.csv")], waiting: [], ...changes };
}

test("a report replaces the one before, and one that has not changed is only confirmed", async () => {
  const { reports, redis, keys } = await openBench();

  expect(await reports.confirm(report())).toBe(false);
  expect(await redis.exists(keys.dropReportsSeen)).toBe(0);
  await reports.note(report());
  await reports.note(report({ failed: [], waiting: [{ file: "inbox/b.csv", why: "alone" }] }));
  expect(await reports.confirm(report())).toBe(true);

  expect(await reports.read()).toMatchObject([
    { failed: [], waiting: [{ file: "inbox/b.csv" }], isLive: true },
  ]);
  expect(await redis.hlen(keys.dropReports)).toBe(1);
});

test("a report has a hundred entries of each kind at most", async () => {
  const { reports } = await openBench();
  const many = Array.from({ length: 300 }, (_, at) => at);

  await reports.note(
    report({
      failed: many.map((at) => failed(`${at}.csv`)),
      waiting: many.map((at) => ({ file: `inbox/${at}.csv`, why: "alone" })),
    }),
  );

  const [read] = await reports.read();
  expect([read?.failed.length, read?.waiting.length]).toEqual([100, 100]);
});

test("a producer that is gone is shown as gone, and not at all once another watches its folder", async () => {
  const { reports, age } = await openBench();
  await reports.note(report());
  await age(report(), 10 * 60_000);

  expect(await reports.read()).toMatchObject([{ host: "pod-1", isLive: false }]);
  await reports.note(report({ host: "pod-2", failed: [] }));
  expect(await reports.read()).toMatchObject([{ host: "pod-2", isLive: true }]);
});

test("a report is dropped a day after its producer is gone", async () => {
  const { reports, age, redis, keys } = await openBench();
  await reports.note(report());
  await age(report(), 25 * 3_600_000);

  await reports.note(report({ host: "pod-2", dir: "/other" }));

  expect(await redis.hkeys(keys.dropReports)).toEqual(["pod-2 /other"]);
  expect(await redis.zcard(keys.dropReportsSeen)).toBe(1);
});
