import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openWhole, writeWhole } from "../../src/files/whole-file.ts";

/** A folder with one file, `note.json`, that holds `old`. */
async function place() {
  const folder = await mkdtemp(join(tmpdir(), "whole-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "note.json");
  await writeFile(path, "old", { mode: 0o644 });
  return { folder, path, names: () => readdir(folder), read: () => readFile(path, "utf8") };
}

test("a reader finds the old file until the new one is whole, then that, for its owner only", async () => {
  const { path, names, read } = await place();
  const whole = await openWhole(path);

  await whole.file.write("ne");
  expect(await read()).toBe("old");
  await whole.file.write("w");
  expect(await whole.keep()).toBe(true);

  expect(await read()).toBe("new");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await names()).toEqual(["note.json"]);
});

const FAILING = {
  "what writes it": async () => Promise.reject(new Error("full")),
  "what gives its content": failing(),
};

test.each(Object.entries(FAILING))(
  "if %s fails, the old file stays, and nothing else",
  async (_, content) => {
    const { path, names, read } = await place();

    await expect(writeWhole(path, content)).rejects.toThrow("full");

    expect(await read()).toBe("old");
    expect(await names()).toEqual(["note.json"]);
  },
);

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from("half");
  throw new Error("full");
}

test("a file that may not be replaced stays, and its writer is told", async () => {
  const { path, names, read } = await place();

  expect(await writeWhole(path, "new", { mayReplace: async () => false })).toBe(false);

  expect(await read()).toBe("old");
  expect(await names()).toEqual(["note.json"]);
});

test("of two at once the later one stays, whole", async () => {
  const { path, names, read } = await place();

  await Promise.all([writeWhole(path, "a".repeat(100_000)), writeWhole(path, "b".repeat(100_000))]);

  expect(["a".repeat(100_000), "b".repeat(100_000)]).toContain(await read());
  expect(await names()).toEqual(["note.json"]);
});

test("what is streamed arrives whole, in the mode that was asked for", async () => {
  const { path, read } = await place();
  async function* pieces(): AsyncGenerator<Buffer> {
    yield Buffer.from("one ");
    yield Buffer.from("two");
  }

  await writeWhole(path, pieces(), { draft: `${path}.partial`, mode: 0o640 });

  expect(await read()).toBe("one two");
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});

test("a name of any length that the disk takes can be written, and replaced", async () => {
  const { folder, names } = await place();
  const long = `${"ж".repeat(125)}.json`;

  await writeWhole(join(folder, long), "old");
  await writeWhole(join(folder, long), "new");

  expect(await readFile(join(folder, long), "utf8")).toBe("new");
  expect((await names()).sort()).toEqual(["note.json", long]);
});

test("what is not whole yet is hidden beside its place, and its name says nothing", async () => {
  const { path, names } = await place();
  const whole = await openWhole(path);

  expect((await names()).sort()).toEqual([
    expect.stringMatching(/^\.[0-9a-f]{16}\.tmp$/),
    "note.json",
  ]);

  await whole.drop();
  expect(await names()).toEqual(["note.json"]);
});
