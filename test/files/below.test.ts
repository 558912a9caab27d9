import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { filesBelow } from "../../src/files/below.ts";
import { ANY_NAME, bytePath } from "../support/byte-name.ts";

async function testFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "dropcast-below-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test.runIf(ANY_NAME)("files are found whatever bytes their names and folders have", async () => {
  const dir = await testFolder();
  await mkdir(join(dir, "a/b"), { recursive: true });
  await mkdir(bytePath(`${dir}/F?r`));
  for (const file of ["1.csv", "a/b/2.csv", "F?r/3.csv", "M?rz.csv"]) {
    await writeFile(bytePath(`${dir}/${file}`), file);
  }

  const found = await filesBelow(dir);

  expect(found.map(({ below }) => below).sort()).toEqual([
    "1.csv",
    "F\ufffdr/3.csv",
    "M\ufffdrz.csv",
    "a/b/2.csv",
  ]);
  for (const { path, isFile } of found) {
    expect(isFile).toBe(true);
    await rm(path);
  }
  expect(await filesBelow(dir)).toEqual([]);
});

test("a folder that is not there has none", async () => {
  expect(await filesBelow(join(await testFolder(), "none"))).toEqual([]);
});
