import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { list, WAIT } from "../drop/drops.ts";
import { recurringDrops } from "./recurring.ts";

test("a broken file is told, runs nothing, and has a report beside it until it is corrected", async () => {
  const bench = await recurringDrops();
  await bench.write({ timezone: "Europe/Warsw" });
  await bench.export("list.csv", list(1));
  await bench.due();
  await bench.produce();

  const report = `recurring/${bench.name}.report.json`;
  await vi.waitFor(async () => expect(await bench.there(report)).toBe(true), WAIT);
  await vi.waitFor(
    async () => expect((await bench.state())?.problem).toContain("Europe/Warsaw"),
    WAIT,
  );
  expect(JSON.parse(await bench.read(report))).toMatchObject({
    ...{ file: `${bench.name}.yaml`, refusal: { code: "campaign_file_invalid" } },
  });
  expect(bench.said.filter((line) => line.includes("is not run"))).toHaveLength(1);
  expect(await bench.campaigns()).toEqual([]);

  await bench.write();
  await vi.waitFor(async () => expect(await bench.campaigns()).toHaveLength(1), WAIT);
  expect(await bench.there(report)).toBe(false);
});

test("files without recurring, of an unknown number or with one name are not run", async () => {
  const bench = await recurringDrops();
  const { dir } = bench;
  const path = (file: string): string => join(dir, "recurring", file);
  await writeFile(path(`${bench.name}.yaml`), bench.yaml("None"));
  await bench.write({}, {});
  await writeFile(path(`${bench.name}.json`), "{}");
  await writeFile(path("plain.yaml"), bench.yaml("Plain"));
  await writeFile(path("bills.token"), "secret");
  await bench.produce();

  const refusal = async (file: string) => JSON.parse(await bench.read(`recurring/${file}`)).refusal;
  await vi.waitFor(async () => {
    expect(await refusal(`${bench.name}.report.json`)).toMatchObject({
      code: "recurring_name_twice",
    });
    expect(await refusal("plain.report.json")).toMatchObject({ code: "recurring_missing" });
  }, WAIT);
  expect(await bench.campaigns()).toEqual([]);
});

test("a file that is gone runs no more, and is no longer shown", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.produce();
  await vi.waitFor(async () => expect(await bench.state()).toBeDefined(), WAIT);

  await rm(join(bench.dir, "recurring", `${bench.name}.yaml`));

  await vi.waitFor(async () => expect(await bench.state()).toBeUndefined(), WAIT);
  await bench.export("list.csv", list(1));
  expect(
    await bench.recurring.take({ name: bench.name, dueMs: 1, token: "x", leaseMs: 1 }),
  ).toEqual({
    kind: "gone",
  });
});
