import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createRecurring } from "../../src/store/campaigns/recurring.ts";
import { connectTestRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place } from "./run-cli.ts";

/** A recurring campaign file, and the folder of its lists. */
function writeRecurring(place: Place, recurring: object = {}): string {
  mkdirSync(join(place.dir, "exports"));
  const definition = {
    ...{ name: "Bills", number: place.number, category: "utility" },
    template: { name: "bill", language: { code: "en" } },
    recurring: { folder: "exports", cron: "0 9 * * *", timezone: "Europe/Warsaw", ...recurring },
  };
  writeFileSync(join(place.dir, "bills.yaml"), JSON.stringify(definition));
  return "bills.yaml";
}

test("check of a recurring file says its next three runs, and checks the newest list", async () => {
  const place = makePlace();
  const file = writeRecurring(place, { name: "Bills {date}" });
  writeFileSync(
    join(place.dir, "exports/monday.csv"),
    "phone\n+48601000001\nwrong\n+48601000003\n+48601000004\n+48601000005\n",
  );

  const told = await runHere(place, ["check", file, "--json"]);
  const text = await runHere(place, ["check", file]);

  expect(told).toMatchObject({ code: 0, stderr: "" });
  const report = json<{ recurring: { next: string[] } }>(told);
  expect(report).toMatchObject({
    ...{ file: "monday.csv", rows: 5, ok: 4, rejected: 1, rejectsFile: null },
    name: expect.stringMatching(/^Bills 20\d\d-\d\d-\d\d$/),
    recurring: {
      ...{ cron: "0 9 * * *", timezone: "Europe/Warsaw" },
      list: join(place.dir, "exports/monday.csv"),
      next: [
        expect.stringMatching(/T0[78]:00:00.000Z$/),
        expect.stringMatching(/T0[78]:00:00.000Z$/),
        expect.stringMatching(/T0[78]:00:00.000Z$/),
      ],
    },
  });
  expect(text.stdout).toMatch(/^ {2}\w{3} 20\d\d-\d\d-\d\d 09:00 Europe\/Warsaw$/m);
  expect(readdirSync(join(place.dir, "exports"))).toEqual(["monday.csv"]);
});

test("check of a recurring file needs no list, and no source that can be reached", async () => {
  const place = makePlace();
  const url = "https://bills.invalid/today.csv";
  const file = writeRecurring(place, { folder: undefined, url });

  const told = await runHere(place, ["check", file, "--json"]);

  expect(told).toMatchObject({ code: 0, stderr: "" });
  expect(json(told)).toMatchObject({ recurring: { source: url, list: null } });
});

test.each([
  [{ folder: "./does-not-exist" }, /warning: the folder \S+does-not-exist cannot be read here/],
  [{}, /warning: the folder \S+ holds no list/],
  [{ folder: undefined, url: "https://10.0.0.1/a.csv" }, /warning: 10\.0\.0\.1 is a private/],
])("check warns of a source that gives no list: %j", async (source, expected) => {
  const place = makePlace();
  const file = writeRecurring(place, source);

  const told = await runHere(place, ["check", file]);

  expect(told).toMatchObject({ code: 0, stdout: expect.stringMatching(expected) });
});

test("a recurring file is not sent by send, which says how it is sent", async () => {
  const place = makePlace();
  const file = writeRecurring(place);
  writeFileSync(join(place.dir, "list.csv"), "phone\n+48601000001\n");

  const refused = await runHere(place, ["send", file, "list.csv", "--yes", "--json"]);
  const listed = await runHere(place, ["list", "--json"]);

  expect(refused.code).toBe(1);
  expect(json(refused)).toMatchObject({
    error: {
      code: "campaign_recurring",
      message: "bills.yaml is a recurring campaign: a producer sends it at the times of its cron.",
      fix: expect.stringContaining("recurring of the drop folder"),
    },
  });
  expect(json(listed)).toEqual([]);
});

test("list and doctor say when a recurring file runs next, and what its last run was", async () => {
  const place = makePlace();
  const recurring = createRecurring(connectTestRedis());
  const name = `bills-${place.number}`;
  onTestFinished(() => recurring.leave(name));
  const nextMs = Date.parse("2030-01-01T08:00:00Z");
  const info = { cron: "0 9 * * *", timezone: "Europe/Warsaw", source: "../x", problem: null };
  await recurring.note(name, { ...info, nextMs });
  mkdirSync(join(place.dir, "drops/recurring"), { recursive: true });
  writeFileSync(join(place.dir, "drops/recurring/broken.yaml"), "name: Broken\n");

  const listed = await runHere(place, ["list"]);
  const text = await runHere(place, ["doctor"]);
  const told = await runHere(place, ["doctor", "--json"]);

  expect(listed.stdout).toMatch(
    new RegExp(`Recurring:\n(.*\n)* {2}${name}: next run Tue 2030-01-01 09:00 Europe/Warsaw`),
  );
  expect(text.stdout).toContain(`${name}: next run Tue 2030-01-01 09:00 Europe/Warsaw`);
  expect(text.stdout).toMatch(/warn Recurring +broken\.yaml: broken\.yaml has \d+ mistakes/);
  const { recurring: files } = json<{ recurring: { name: string }[] }>(told);
  expect(files.find((one) => one.name === name)).toMatchObject({
    ...{ next: "2030-01-01T08:00:00.000Z", problem: null, last: null },
  });
});
