import { expect, test } from "vitest";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard } from "./support.ts";

/** The audit is the whole deployment's, so each of these tests has a Redis of its own. */
async function open() {
  const redis = (await startOwnRedis()).connect();
  const test = await openTestStore({}, redis);
  const dashboard = await openDashboard({ test });
  const id = await test.import(1);
  await dashboard.ask(`/api/campaigns/${id}/pause`, { method: "POST" });
  return { ...dashboard, id };
}

test("the page says who did what, its filter and its period", async () => {
  const { ask, id } = await open();

  const page = await (await ask("/audit")).text();
  const other = await (await ask("/audit?what=resume&period=24h")).text();

  expect(page).toContain(`pause ${id} (status paused; changed true)`);
  expect(page).toContain("in the last 7 days");
  expect(other).toContain("in the last 24 hours");
  expect(other).toContain("Nothing is noted that matches.");
  expect(other).toContain("<option selected>resume</option>");
});

test("the audit is downloaded as CSV, in which no cell begins a formula", async () => {
  const { ask, test: bench } = await open();
  await bench.store.acts.end("", {
    ...{ who: "=cmd()", via: "command line", from: "host-1", what: "rate", campaigns: [] },
    ...{ details: { ratePerSecond: 5 }, result: "done", code: null },
  });

  const answer = await ask("/audit.csv?period=24h");
  const text = await answer.text();

  expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const [head, first] = text.split("\r\n");
  expect(head).toContain("at,who,via,from,what,campaigns,details,result,code");
  expect(first).toMatch(/^\d{4}-.*'=cmd\(\),command line,host-1,rate,,ratePerSecond 5,done,$/);
});
