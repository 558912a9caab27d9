import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { createFileLook, watchConfiguration } from "../../src/app/reload.ts";
import type { NumberConfig } from "../../src/config/config.ts";
import { accept } from "../../src/core/refusal.ts";
import { openTestPlatform } from "../support/platform.ts";
import { testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

/** A look at the file each 50 ms. */
const OFTEN = { DROPCAST_TIME_SCALE: "100" };

async function watching(numbers: Readonly<Record<string, object>>, change = (_dir: string) => {}) {
  const opened = await openTestPlatform(numbers, OFTEN);
  const { platform, load, path } = opened;
  const file = createFileLook(path);
  change(opened.dir);
  const watch = watchConfiguration({ platform, load, file });
  onTestFinished(watch.stop);
  const serves = (...names: string[]) =>
    vi.waitFor(() => expect(Object.keys(platform.stores).sort()).toEqual(names.sort()), SOON);
  return { ...opened, watch, serves };
}

test("a file that changes while the process starts is taken", async () => {
  const [first, second] = [testNumber(), testNumber()];
  const { serves } = await watching({ [first]: {} }, (dir) => {
    writeFileSync(
      join(dir, "numbers.yaml"),
      JSON.stringify({ numbers: { [first]: {}, [second]: {} } }),
    );
  });

  await serves(first, second);
});

test("a file that is being written is left alone until two looks find it the same", async () => {
  const { path, write } = await openTestPlatform({ [testNumber()]: {} });
  const file = createFileLook(path);
  expect(file.look()).toBe("taken");

  write({ half: {} });
  expect(file.look()).toBe("changing");
  write({ half: {}, whole: {} });
  expect(file.look()).toBe("changing");
  expect(file.look()).toBe("changed");
  file.take();
  expect(file.look()).toBe("taken");
});

test("a reload that failed is tried again although the file stays as it is, and is told once", async () => {
  const [first, second] = [testNumber(), testNumber()];
  const { dir, write, serves, logged } = await watching({ [first]: {} });

  write({ [first]: {}, [second]: { id: "x", tokenFile: "token" } });
  await vi.waitFor(() => expect(logged()).toContain("cannot read the file"), SOON);
  await serves(first);
  writeFileSync(join(dir, "token"), Buffer.from("account:secret").toString("base64"));

  await serves(first, second);
  expect(logged().split("cannot read the file")).toHaveLength(2);
});

test("a reload that fails half-way closes what it has opened, and changes nothing", async () => {
  const [first, broken, fine] = [testNumber(), testNumber(), testNumber()];
  const { platform, write, read } = await openTestPlatform({ [first]: {} });
  const schema = `dropcast:{${broken}}:schema`;
  write({ [first]: {}, [fine]: {}, [broken]: {} });

  // As of a later version of Dropcast.
  await platform.redis.set(schema, "999");
  expect(await platform.renumber(read())).toMatchObject({ refusal: { code: "schema_newer" } });
  expect(Object.keys(platform.stores)).toEqual([first]);

  await platform.redis.del(schema);
  await platform.redis.hset(schema, "x", "1");
  await expect(platform.renumber(read())).rejects.toThrow("WRONGTYPE");
  expect(Object.keys(platform.stores)).toEqual([first]);
});

test("listeners that fail do not keep the others from the numbers", async () => {
  const [first, second] = [testNumber(), testNumber()];
  const { platform, write, read } = await openTestPlatform({ [first]: {} });
  let told: readonly string[] = [];
  platform.onRenumber(() => Promise.reject(new Error("the port was taken")));
  platform.onRenumber(async ({ added }) => {
    await Promise.resolve();
    told = added;
  });

  write({ [first]: {}, [second]: {} });
  await expect(platform.renumber(read())).rejects.toThrow("the port was taken");

  expect(told).toEqual([second]);
  expect(Object.keys(platform.config.numbers).sort()).toEqual([first, second].sort());
});

test("a number whose rate or secret changes keeps its store, and one with another id does not", async () => {
  const [number] = [testNumber()];
  const { platform, write, read } = await openTestPlatform({ [number]: { id: "a" } });
  const before = platform.stores[number];

  write({ [number]: { id: "a", ratePerSecond: 7 } });
  expect(await platform.renumber(read())).toEqual(
    accept({ added: [], removed: [], changed: [number] }),
  );
  expect(platform.stores[number]).toBe(before);
  expect((platform.config.numbers[number] as NumberConfig).ratePerSecond).toBe(7);

  write({ [number]: { id: "b", ratePerSecond: 7 } });
  await platform.renumber(read());
  expect(platform.stores[number]).not.toBe(before);
});
