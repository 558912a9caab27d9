import {
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { SOON } from "../support/soon.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace, type Place, startCli } from "./run-cli.ts";

function dropsIn(place: Place): void {
  for (const folder of ["inbox", "failed/shop"]) {
    mkdirSync(join(place.dir, "drops", folder), { recursive: true });
  }
  const refusal = { code: "list_not_csv", message: "list.xlsx is no CSV.", fix: "Save it as one." };
  const report = JSON.stringify({ file: "list.xlsx", refusal });
  writeFileSync(join(place.dir, "drops/failed/shop/list.report.json"), report);
  writeFileSync(join(place.dir, "drops/inbox/early\u001b[2J.yaml"), "name: Early");
}

test("list and doctor tell which drops failed and what waits in the drop folder, and why", async () => {
  const place = makePlace();
  dropsIn(place);

  const [listed, scripted, checked] = await Promise.all([
    runHere(place, ["list"]),
    runHere(place, ["list", "--json"]),
    runHere(place, ["doctor", "--json"]),
  ]);

  expect(listed.stdout).toContain("1 drop failed in the last days");
  expect(listed.stdout).toContain("shop/list.xlsx: list.xlsx is no CSV. Save it as one.");
  expect(listed.stdout).toContain("inbox/early [2J.yaml: no list early");
  expect(listed.stdout).not.toContain("\u001b[2J");
  expect(json(scripted)).toEqual([]);
  const { checks } = json(checked) as {
    checks: { name: string; verdict: string; message: string }[];
  };
  const told = checks.filter(({ name }) => name === "Drop folder");
  expect(told.map(({ verdict }) => verdict)).toEqual(["ok", "warn", "warn"]);
  expect(told[1]?.message).toContain("shop/list.xlsx failed at");
});

test("doctor names the step that the drop folder does not let a producer make, and leaves nothing there", async () => {
  const place = makePlace();
  dropsIn(place);
  // Files of this process: a folder in which nobody can make one.
  symlinkSync("/proc/self/task", join(place.dir, "drops/done"));

  const checked = await runHere(place, ["doctor"]);

  expect(checked.code).toBe(1);
  expect(checked.stdout).toContain("FAIL Drop folder");
  expect(checked.stdout).toContain("cannot make a file in done");
  expect(readdirSync(join(place.dir, "drops/inbox"))).toHaveLength(1);
});

test("a producer deletes what has lain in done and failed for longer than DROPCAST_RETENTION_DAYS", async () => {
  const place = makePlace({ DROPCAST_RETENTION_DAYS: "40" });
  dropsIn(place);
  const failed = join(place.dir, "drops/failed/shop");
  const report = join(failed, "list.report.json");
  writeFileSync(join(failed, "list.xlsx"), "48600000001");
  writeFileSync(join(place.dir, "drops/failed/kept.report.json"), "{}");
  for (const name of ["list.xlsx", "list.report.json"]) {
    const old = Date.now() / 1_000 - 41 * 86_400;
    utimesSync(join(failed, name), old, old);
  }
  const producer = startCli(place, ["producer"]);

  await vi.waitFor(() => expect(existsSync(report)).toBe(false), SOON);
  expect(readdirSync(failed)).toEqual([]);
  expect(readdirSync(join(place.dir, "drops/failed"))).toEqual(["kept.report.json", "shop"]);
  producer.kill("SIGTERM");
  expect((await producer.ended).code).toBe(0);
});
