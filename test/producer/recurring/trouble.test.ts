import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { list, WAIT } from "../drop/drops.ts";
import { recurringDrops } from "./recurring.ts";

test("a folder that cannot be read is told, and read when it can be", async () => {
  const bench = await recurringDrops();
  await bench.write({ folder: "../../later" });
  await bench.due();
  await bench.produce();
  await vi.waitFor(() => expect(bench.said.join()).toContain("cannot be copied (ENOENT)"), WAIT);

  await mkdir(join(bench.dir, "../later"));
  await writeFile(join(bench.dir, "../later/list.csv"), list(1));

  await vi.waitFor(async () => expect(await bench.campaigns()).toHaveLength(1), WAIT);
});

test("a source that cannot be read is given up after a while, and that is shown", async () => {
  const bench = await recurringDrops();
  await bench.write({ folder: "../../never" });
  await bench.due();
  await bench.produce({ timing: { giveUpMs: 1 } });

  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "unreachable" }),
    WAIT,
  );
  await vi.waitFor(() => expect(bench.warned[0]).toContain("ENOENT"), WAIT);
});

test("of two producers one makes the campaign", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("list.csv", list(1, 2, 3));
  await bench.produce();
  await bench.produce();
  await bench.produce();
  for (let round = 0; round < 3; round++) {
    await bench.export("list.csv", list(round * 3 + 1, round * 3 + 2));
    await bench.due();
    await vi.waitFor(async () => {
      expect(await bench.campaigns()).toHaveLength(round + 1);
      expect(await bench.files("processing")).toEqual([]);
    }, WAIT);
  }
  expect((await bench.files("done")).filter((file) => file.endsWith(".csv"))).toHaveLength(3);
  expect(await bench.files("failed")).toEqual([]);
});

test.each(["before it was written", "after it was written"])(
  "a commit that Redis does not answer, %s, is asked for again, and the list is sent once",
  async (when) => {
    const bench = await recurringDrops();
    await bench.write();
    await bench.export("list.csv", list(1));
    await bench.due();
    let asked = 0;
    const commit: typeof bench.recurring.commit = async (run) => {
      const isLost = ++asked === 1;
      if (isLost && when === "before it was written") throw new Error("no answer");
      const decided = await bench.recurring.commit(run);
      if (isLost) throw new Error("no answer");
      return decided;
    };
    await bench.produce({ redis: { ...bench.recurring, commit } });

    await vi.waitFor(async () => {
      expect(await bench.last()).toMatchObject({ outcome: "campaign" });
      expect(await bench.files("processing")).toEqual([]);
    }, WAIT);
    expect(await bench.campaigns()).toHaveLength(1);
    expect((await bench.files("done")).filter((file) => file.endsWith(".csv"))).toHaveLength(1);
    expect(await bench.files("failed")).toEqual([]);
  },
);

test.each(["take", "commit"] as const)(
  "a run whose schedule another producer sees changed, before its %s, is told as missed",
  async (step) => {
    const bench = await recurringDrops();
    const { recurring, name } = bench;
    await bench.write({ onEmpty: "ok" });
    await bench.export("list.csv", list(1));
    await bench.due();
    const changed = { cron: "0 0 1 2 *", timezone: "UTC", source: "", nextMs: null, problem: null };
    let isChanged = false;
    const other = async () => {
      if (!isChanged) await recurring.note(name, changed);
      isChanged = true;
    };
    const take: typeof recurring.take = async (input) => {
      if (step === "take") await other();
      return recurring.take(input);
    };
    const commit: typeof recurring.commit = async (run) => {
      await other();
      return recurring.commit(run);
    };
    await bench.produce({ redis: { ...recurring, take, commit } });

    const dueMs = Date.UTC(new Date().getUTCFullYear(), 0, 1);
    await vi.waitFor(
      async () => expect(await bench.last()).toMatchObject({ outcome: "missed", dueMs }),
      WAIT,
    );
    await vi.waitFor(async () => expect(await bench.files("processing")).toEqual([]), WAIT);
    const told = expect.stringMatching(
      `^recurring/${name}, run of \\w+ \\d+-01-01 00:00 UTC: no campaign: its schedule was changed`,
    ) as string;
    await vi.waitFor(() => expect(bench.warned).toEqual([told]), WAIT);
    expect(await bench.campaigns()).toEqual([]);
  },
);

test("what a producer that was killed left of a list does not disturb the next", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("list.csv", list(1));
  const folder = join(bench.dir, "processing/recurring");
  await mkdir(folder, { recursive: true });
  const left = `.${bench.name}-${new Date().getUTCFullYear()}-01-01-0000.csv.incoming`;
  await writeFile(join(folder, left), "phone\n+4");
  await bench.due();
  await bench.produce();

  await vi.waitFor(async () => expect(await bench.campaigns()).toHaveLength(1), WAIT);
  expect(bench.said.filter((line) => line.includes("tried again"))).toEqual([]);
});
