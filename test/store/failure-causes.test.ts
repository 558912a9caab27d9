import { expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { openTestStore } from "../support/campaigns.ts";
import { retryFailed } from "../support/retry.ts";

const CONNECT = REASONS.not_sent_connect;

/** Row 1 was not sent, a person called row 2 failed, WhatsApp failed rows 3 and 4 without a code. */
async function failedFourWays() {
  const bench = await openTestStore({ triesMax: 1 });
  const id = await bench.import(4);
  await bench.send(id, 1, "retry", { reason: CONNECT });
  await bench.send(id, 2, "unknown", { reason: REASONS.answer_timeout });
  await bench.store.campaigns.resolve(id, 2, "failed");
  for (const row of [3, 4]) {
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
    await bench.status(`wamid.${row}`, "failed");
  }
  return { bench, id };
}

test("each cause of a failure without a code is counted by itself", async () => {
  const { bench, id } = await failedFourWays();

  expect((await bench.found(id)).errors).toEqual([
    { code: 0, reason: REASONS.failed_without_code, count: 2 },
    { code: 0, reason: CONNECT, count: 1 },
    { code: 0, reason: REASONS.decided, count: 1 },
  ]);
});

test("the counts of the causes go when the messages leave failed", async () => {
  const { bench, id } = await failedFourWays();
  await bench.status("wamid.3", "delivered");
  await retryFailed(bench.store, id, { codes: new Set([0]), mode: "send" });

  expect(await bench.counts(id)).toEqual({ pending: 3, delivered: 1 });
  expect((await bench.found(id)).errors).toEqual([]);
});

test("a parked failure without a code has its cause as well", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const [granted] = await bench.grant(id, 1);
  await bench.status("wamid.A", "failed");
  await bench.record(granted, "accepted", { wamid: "wamid.A" });

  const { value } = await bench.row(id, 1);

  expect(value).toMatchObject({ state: "failed", code: 0, reason: REASONS.failed_without_code });
});

test("retry without a code leaves people who stopped marketing, and what is too early", async () => {
  const bench = await openTestStore();
  const id = await bench.import(4);
  const yesterday = Date.now() - 24 * 3_600_000;
  await bench.redis.hset(bench.own(id).campaign, "epoch", yesterday - 1_000);
  await bench.send(id, 1, "failed", { code: 131050 });
  await bench.send(id, 2, "failed", { code: 131049 });
  await bench.send(id, 3, "failed", { code: 131000 });
  await bench.send(id, 4, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131049, atMs: yesterday });
  const expected = {
    kind: "retried",
    byCode: [
      { code: 131000, reason: 0, count: 1 },
      { code: 131049, reason: 0, count: 1 },
    ],
    left: [
      { code: 131049, reason: 0, why: "too_early", count: 1 },
      { code: 131050, reason: 0, why: "opted_out", count: 1 },
    ],
    waiting: null,
  };

  const ask = (mode: "count" | "send") => retryFailed(bench.store, id, { codes: new Set(), mode });

  expect(await ask("count")).toEqual(expected);
  expect(await ask("send")).toEqual(expected);
  expect(await bench.counts(id)).toEqual({ pending: 2, failed: 2 });
});
