import { appendFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { accept } from "../../../src/core/refusal.ts";
import { createModeDrops } from "../../../src/producer/drop/mode.ts";
import { list, WAIT } from "../drop/drops.ts";
import { recurringDrops } from "./recurring.ts";

test("at its due time the newest list becomes a campaign, and the source keeps it", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("old.csv", list(9), 600);
  await bench.export("new.csv", list(1, 2));
  await bench.export("newer.txt", "no list", 5);
  await bench.export("new.rejects.csv", list(7), 3);
  await bench.export("newest.csv.part", list(8), 1);
  await bench.due();
  await bench.produce();

  await vi.waitFor(async () => {
    expect(await bench.last()).toMatchObject({ outcome: "campaign" });
    expect(await bench.files("processing")).toEqual([]);
  }, WAIT);

  const [campaign, ...others] = await bench.campaigns();
  expect(others).toEqual([]);
  expect(campaign).toMatchObject({ rows: 2, status: "running" });
  const [, date, time] = /^Bills (\d{4}-\d\d-\d\d) (\d\d:\d\d)$/.exec(campaign?.name ?? "") ?? [];
  const stem = `${bench.name}-${date}-${time?.replace(":", "")}`;
  expect(await bench.files("done")).toEqual([
    `recurring/${stem}.csv`,
    `recurring/${stem}.report.json`,
  ]);
  expect(await bench.report(`done/recurring/${stem}.report.json`)).toMatchObject({
    ...{ campaign: campaign?.id, campaignFile: `${bench.name}.yaml`, ok: 2 },
  });
  expect((await bench.exported()).sort()).toEqual(
    ["new.csv", "new.rejects.csv", "newer.txt", "newest.csv.part", "old.csv"].sort(),
  );
  expect(await bench.last()).toMatchObject({ campaign: campaign?.id, detail: "" });
  expect(bench.said.some((line) => line.includes(`its list is ${stem}.csv`))).toBe(true);
  expect(bench.warned).toEqual([]);
});

test("the same bytes are sent once, whatever the file is called, and a new list is sent again", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("one.csv", list(1));
  await bench.due();
  await bench.produce();
  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "campaign" }),
    WAIT,
  );

  await bench.export("copy.csv", list(1), 30);
  await bench.due();
  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "unchanged" }),
    WAIT,
  );
  await bench.export("two.csv", list(2), 10);
  await bench.due();
  await vi.waitFor(async () => {
    expect(await bench.campaigns()).toHaveLength(2);
    expect(await bench.last()).toMatchObject({ outcome: "campaign" });
  }, WAIT);
  // A list that was sent earlier than the last one is remembered as well.
  await bench.export("one-again.csv", list(1), 1);
  await bench.due();
  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "unchanged" }),
    WAIT,
  );

  expect(await bench.campaigns()).toHaveLength(2);
  await vi.waitFor(() => expect(bench.warned).toHaveLength(2), WAIT);
  expect(bench.warned[0]).toContain("the list is the same, byte for byte");
});

describe("a run without a list", () => {
  test.each([
    ["an empty folder", null],
    ["a list with a header alone", "phone\n"],
    ["an empty file", ""],
  ])("%s warns, or is silent with onEmpty: ok", async (_, content) => {
    for (const onEmpty of ["warn", "ok"]) {
      const bench = await recurringDrops();
      await bench.write({ onEmpty });
      if (content !== null) await bench.export("list.csv", content);
      await bench.due();
      await bench.produce();

      await vi.waitFor(
        async () => expect(await bench.last()).toMatchObject({ outcome: "empty" }),
        WAIT,
      );

      const warnings = onEmpty === "warn" ? 1 : 0;
      await vi.waitFor(() => expect(bench.warned).toHaveLength(warnings), WAIT);
      expect(bench.said.filter((line) => !line.includes("next run"))).toEqual([]);
      expect(await bench.campaigns()).toEqual([]);
      await vi.waitFor(async () => expect(await bench.files("processing")).toEqual([]), WAIT);
      expect(await bench.files("failed")).toEqual([]);
    }
  });
});

describe("due times at which no producer ran", () => {
  test("once: the last of them is made up for, by its own name", async () => {
    const bench = await recurringDrops();
    await bench.write({ name: "Year {date}" });
    await bench.export("list.csv", list(1));
    await bench.due();
    await bench.produce({ timing: { missedMs: 60_000 } });

    await vi.waitFor(async () => expect(await bench.campaigns()).toHaveLength(1), WAIT);

    const year = new Date().getUTCFullYear();
    expect((await bench.campaigns())[0]?.name).toBe(`Year ${year}-01-01`);
    expect(bench.said.some((line) => line.includes("made up for"))).toBe(true);
    expect(await bench.hash()).toMatchObject({ handled: String(Date.UTC(year, 0, 1)) });
  });

  test("skip: none is, and that is told", async () => {
    const bench = await recurringDrops();
    await bench.write({ onMissed: "skip" });
    await bench.export("list.csv", list(1));
    await bench.due();
    await bench.produce({ timing: { missedMs: 60_000 } });

    await vi.waitFor(
      async () => expect(await bench.last()).toMatchObject({ outcome: "missed" }),
      WAIT,
    );

    expect(await bench.campaigns()).toEqual([]);
    await vi.waitFor(() => expect(bench.warned[0]).toContain("onMissed: skip"), WAIT);
  });

  test("a file that is new is not due for what was before", async () => {
    const bench = await recurringDrops();
    await bench.write();
    await bench.export("list.csv", list(1));
    await bench.produce();

    await vi.waitFor(() => expect(bench.said.join()).toContain("next run"), WAIT);
    await vi.waitFor(async () => expect((await bench.state())?.nextMs).toBeGreaterThan(0), WAIT);

    expect(await bench.last()).toBeNull();
    expect(await bench.campaigns()).toEqual([]);
  });
});

