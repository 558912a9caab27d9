import { appendFile, mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { createScan, type SeenFolder } from "../../../src/producer/drop/scan.ts";
import { ANY_NAME, bytePath } from "../../support/byte-name.ts";
import { SOON } from "../../support/soon.ts";
import { testFolder } from "../list/read-list.ts";

function quietOf(folders: readonly SeenFolder[], file: string): number {
  const quiet = folders.find(({ path }) => path === ".")?.files.get(file)?.quietMs;
  if (quiet === undefined) throw new Error(`${file} was not seen`);
  return quiet;
}

it("for how long a file has looked the same is counted anew with each change of it", async () => {
  const folder = await testFolder();
  const path = join(folder, "list.csv");
  const scan = createScan(folder, () => {});
  const quiet = async (): Promise<number> => quietOf(await scan(), "list.csv");
  const becomesQuiet = () =>
    vi.waitFor(async () => expect(await quiet()).toBeGreaterThan(30), SOON);
  await writeFile(path, "phone\n");
  // An old file is no older to us than we have seen it.
  await utimes(path, 1_000, 1_000);
  expect(await quiet()).toBe(0);
  await becomesQuiet();

  await appendFile(path, "48600000001\n");
  expect(await quiet()).toBe(0);
  await becomesQuiet();
  // The same size, and a time that an upload brings along: it was written all the same.
  await writeFile(path, "phone\n48600000002\n");
  await utimes(path, 1_000, 1_000);
  expect(await quiet()).toBe(0);
  await becomesQuiet();

  await rename(path, join(folder, "other.csv"));
  await rename(join(folder, "other.csv"), path);
  expect(await quiet()).toBe(0);
});

it("a folder that cannot be read is told of, and the others are read", async () => {
  const folder = await testFolder();
  for (const name of ["lost+found", ".snapshot", "shop"]) await mkdir(join(folder, name));
  for (const name of [".hidden", "a.csv", "shop/b.csv", "lost+found/c.csv", ".snapshot/d.csv"]) {
    await writeFile(join(folder, name), "");
  }
  const errors: string[] = [];
  const scan = createScan(folder, (path) => errors.push(path));

  const seen = (await scan()).map(({ path, files }) => [path, [...files.keys()].sort()]);

  expect(seen).toEqual([
    [".", [".hidden", "a.csv"]],
    ["shop", ["b.csv"]],
  ]);
  expect(errors).toEqual([]);
  await createScan(join(folder, "none"), (path) => errors.push(path))();
  expect(errors).toEqual(["."]);
});

it.runIf(ANY_NAME)("a list and a folder whose names are not UTF-8 are told of", async () => {
  const folder = await testFolder();
  await mkdir(bytePath(`${folder}/F?r`));
  await writeFile(bytePath(`${folder}/M?rz.csv`), "");
  await writeFile(join(folder, "lost \ufffd.csv"), "");
  const errors: string[] = [];

  const [seen] = await createScan(folder, (path, { message }) =>
    errors.push(`${path}: ${message}`),
  )();

  expect([...(seen?.files.keys() ?? [])]).toEqual(["lost \ufffd.csv"]);
  expect(errors.sort()).toEqual([
    "F\ufffdr: its name is not UTF-8: rename it",
    "M\ufffdrz.csv: its name is not UTF-8: rename it",
  ]);
});
