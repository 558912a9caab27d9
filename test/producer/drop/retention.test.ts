import { lstat, mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDropLog } from "../../../src/producer/drop/drop-log.ts";
import { dropFolders } from "../../../src/producer/drop/files.ts";
import { createDropRetention } from "../../../src/producer/drop/retention.ts";
import { testFolder } from "../list/read-list.ts";

const DAY_MS = 24 * 3_600_000;
const RETENTION_MS = 40 * DAY_MS;

async function keeper() {
  const dir = await testFolder();
  const said: string[] = [];
  const log = createDropLog((line) => said.push(line));
  const retention = createDropRetention({
    ...{ folders: dropFolders(dir), retentionMs: RETENTION_MS, log },
  });
  onTestFinished(() => retention.close());
  return {
    dir,
    said,
    /** One walk for files and one for reports, each with names enough for one step. */
    async look(nowMs: number): Promise<void> {
      await retention.step(nowMs);
      await retention.step(nowMs);
    },
    retention,
    async put(path: string, ageDays: number): Promise<void> {
      const file = join(dir, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, "48600000001");
      const at = (Date.now() - ageDays * DAY_MS) / 1_000;
      await utimes(file, at, at);
    },
    files: async (): Promise<string[]> => {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
        .sort();
    },
  };
}

it("files of drops that were done with longer ago than the retention time are deleted, with all that lies beside them", async () => {
  const { put, files, look, said } = await keeper();
  for (const name of ["a.csv", "a.yaml", "a.rejects.csv", "a.report.json"]) {
    await put(`done/shop/${name}`, 41);
    await put(`failed/${name}`, 41);
  }
  await put("failed/b.xlsx", 41);
  await put("failed/b.report.json", 41);
  // A list may be older than its drop.
  await put("done/young.csv", 400);
  await put("done/young.report.json", 39);

  await look(Date.now());

  expect(await files()).toEqual(["done/young.csv", "done/young.report.json"]);
  expect(said).toEqual(["10 dropped files older than 40 days were deleted."]);
});

it("inbox and processing are never cleared", async () => {
  const { put, files, look } = await keeper();
  const kept = [
    "inbox/a.csv",
    "inbox/campaign.yaml",
    "processing/.b.csv.claim",
    "processing/b.csv",
  ];
  for (const path of kept) await put(path, 400);
  await put("done/x.report.json", 41);

  await look(Date.now() + 400 * DAY_MS);

  expect(await files()).toEqual(kept);
});

it("a rejects file that somebody corrects is kept as long as it is written to", async () => {
  const { put, files, look } = await keeper();
  await put("done/may.csv", 50);
  await put("done/may.report.json", 50);
  await put("done/may.rejects.csv", 3);

  await look(Date.now());
  expect(await files()).toEqual(["done/may.rejects.csv"]);
  // Nothing tells any more when it came but its own times, and it was renamed today.
  await look(Date.now() + 39 * DAY_MS);
  expect(await files()).toEqual(["done/may.rejects.csv"]);
  await look(Date.now() + 41 * DAY_MS);
  expect(await files()).toEqual([]);
});

it("a time that is still to come keeps nothing for ever", async () => {
  const { put, files, look } = await keeper();
  await put("done/x.csv", -4_000);

  await look(Date.now());
  expect(await files()).toEqual(["done/x.csv"]);
  await look(Date.now() + 41 * DAY_MS);
  expect(await files()).toEqual([]);
});

it("a link goes, and what it points at stays", async () => {
  const { dir, put, files, look } = await keeper();
  await put("elsewhere/kept.csv", 400);
  await mkdir(join(dir, "done"));
  await symlink(join(dir, "elsewhere"), join(dir, "done/folder"));
  await symlink(join(dir, "elsewhere/kept.csv"), join(dir, "done/x.csv"));

  await look(Date.now() + 41 * DAY_MS);

  expect(await files()).toEqual(["elsewhere/kept.csv"]);
  expect((await lstat(join(dir, "elsewhere/kept.csv"))).size).toBeGreaterThan(0);
});

it("each step reads some names, and the next goes on behind them", async () => {
  const { put, files, retention } = await keeper();
  for (let nth = 1; nth <= 450; nth++) await put(`done/old-${nth}.csv`, 41);
  for (let nth = 1; nth <= 450; nth++) await put(`done/old-${nth}.report.json`, 41);
  const now = Date.now();

  const left: number[] = [];
  for (let step = 1; step <= 10; step++) {
    await retention.step(now);
    left.push((await files()).length);
  }

  // In each step some of 900, half of which have to wait for the second walk.
  expect(left[0]).toBeGreaterThanOrEqual(700);
  expect(left.at(-1)).toBe(0);
});

it("a walk that has ended begins again after a rest", async () => {
  const { put, files, look } = await keeper();
  const now = Date.now();
  await look(now);
  await put("done/late.report.json", 41);

  await look(now + 1);
  expect(await files()).toEqual(["done/late.report.json"]);
  await look(now + DAY_MS);
  expect(await files()).toEqual([]);
});
