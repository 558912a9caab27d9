import { expect, test } from "vitest";
import { audited } from "../../src/campaigns/audited.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { setCampaignRate, setNumberRate } from "../../src/campaigns/rate.ts";
import { resolveRow, resolveRows } from "../../src/campaigns/resolve.ts";
import { retryCampaign } from "../../src/campaigns/retry.ts";
import { accept } from "../../src/core/refusal.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { ANNA } from "./stages.ts";

const EVERY = { sinceMs: 0, limit: 100, lookedAtMax: 100_000 };

/** The audit of one campaign, oldest first: what, its result, and the details. */
async function linesOf(bench: TestStore, campaign: string) {
  const { lines } = await bench.store.acts.read({ ...EVERY, campaign });
  return lines
    .reverse()
    .map(({ what, result, code, details }) => [what, code ?? result, details] as const);
}

test("every act on a campaign leaves one line with what was done and its result", async () => {
  const bench = await openTestStore();
  const id = await bench.import(4);
  const found = { campaign: await bench.found(id), store: bench.store };
  await bench.send(id, 1, "failed", { code: 131000 });
  await bench.send(id, 2, "unknown");
  await bench.send(id, 3, "unknown");

  await controlCampaign(found, "pause", ANNA);
  await controlCampaign(found, "pause", ANNA);
  await controlCampaign(found, "resume", ANNA);
  await setCampaignRate(found, 5, ANNA);
  await setCampaignRate(found, null, ANNA);
  await retryCampaign(found, { codes: new Set(), mode: "count" }, ANNA);
  await retryCampaign(found, { codes: new Set([131000]), mode: "send" }, ANNA);
  await resolveRow(found, 2, "sent", ANNA);
  await resolveRow(found, 2, "sent", ANNA);
  await resolveRows(found, [[1, 4]], "failed", ANNA);
  await controlCampaign(found, "cancel", ANNA);
  await controlCampaign(found, "resume", ANNA);

  const anAction = expect.stringMatching(`^${id}\\.`);
  expect(await linesOf(bench, id)).toEqual([
    ["pause", "done", { status: "paused", changed: true }],
    ["pause", "done", { status: "paused", changed: false }],
    ["resume", "done", { status: "running", changed: true }],
    ["rate", "done", { ratePerSecond: 5 }],
    ["rate", "done", { ratePerSecond: "default" }],
    ["retry", "done", { codes: "131000", messages: 1, action: anAction }],
    ["resolve", "done", { decision: "sent", row: 2 }],
    ["resolve", "row_not_unknown", { decision: "sent", row: 2 }],
    ["resolve", "done", { decision: "failed", messages: 1, action: anAction }],
    ["cancel", "done", { status: "cancelled", changed: true }],
    ["resume", "cannot_resume", {}],
  ]);
  const { lines } = await bench.store.acts.read({ ...EVERY, campaign: id });
  for (const line of lines) {
    expect(line).toMatchObject({ ...ANNA, campaigns: [id] });
    expect(Math.abs(line.at - Date.now())).toBeLessThan(60_000);
  }
});

test("a number's rate has a line that names the number", async () => {
  const bench = await openTestStore();
  await setNumberRate(bench.store, 20, ANNA);

  const { lines } = await bench.store.acts.read({ ...EVERY, campaign: null });

  expect(lines).toContainEqual(
    expect.objectContaining({
      ...{ ...ANNA, what: "rate", campaigns: [], result: "done" },
      details: { number: bench.number, ratePerSecond: 20 },
    }),
  );
});

test("an act that is killed before its result is noted keeps its line", async () => {
  const bench = await openTestStore();
  const id = `${bench.number}-1`;
  const killed = audited(bench.store.acts, ANNA, { what: "cancel", campaigns: [id] }, () =>
    Promise.reject(new Error("Connection is closed.")),
  );

  await expect(killed).rejects.toThrow("closed");

  expect(await linesOf(bench, id)).toEqual([["cancel", "begun", {}]]);
});

test("an audit that cannot be written never prevents a pause", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const broken = { begin: async () => "", end: async () => {} };
  const acts = { ...bench.store.acts, ...broken };
  const found = { campaign: await bench.found(id), store: { ...bench.store, acts } };

  const paused = await controlCampaign(found, "pause", ANNA);

  expect(paused).toMatchObject(accept({ status: "paused", changed: true }));
  expect(await bench.found(id)).toMatchObject({ status: "paused" });
});
