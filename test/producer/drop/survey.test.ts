import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { surveyDrops } from "../../../src/producer/drop/survey.ts";
import { ANY_NAME, bytePath } from "../../support/byte-name.ts";
import { testFolder } from "../list/read-list.ts";

const DAY_MS = 24 * 3_600_000;

async function put(dir: string, path: string, content = "", ageMs = 0): Promise<void> {
  const file = join(dir, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, content);
  const at = (Date.now() - ageMs) / 1_000;
  await utimes(file, at, at);
}

function failure(file: string): string {
  return JSON.stringify({ file, refusal: { code: "c", message: `${file} is wrong.`, fix: "Do." } });
}

it("names what failed in the last week, newest first, and no more than twenty", async () => {
  const dir = await testFolder();
  await put(dir, "failed/shop/old.report.json", failure("old.csv"), 8 * DAY_MS);
  await put(dir, "failed/shop/b.report.json", failure("b.xlsx"), 2 * DAY_MS);
  await put(dir, "failed/a.report.json", failure("a.csv"), DAY_MS);
  await put(dir, "failed/a.csv");
  await put(dir, "failed/half.report.json", '{"file":"ha');
  await put(dir, "failed/other.report.json", '{"file":"none"}');

  const { failed, waiting } = await surveyDrops(dir, Date.now());

  expect(failed.map(({ file, message }) => [file, message])).toEqual([
    ["a.csv", "a.csv is wrong."],
    ["shop/b.xlsx", "b.xlsx is wrong."],
  ]);
  expect(waiting).toEqual([]);
  for (let nth = 1; nth <= 30; nth++) {
    await put(dir, `failed/n${nth}.report.json`, failure(`n${nth}.csv`));
  }
  expect((await surveyDrops(dir, Date.now())).failed).toHaveLength(20);
});

it("names what waits in the inbox and why, and what nobody works on", async () => {
  const dir = await testFolder();
  const hourMs = 3_600_000;
  for (const path of [
    "inbox/alone.csv",
    "inbox/x/two.csv",
    "inbox/x/two.yaml",
    "inbox/x/two.json",
    "inbox/y/near.csv",
    "inbox/y/near (1).yaml",
    "inbox/y/campaign.yaml",
    "inbox/z/early.yaml",
    "inbox/z/campaign.yaml",
    "inbox/z/young.csv",
    "inbox/.hidden.csv",
    "processing/left.csv",
    "processing/touched.csv",
    "processing/.touched.csv.claim",
  ]) {
    await put(dir, path);
  }
  await put(dir, "processing/stale.csv");
  await put(dir, "processing/.stale.csv.claim", "{}", hourMs);
  // Times of the file's own cannot make it old: it is a moment ago that it came.
  await put(dir, "inbox/z/brought.csv", "", hourMs);

  const { waiting } = await surveyDrops(dir, Date.now());

  const why = Object.fromEntries(waiting.map((one) => [one.file, one.why]));
  expect(Object.keys(why).sort()).toEqual([
    "inbox/alone.csv",
    "inbox/x/two.csv",
    "inbox/y/near (1).yaml",
    "inbox/y/near.csv",
    "inbox/z/early.yaml",
    "processing/left.csv",
    "processing/stale.csv",
  ]);
  expect(why["inbox/alone.csv"]).toContain("neither alone.yaml nor campaign.yaml");
  expect(why["inbox/x/two.csv"]).toContain("two.yaml");
  expect(why["inbox/y/near.csv"]).toContain("near (1).yaml may be meant");
  expect(why["inbox/z/early.yaml"]).toContain("no list early.csv");
  const later = await surveyDrops(dir, Date.now() + hourMs);
  expect(later.waiting.map(({ file }) => file)).toContain("inbox/z/young.csv");
});

it("a drop folder that is not there is empty, and none is made", async () => {
  const dir = await testFolder();

  expect(await surveyDrops(join(dir, "none"), Date.now())).toEqual({ failed: [], waiting: [] });
  expect(await readdir(dir)).toEqual([]);
});

it.runIf(ANY_NAME)("names what cannot be taken because its name is not UTF-8", async () => {
  const dir = await testFolder();
  await put(dir, "inbox/campaign.yaml");
  await mkdir(bytePath(`${dir}/inbox/F?r`));
  await writeFile(bytePath(`${dir}/inbox/M?rz.csv`), "");

  const { waiting } = await surveyDrops(dir, Date.now());

  const why = "its name is not UTF-8: rename it";
  expect(waiting.toSorted((a, b) => a.file.localeCompare(b.file))).toEqual([
    { file: "inbox/F\ufffdr", why },
    { file: "inbox/M\ufffdrz.csv", why },
  ]);
});