test("a Redis that has forgotten its last runs does not send their lists again", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("list.csv", list(1));
  await bench.due();
  const first = await bench.produce();
  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "campaign" }),
    WAIT,
  );
  await first.stop();

  // As a backup of an hour ago has it.
  await bench.redis.del(`dropcast:{all.numbers.sandbox}:recurring-past:${bench.name}`);
  await bench.due("remembers");
  await bench.produce();

  await vi.waitFor(
    async () =>
      expect(await bench.last()).toMatchObject({
        outcome: expect.stringMatching(/missed|unchanged/),
      }),
    WAIT,
  );
  expect(await bench.campaigns()).toHaveLength(1);
});

test("a list that is refused is reported as any other, and tried again once it is corrected", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("list.csv", "name\nAna\n");
  await bench.due();
  await bench.produce();

  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "failed" }),
    WAIT,
  );
  await vi.waitFor(async () => expect(await bench.files("processing")).toEqual([]), WAIT);
  expect(await bench.files("failed")).toHaveLength(2);
  expect((await bench.last())?.detail).not.toBe("");
  await bench.write({}, { recipients: { to: "name" } });
  await bench.export("list.csv", "name\n+48600100200\n", 5);
  await bench.due();

  await vi.waitFor(async () => expect(await bench.campaigns()).toHaveLength(1), WAIT);
});

test("a list that is still being written is waited for", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await bench.export("list.csv", "phone\n+486001");
  await bench.due();
  let writing = true;
  const written = (async () => {
    for (let row = 0; writing; row++) {
      await appendFile(join(bench.exports, "list.csv"), `\n+4860010${1_000 + row}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await appendFile(join(bench.exports, "list.csv"), "\n");
  })();
  await bench.produce();
  await vi.waitFor(async () => expect((await bench.hash())["tried"]).toBeDefined(), WAIT);
  expect(await bench.campaigns()).toEqual([]);
  writing = false;
  await written;

  await vi.waitFor(
    async () =>
      expect(await bench.last()).toMatchObject({
        outcome: expect.stringMatching(/campaign|failed/),
      }),
    WAIT,
  );
  await vi.waitFor(async () => expect(await bench.files("processing")).toEqual([]), WAIT);
  const text = await bench.read(`../exports/list.csv`);
  const done = (await bench.files("done")).concat(await bench.files("failed"));
  const copy = done.find((file) => file.endsWith(".csv"));
  expect(
    await bench.read(`${(await bench.files("done")).length > 0 ? "done" : "failed"}/${copy}`),
  ).toBe(text);
});

test("a list is fetched with its token, and only when it has changed", async () => {
  const asked: (string | undefined)[][] = [];
  let [list1, etag] = [list(1), '"v1"'];
  const server = createServer(({ headers }, response) => {
    asked.push([headers.authorization, headers["if-none-match"]]);
    if (headers["if-none-match"] === etag) return response.writeHead(304).end();
    return response.setHeader("etag", etag).end(list1);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const bench = await recurringDrops();
  await writeFile(join(bench.dir, "recurring/bills.token"), "secret-token\n");
  const url = `http://127.0.0.1:${port}/bills.csv?key=secret-key`;
  await bench.write({ folder: undefined, url, tokenFile: "bills.token" });
  await bench.due();
  // A process that stands still for longer than its lease would rightly ask once more.
  await bench.produce({ timing: { leaseMs: 60_000 } });
  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "campaign" }),
    WAIT,
  );

  await bench.due();
  await vi.waitFor(
    async () => expect(await bench.last()).toMatchObject({ outcome: "unchanged" }),
    WAIT,
  );
  [list1, etag] = [list(2), '"v2"'];
  await bench.due();
  await vi.waitFor(async () => expect(await bench.campaigns()).toHaveLength(2), WAIT);

  expect(asked).toEqual([
    ["Bearer secret-token", undefined],
    ["Bearer secret-token", '"v1"'],
    ["Bearer secret-token", '"v1"'],
  ]);
  const told = JSON.stringify([bench.said, bench.warned, await bench.state(), await bench.hash()]);
  expect(told).not.toMatch(/secret/);
});

test("what was recurring in the sandbox does not run for real people", async () => {
  const bench = await recurringDrops();
  await bench.write();
  await writeFile(join(bench.dir, ".sandbox"), "");
  const said: string[] = [];
  const live = createModeDrops({
    ...{ dir: bench.dir, mode: "live", say: (line: string) => said.push(line) },
    open: () => ({ start: async () => accept(undefined), stop: async () => {} }),
  });
  onTestFinished(() => live.stop());

  await live.start();

  expect(await bench.there(`recurring/${bench.name}.yaml`)).toBe(false);
  expect(await bench.there(`sandbox/recurring/${bench.name}.yaml`)).toBe(true);
  expect(said.join()).toContain("dropped for the sandbox");
});
