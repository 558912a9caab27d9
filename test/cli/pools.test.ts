import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { numberKeys } from "../../src/store/keys.ts";
import { campaignFile, listOf } from "../support/fleet.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

/** Two numbers, a campaign file for both, and a list. */
function openPlace(rows = 60) {
  const place = makePlace();
  const second = testNumber();
  writeFileSync(
    join(place.dir, "numbers.yaml"),
    JSON.stringify({
      numbers: { [place.number]: { ratePerSecond: 20 }, [second]: { ratePerSecond: 20 } },
    }),
  );
  const { number: _, ...file } = JSON.parse(
    campaignFile({ number: place.number, name: `Sale of ${second}` }),
  ) as Record<string, unknown>;
  const numbers = [place.number, second];
  writeFileSync(join(place.dir, "sale.yaml"), JSON.stringify({ ...file, numbers }));
  writeFileSync(join(place.dir, "list.csv"), listOf(rows));
  return { place, numbers };
}

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly rows: number;
  readonly number: string;
  readonly counts: Record<string, number>;
  readonly ratePerSecond: number | null;
  readonly children: readonly { id: string; rows: number; status: string }[];
}

test("check, send, show, list, pause, rate, resume, export and cancel work on the parent of a pool", async () => {
  const { place, numbers } = openPlace();
  const run = async (...args: string[]) => {
    const ran = await runHere(place, args);
    expect(ran.code, ran.stdout + ran.stderr).toBe(0);
    return ran;
  };
  const checked = json<{ ok: number; number: string }>(
    await run("check", "sale.yaml", "list.csv", "--json"),
  );
  expect(checked).toMatchObject({ ok: 60, number: numbers.join(", ") });

  const sent = json<Shown>(await run("send", "sale.yaml", "list.csv", "--json"));
  expect(sent).toMatchObject({ status: "running", rows: 60, number: numbers.join(", ") });
  const { id } = sent;
  expect(id).toMatch(/^pool-\d+$/);
  const again = await runHere(place, ["send", "sale.yaml", "list.csv", "--json"]);
  expect(again.code).toBe(1);
  expect(json(again)).toMatchObject({ error: { code: "already_imported" } });
  const recheck = await runHere(place, ["check", "sale.yaml", "list.csv", "--json"]);
  expect(recheck.stdout).toContain("already_imported");

  const shown = json<Shown>(await run("show", id, "--json"));
  expect(shown.children.map((child) => child.id.replace(/-\d+$/, ""))).toEqual(numbers);
  expect(shown.children.reduce((sum, child) => sum + child.rows, 0)).toBe(60);
  const words = await run("show", id);
  for (const child of shown.children) expect(words.stdout).toContain(child.id);
  const listed = json<Shown[]>(await run("list", "--json"));
  expect(listed.find((one) => one.id === id)).toMatchObject({ rows: 60 });

  await run("pause", id);
  await run("rate", id, "10");
  const paused = json<Shown>(await run("show", id, "--json"));
  expect(paused.children.map(({ status }) => status)).toEqual(["paused", "paused"]);
  const one = json<Shown>(await run("show", shown.children[0]?.id ?? "", "--json"));
  expect(one).toMatchObject({ pool: id, ratePerSecond: 5, status: "paused" });
  await run("resume", id);
  const exported = await run("export", id, "--state", "pending");
  expect(exported.stdout.trim().split("\n")).toHaveLength(61);
  expect(exported.stdout.split("\r\n")[0]).toContain("number,row,state");
  const probe = await runHere(place, ["resume", id, "--probe", "5", "--json"]);
  expect(json(probe)).toMatchObject({ error: { code: "pool_each" } });
  await run("cancel", id, "--yes");
  const [, second = ""] = numbers;
  await connectTestRedis().hset(numberKeys(second).halt, { code: 131042, at: 1 });
  const watched = await run("watch", id);
  expect(watched.stderr).toContain(`Number ${second} is suspended`);
  expect(watched.stdout + watched.stderr).not.toContain(`Number ${numbers.join(", ")}`);
  expect(json<Shown>(await run("show", id, "--json"))).toMatchObject({
    ...{ status: "cancelled", counts: { cancelled: 60, pending: 0 } },
  });
});

test("a pool of which one number is not configured here is refused by name", async () => {
  const { place, numbers } = openPlace(10);
  const sent = json<Shown>(await runHere(place, ["send", "sale.yaml", "list.csv", "--json"]));
  const only = JSON.stringify({ numbers: { [place.number]: { ratePerSecond: 20 } } });
  writeFileSync(join(place.dir, "numbers.yaml"), only);

  const shown = await runHere(place, ["pause", sent.id, "--json"]);

  expect(json<{ error: { code: string; message: string } }>(shown).error).toMatchObject({
    code: "pool_incomplete",
    message: expect.stringContaining(`${numbers[1]}-1`),
  });
  const file = await runHere(place, ["send", "sale.yaml", "list.csv", "--json"]);
  expect(json(file)).toMatchObject({ error: { code: "number_unknown" } });
});
