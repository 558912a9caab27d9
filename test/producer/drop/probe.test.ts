import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { dropFolders, makeDropFolders } from "../../../src/producer/drop/files.ts";
import { probeSteps } from "../../../src/producer/drop/probe.ts";
import { testFolder } from "../list/read-list.ts";

/** On every Linux machine another file system than the one for temporary files. */
const ELSEWHERE = "/dev/shm";

it("folders in which every step works have no failed step, and nothing is left in them", async () => {
  const folders = dropFolders(await testFolder());

  expect(await makeDropFolders(folders)).toEqual({ ok: true, value: undefined });

  expect(await probeSteps(Object.values(folders))).toEqual([]);
  for (const folder of Object.values(folders) as string[])
    expect(await readdir(folder)).toEqual([]);
});

it("folders between which files cannot be renamed are refused, and the step is named", async () => {
  const dir = await testFolder();
  const folders = dropFolders(dir);
  const other = join(ELSEWHERE, `dropcast-${process.pid}`);
  await mkdir(other, { recursive: true });
  await symlink(other, folders.done);

  const made = await makeDropFolders(folders);
  const steps = await probeSteps(Object.values(folders));

  expect(made).toMatchObject({ ok: false, refusal: { code: "drops_not_one_filesystem" } });
  expect(steps).toEqual([{ step: "rename a file from processing to done", code: "EXDEV" }]);
  expect(await readdir(other)).toEqual([]);
});

it("a folder that cannot be written to is named", async () => {
  const dir = await testFolder();
  const file = join(dir, "not-there", "inbox");

  expect(await probeSteps([file])).toEqual([]);
  // Nobody can make a file here, whoever runs the tests.
  const steps = await probeSteps(["/proc/self"]);
  expect(steps.map(({ step }) => step)).toEqual(["make a file in self"]);
});
