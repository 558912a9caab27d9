import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { RETRY_ALL, testPlan } from "../support/retry.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

async function prepare(rows: number) {
  const place = makePlace();
  const bench = await openTestStore({}, connectTestRedis(), { number: place.number });
  const id = await bench.import(rows);
  for (let row = 1; row <= rows; row++) await bench.send(id, row, "failed", { code: 131000 });
  const run = (...args: string[]) => runHere(place, args);
  return { bench, id, run };
}

test("actions lists what retry and resolve did, shows one, and stops one that runs", async () => {
  const { bench, id, run } = await prepare(3);
  const none = await run("actions");
  const retried = json(await run("retry", id, "--json")) as { action: string };
  await bench.send(id, 1, "unknown");
  const resolved = json(await run("resolve", id, "all", "failed", "--json")) as { action: string };
  const running = `${id}.abcdefgh`;
  const chosen = await bench.store.selectFailed(id, { codes: new Set([0]) });
  if (chosen.kind !== "selected") throw new Error(chosen.kind);
  const { packed, total } = chosen;
  await bench.store.actions.begin({
    ...{ id: running, campaign: id, plan: testPlan(RETRY_ALL), packed, total },
  });

  const list = json(await run("actions", "list", "--json")) as { id: string; state: string }[];
  const table = await run("actions");
  const shown = await run("actions", "show", resolved.action);
  const stopped = await run("actions", "stop", running);
  const again = await run("actions", "stop", running);

  expect(none.stdout).toBe("No bulk actions in the last 90 days.\n");
  const states = new Map(list.map((one) => [one.id, one.state]));
  expect(states).toEqual(
    new Map([
      [running, "running"],
      [resolved.action, "finished"],
      [retried.action, "finished"],
    ]),
  );
  expect(table.stdout).toContain(retried.action);
  expect(shown.stdout).toContain("Mark unknown messages of Test as failed");
  expect(shown.stdout).toContain("finished: 1 marked as failed, of 1 in all");
  expect(stopped.stdout).toBe(`${running} is stopped: 0 done, 1 stay as they were.\n`);
  expect(again.stdout).toBe(`${running} is already stopped.\n`);
});

test.each([
  [["actions", "explode"], 2, "usage"],
  [["actions", "show"], 2, "usage"],
  [["actions", "list", "main-1.abcdefgh"], 2, "usage"],
  [["actions", "show", "main-1.abcdefgh"], 1, "no_such_action"],
  [["actions", "stop", "nonsense"], 1, "no_such_action"],
] as const)("%j exits %i", async (args, code, refusal) => {
  const ended = await runHere(makePlace(), [...args, "--json"]);

  expect(ended.code).toBe(code);
  expect(json(ended)).toMatchObject({ error: { code: refusal } });
});

test("resolve decides those of a reason and an age, and names neither for one row", async () => {
  const { bench, id, run } = await prepare(1);
  const other = await bench.import(4);
  for (const row of [1, 2, 3, 4]) {
    await bench.send(other, row, "unknown", { reason: row === 4 ? 8 : 2 });
  }
  await bench.redis.zadd(bench.own(other).unknown, Date.now() - 7_200_000, "2");

  const old = await run("resolve", other, "all", "sent", "--older-than", "1h", "--json");
  const timeouts = await run(
    "resolve",
    other,
    "all",
    "failed",
    "--reason=answer_timeout",
    "--json",
  );
  const refused = await Promise.all([
    run("resolve", other, "4", "sent", "--older-than", "1h", "--json"),
    run("resolve", other, "all", "sent", "--older-than", "soon", "--json"),
    run("resolve", other, "all", "sent", "--reason", "bad_luck", "--json"),
  ]);

  expect(json(old)).toMatchObject({ rows: [2] });
  expect(json(timeouts)).toMatchObject({ rows: [1, 3] });
  expect(refused.map(({ code }) => code)).toEqual([2, 2, 2]);
  expect(await bench.states(other)).toEqual(["failed", "accepted", "failed", "unknown"]);
  expect(await bench.counts(id)).toEqual({ failed: 1 });
});
