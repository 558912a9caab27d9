import { expect, test, vi } from "vitest";
import { createClientAddress } from "../../src/config/client-address.ts";
import { failedJobs, openDashboard, SOON, startSending } from "./support.ts";

const EVERY = { sinceMs: 0, limit: 100, lookedAtMax: 100_000 };

test("a button is noted with the browser's address behind a trusted proxy, and the page shows it", async () => {
  const clientAddress = createClientAddress(["127.0.0.1"]);
  const { ask, test: bench } = await openDashboard({ clientAddress });
  const id = await bench.import(1);
  const forwarded = { "x-forwarded-for": "203.0.113.9, 198.51.100.7" };

  await ask(`/api/campaigns/${id}/pause`, { method: "POST", headers: forwarded });
  await ask(`/api/campaigns/${id}/pause`, { method: "POST" });
  await ask(`/api/campaigns/${id}/retry`, { method: "POST", headers: forwarded });

  const { lines } = await bench.store.acts.read({ ...EVERY, campaign: id });
  expect(lines.map(({ who, via, from, what }) => [who, via, from, what])).toEqual([
    ["dashboard", "dashboard", "198.51.100.7", "retry"],
    ["dashboard", "dashboard", "127.0.0.1", "pause"],
    ["dashboard", "dashboard", "198.51.100.7", "pause"],
  ]);
  const page = await (await ask(`/campaigns/${id}`)).text();
  expect(page).toContain("Who did what");
  expect(page).toContain("198.51.100.7 (dashboard): done");
});

test("the page shows the last ten acts", async () => {
  const { ask, test: bench } = await openDashboard();
  const id = await bench.import(1);
  for (let times = 0; times < 12; times++) {
    await ask(`/api/campaigns/${id}/${times % 2 === 0 ? "pause" : "resume"}`, { method: "POST" });
  }

  const page = await (await ask(`/campaigns/${id}`)).text();

  expect(page.match(/\(dashboard\): done/g)).toHaveLength(10);
});

test("Retry in Bull Board is noted, once for all failed jobs", async () => {
  const dashboard = await openDashboard();
  const { ask, test: bench } = dashboard;
  await startSending(bench, { knobs: { errorCodes: { 131026: 1 } } });
  const id = await bench.import(3);
  await vi.waitFor(async () => expect(await failedJobs(dashboard)).toHaveLength(3), SOON);
  const path = `/queues/api/queues/failed-${bench.number}`;

  await ask(`${path}/f-${id}-1-1/retry`, { method: "PUT" });
  await ask(`${path}/retry/failed`, { method: "PUT" });

  const { lines } = await bench.store.acts.read({ ...EVERY, campaign: id });
  expect(lines.reverse()).toMatchObject([
    { via: "Bull Board", from: "127.0.0.1", what: "retry", details: { row: 1 }, result: "done" },
    { via: "Bull Board", what: "retry", campaigns: [id], details: { jobs: "all failed" } },
  ]);
});
