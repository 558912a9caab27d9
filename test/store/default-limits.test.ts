import { expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/store/number-store.ts";
import { openTestStore } from "../support/campaigns.ts";

/** Other tests pass limits of their own. These hold for whoever configures none. */

const rows = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test("twenty failures in a row with one code pause a campaign, and nineteen do not", async () => {
  const bench = await openTestStore();
  const id = await bench.import(30);
  const granted = await bench.grant(id, ...rows(21));
  for (const one of granted.slice(0, 19)) await bench.record(one, "failed", { code: 131026 });
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(granted[19] as (typeof granted)[0], "failed", { code: 131026 });
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "same_code:131026" });
});

test("five unknown messages within a minute pause a campaign, and four do not", async () => {
  const bench = await openTestStore();
  const id = await bench.import(30);
  const granted = await bench.grant(id, ...rows(10));
  for (const one of granted.slice(0, 4)) await bench.record(one, "unknown");
  expect((await bench.found(id)).status).toBe("running");
  await bench.later(60_001);
  for (const one of granted.slice(4, 8)) await bench.record(one, "unknown");
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(granted[8] as (typeof granted)[0], "unknown");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "unknown_budget" });
});

test("a message that could not be sent in eight tries has failed", async () => {
  const bench = await openTestStore();
  const id = await bench.import(9);
  for (let tries = 1; tries <= 8; tries++) {
    await bench.send(id, tries + 1, "accepted");
    expect((await bench.row(id, 1)).state).toBe("pending");
    await bench.send(id, 1, "retry", { waitMs: 1, reason: 32 });
    if (tries < 8) await bench.makeDue(id, 1);
  }
  expect((await bench.row(id, 1)).value).toMatchObject({ state: "failed", attempt: 8 });
});

test("a claim holds its row for 75 seconds: the answer timeout, and time to record the answer", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  await bench.later(70_000);
  expect((await bench.store.ledger.sweep()).unknown).toBe(0);
  await bench.later(5_000);
  expect((await bench.store.ledger.sweep()).unknown).toBe(1);
  expect(DEFAULT_LIMITS.leaseMs).toBe(75_000);
});
