import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createDropTeller } from "../../../src/producer/drop/tell.ts";
import type { DropReport } from "../../../src/store/index.ts";
import { SOON } from "../../support/soon.ts";
import { testFolder } from "../list/read-list.ts";

async function openBench() {
  const dir = await testFolder();
  await mkdir(join(dir, "failed"), { recursive: true });
  await mkdir(join(dir, "inbox"), { recursive: true });
  const noted: DropReport[] = [];
  const errors: unknown[] = [];
  let isAway = false;
  let confirmed = 0;
  const teller = createDropTeller({
    reports: {
      async note(report) {
        if (isAway) throw new Error("away");
        noted.push(report);
      },
      async confirm() {
        if (isAway) throw new Error("away");
        confirmed++;
        return true;
      },
    },
    ...{ dir: () => dir, everyMs: 20, failed: (error) => errors.push(error) },
  });
  onTestFinished(() => teller.stop());
  return {
    ...{ dir, noted, errors, teller },
    confirmed: () => confirmed,
    setAway: (value: boolean) => {
      isAway = value;
    },
  };
}

const REPORT = JSON.stringify({
  ...{ file: "sale.csv", number: "main", rows: 3, rejected: 2 },
  problems: [
    { code: "phone_invalid", reason: "not a phone", count: 2, lines: [2, 3], columns: [] },
  ],
  refusal: { code: "too_many_rejected", message: "Too many rows.", fix: "Correct them." },
});

test("a list that failed is told with its report, and no longer once its files are gone", async () => {
  const { dir, noted } = await openBench();
  await writeFile(join(dir, "failed/sale.report.json"), REPORT);

  await vi.waitFor(() => expect(noted.at(-1)?.failed).toHaveLength(1), SOON);
  expect(noted.at(-1)?.failed).toMatchObject([
    {
      ...{ file: "sale.csv", number: "main", code: "too_many_rejected", rejected: 2 },
      problems: [{ reason: "not a phone", count: 2, lines: [2, 3] }],
    },
  ]);
  await rm(join(dir, "failed/sale.report.json"));
  await vi.waitFor(() => expect(noted.at(-1)?.failed).toEqual([]), SOON);
});

test("a list without a campaign file is told as waiting, once, and then only confirmed", async () => {
  const { dir, noted, confirmed } = await openBench();
  await writeFile(join(dir, "inbox/alone.csv"), "phone\n");

  await vi.waitFor(() => expect(noted.at(-1)?.waiting).toHaveLength(1), SOON);
  const told = noted.length;
  const before = confirmed();
  await vi.waitFor(() => expect(confirmed()).toBeGreaterThan(before + 2), SOON);
  expect(noted).toHaveLength(told);
});

test("what could not be told is told when Redis is back", async () => {
  const { dir, noted, errors, setAway } = await openBench();
  setAway(true);
  await writeFile(join(dir, "failed/sale.report.json"), REPORT);

  await vi.waitFor(() => expect(errors.length).toBeGreaterThan(1), SOON);
  setAway(false);

  await vi.waitFor(() => expect(noted.at(-1)?.failed).toHaveLength(1), SOON);
});
