import { Hono } from "hono";
import { expect, test } from "vitest";
import type { Access, ApiEnv } from "../../src/api/access.ts";
import { problemResponse } from "../../src/api/answer.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { zeroCounts } from "../../src/core/message.ts";
import { funnelSteps } from "../../src/dashboard/pages/campaign/funnel.ts";
import { addCampaignPages } from "../../src/dashboard/pages/campaign/routes.ts";
import { OPERATOR } from "../api/support.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";

/** The pages in this process, as the dashboard serves them to somebody. */
function pagesOf({ number, store }: TestStore, access: Partial<Access> = {}) {
  const app = new Hono<ApiEnv>();
  app.use(async (context, next) => {
    context.set("access", { ...OPERATOR, ...access });
    await next();
  });
  addCampaignPages(app, {
    stores: { [number]: store },
    answer: (_, problem) => problemResponse(problem),
    unsafe: () => undefined,
  });
  return async (path: string) => {
    const answer = await app.request(path);
    return { status: answer.status, text: await answer.text() };
  };
}

/** The words of a part of the page, without tags. */
function words(html: string): string {
  return html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

/** Rows in many states; 6 failed with two codes, 2 unknown, 2 rejected, 20 wait. */
async function campaignOf(bench: TestStore): Promise<string> {
  const rejected = { kind: "rejected", code: "phone_missing", column: "phone" } as const;
  const outcomes = new Map([
    [39, rejected],
    [40, rejected],
  ]);
  const id = await bench.import(40, { outcomes });
  for (const row of [1, 2, 3, 4]) await bench.send(id, row, "failed", { code: 131026 });
  for (const row of [5, 6]) await bench.send(id, row, "failed", { code: 131000 });
  for (const row of [7, 8]) await bench.send(id, row, "unknown", { reason: 2 });
  for (let row = 9; row <= 18; row++) {
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  }
  for (const row of [9, 10, 11]) await bench.status(`wamid.${row}`, "delivered");
  await bench.status("wamid.12", "read");
  return id;
}

test("a campaign that paused itself says why and what waits, and its buttons say how many", async () => {
  const bench = await openTestStore();
  const id = await campaignOf(bench);
  await bench.store.campaigns.pause(id, "failure_share:6/20:131026");

  const { text } = await pagesOf(bench)(`/campaigns/${id}`);

  expect(words(text)).toMatch(
    /Paused by itself at \d\d:\d\d UTC : 30 % of the last 20 messages failed, all with 131026 \(Message undeliverable\)\. Nothing is being sent; 20 people wait\./,
  );
  expect(words(text)).toContain("Resume sending to 20 people");
  expect(words(text)).toContain("Cancel the rest (20)…");
  expect(words(text)).toContain("Look at the failures (6)");
  expect(text).toContain(`action="/api/campaigns/${id}/resume"`);
  expect(text).not.toMatch(/ style=|<style| on[a-z]+="|<script>/);
  for (let row = 1; row <= 40; row++) expect(text).not.toContain(testPhone(row).slice(2));
});

test("a pause by a person names them, and a campaign with many left offers a probe", async () => {
  const bench = await openTestStore();
  const id = await bench.import(60);
  const found = { campaign: await bench.found(id), store: bench.store };
  await controlCampaign(found, "pause", { who: "ana", via: "dashboard", from: "10.0.0.7" });

  const { text } = await pagesOf(bench)(`/campaigns/${id}`);

  expect(words(text)).toMatch(/Paused by ana at \d\d:\d\d UTC \. Nothing is being sent; 60 people/);
  expect(words(text)).toContain("Send 20 and look again");
  expect(text).toContain('<input type="hidden" name="probe" value="20">');
});

test("a viewer sees all of it and no button that changes something", async () => {
  const bench = await openTestStore();
  const id = await campaignOf(bench);
  await bench.store.campaigns.pause(id, "operator");
  const viewer = pagesOf(bench, { role: "viewer" });

  const pages = await Promise.all(
    ["", "/retry", "/unknown"].map((path) => viewer(`/campaigns/${id}${path}`)),
  );

  expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
  for (const { text } of pages) expect(text).not.toContain(`method="post"`);
  expect(pages[0]?.text).not.toContain("Retry these");
  expect(words(pages[0]?.text ?? "")).toContain("Why 6 messages failed");
});

test("a campaign of a number that the reader may not see is not there", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const other = pagesOf(bench, { numbers: new Set(["elsewhere"]) });

  for (const path of ["", "/retry", "/unknown"]) {
    expect((await other(`/campaigns/${id}${path}`)).status).toBe(404);
  }
});

test("failures are told by cause with when they were seen, and unknown messages one by one", async () => {
  const bench = await openTestStore();
  const id = await campaignOf(bench);

  const { text } = await pagesOf(bench)(`/campaigns/${id}`);

  expect(words(text)).toMatch(/Message undeliverable 131026 .* [Ss]een 20.* 4 messages/);
  expect(text).toContain(`href="/campaigns/${id}/retry?code=131026">Retry these 4…</a>`);
  expect(words(text)).toContain("2 messages unknown");
  expect(words(text)).toContain("2 The API did not answer in time.");
  expect(text).toContain(`<a href="/campaigns/${id}/messages/7">${id}:7</a>`);
  expect(text).toContain(`href="/api/campaigns/${id}/rejects.csv" download>CSV</a>`);
  expect(text).toContain(`href="/api/campaigns/${id}/export.xlsx?only=failed"`);
});

test("each line of the funnel is the sum of what stands beside it", () => {
  const counts = Object.fromEntries(
    Object.keys(zeroCounts()).map((state, at) => [state, at + 1]),
  ) as ReturnType<typeof zeroCounts>;
  const rows = Object.values(counts).reduce((sum, some) => sum + some, 0);

  const steps = funnelSteps(rows, counts);

  expect(steps).toHaveLength(5);
  for (const { total, parts } of steps) {
    expect(parts.reduce((sum, [, some]) => sum + some, 0)).toBe(total);
  }
  // Each step but the last has the next one as its last part.
  for (const [at, { parts }] of steps.slice(0, -1).entries()) {
    expect(parts.at(-1)?.[1]).toBe(steps[at + 1]?.total);
  }
});

test("the tables of the charts have the same sums as the campaign", async () => {
  const bench = await openTestStore();
  const id = await campaignOf(bench);

  const { text } = await pagesOf(bench)(`/campaigns/${id}`);

  const table = /Outcomes, in steps of[\s\S]*?<\/table>/.exec(text)?.[0] ?? "";
  const figures = [...table.matchAll(/<tr><td>[\s\S]*?<\/tr>/g)].map(([row]) =>
    [...row.matchAll(/<td class="figure">(\d+)</g)].map(([, figure]) => Number(figure)),
  );
  const sums = [0, 1, 2, 3, 4, 5].map((at) =>
    figures.reduce((sum, row) => sum + (row[at] ?? 0), 0),
  );
  // Taken, sent, delivered, read, failed, unknown.
  expect(sums).toEqual([10, 0, 3, 1, 6, 2]);
});

test("a retry says how many go, that no person gets a second message, and who is left out", async () => {
  const bench = await openTestStore();
  const id = await campaignOf(bench);
  await bench.claim(id, [19], { ratePerSecond: 10 });

  const page = pagesOf(bench);
  const named = words((await page(`/campaigns/${id}/retry?code=131026`)).text);
  const all = words((await page(`/campaigns/${id}/retry`)).text);
  const wrong = await page(`/campaigns/${id}/retry?code=all`);

  expect(named).toContain("4 messages would be sent again");
  expect(named).toContain("No person gets a second message: all of these were refused");
  expect(named).toContain("Send 4 again");
  expect(all).toContain("2 messages would be sent again");
  expect(all).toContain("4 messages left out");
  expect(wrong.status).toBe(400);
});

test("all unknown messages come in pages, the oldest first", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  for (const row of [1, 2, 3]) await bench.send(id, row, "unknown", { reason: 2 });
  await bench.redis.zadd(bench.own(id).unknown, 1_000, "2");
  const page = pagesOf(bench);

  const first = await page(`/campaigns/${id}/unknown`);
  const beyond = await page(`/campaigns/${id}/unknown?from=200`);

  expect([...first.text.matchAll(/messages\/(\d)"/g)].map(([, row]) => row)).toEqual([
    "2",
    "1",
    "3",
  ]);
  expect(words(beyond.text)).toContain("None from here on.");
});
