import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settleTest } from "../../src/campaigns/settle-test.ts";
import { createBudget } from "../../src/store/budget/budget.ts";
import { campaignKeys } from "../../src/store/keys.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { importTestCampaign } from "../support/campaigns.ts";
import { campaignFile, listOf } from "../support/fleet.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { json, makePlace } from "./run-cli.ts";

/** A portfolio of one number that may write to eight people, and has written to seven. */
async function openPlace() {
  const place = makePlace();
  const portfolio = { name: testNumber(), limit: 8 };
  writeFileSync(
    join(place.dir, "numbers.yaml"),
    JSON.stringify({
      numbers: { [place.number]: { ratePerSecond: 500 } },
      portfolios: { [portfolio.name]: { numbers: [place.number], dailyRecipients: 10 } },
    }),
  );
  const redis = connectTestRedis();
  const budget = createBudget({ redis, portfolio, mode: "live" });
  const reserve = (first: number, count: number) =>
    budget.reserve(
      Array.from({ length: count }, (_, at) => Buffer.from(`${first + at}`.padEnd(8))),
    );
  await reserve(0, 7);
  const store = await createNumberStore({ redis, number: place.number, portfolio });
  return { place, portfolio, reserve, redis, store };
}

test("a campaign that waits for the budget says so, and when the next messages may go", async () => {
  const { place, portfolio, reserve, redis, store } = await openPlace();
  const id = await importTestCampaign(store, { rows: 3 });
  const { nextAtMs } = await reserve(7, 2);
  await redis.hset(campaignKeys(place.number, id).campaign, "budgetAt", nextAtMs);
  // Without a worker that would be said first.
  await createProcesses(redis, "live").heartbeat(randomUUID(), {
    ...{ role: "worker", version: "1", numbers: [place.number], host: "h", pid: 1, startedAt: 1 },
  });

  const shown = await runHere(place, ["show", id, "--json"]);
  const words = await runHere(place, ["show", id]);
  const listed = await runHere(place, ["list"]);
  const doctor = await runHere(place, ["doctor"]);

  const nextAt = new Date(nextAtMs).toISOString();
  expect(json(shown)).toMatchObject({
    budget: { portfolio: portfolio.name, used: 8, limit: 8, nextAt },
    waitsForBudget: nextAt,
  });
  expect(words.stdout).toMatch(
    /Now +Waits until .+: the daily limit of people of portfolio \S+ is used up \(8 of 8 people in 24 hours\)\. 3 people wait\./,
  );
  expect(listed.stdout).toMatch(/waits for budget: \S+/);
  expect(doctor.stdout).toMatch(
    /warn .*portfolio \S+ wrote to 8 of 8 people in 24 hours: the next/,
  );
});

test("a test that is not sent says that the budget is full, or that the number is slow", async () => {
  const { portfolio, reserve, store } = await openPlace();
  const follow = async () => {
    const id = await importTestCampaign(store, { rows: 1 });
    const { notSent } = await settleTest({
      ...{ id, store, sender: null, signal: AbortSignal.abort() },
      ...{ waitFor: "report", withinMs: 60_000 },
      cancel: () => store.campaigns.cancel(id),
    });
    return notSent?.words;
  };

  const idle = await follow();
  await store.pace.setNumberRate(0.01);
  const slow = await follow();
  await reserve(7, 2);
  const full = await follow();

  expect(idle).toContain("No worker took it");
  expect(slow).toContain("The number sends only 0.01/s");
  expect(full).toContain(`Portfolio ${portfolio.name} is full until `);
});

test("check says how many people have no room, and how long it takes until all have their message", async () => {
  const { place, portfolio } = await openPlace();
  writeFileSync(join(place.dir, "sale.yaml"), campaignFile({ number: place.number }));
  writeFileSync(join(place.dir, "list.csv"), listOf(20));

  const checked = await runHere(place, ["check", "sale.yaml", "list.csv", "--json"]);

  const { warnings } = json<{ warnings: { code: string; count: number; reason: string }[] }>(
    checked,
  );
  const full = warnings.find(({ code }) => code === "budget_full");
  expect(full).toMatchObject({ count: 19 });
  expect(full?.reason).toContain(
    `portfolio ${portfolio.name} may write to 8 people in 24 hours, and has room for 1 of them now`,
  );
  expect(full?.reason).toContain("about 3 days");
});
