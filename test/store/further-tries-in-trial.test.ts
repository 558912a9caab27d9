import { describe, expect, test } from "vitest";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { CAPPED, DAY_MS, fail } from "./tries.ts";

test("in a canary it stays a failure: nobody waits a day for its verdict", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, {
    ...{ canary: { size: 2, minDelivered: 0.5, waitMs: 600_000, after: "go" } },
    delivery: {
      guarantee: "at-most-once",
      ratePerSecond: null,
      priority: "normal",
      retry: [CAPPED],
    },
  });
  const id = await bench.import(10, { definition, canaryRows: [1, 5] });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  await fail(bench, "wamid.1");

  const trial = await bench.redis.hgetall(bench.own(id).trial);
  await bench.makeDue(id, 1);
  const kept = await bench.claim(id, [1]);
  await bench.send(id, 5, "accepted", { wamid: "wamid.5" });
  await bench.status("wamid.5", "delivered", { recipient: testPhone(5) });
  const freed = await bench.claim(id, [1]);

  expect(trial).toMatchObject({ 4: "1", 10: "1" });
  expect(kept).toMatchObject({ verdicts: [{ kind: "not_in_trial" }] });
  expect(await bench.redis.exists(bench.own(id).trial)).toBe(0);
  expect(freed).toMatchObject({ verdicts: [{ kind: "granted", attempt: 2 }] });
});

test.each(["canary", "first"] as const)(
  "when a %s is over, the rest of a small list does not wait for a further try",
  async (kind) => {
    const bench = await openTestStore();
    const { recipients, ...rest } = testDefinition(bench.number, {
      canary:
        kind === "canary"
          ? { size: 2, minDelivered: 0.5, waitMs: 600_000, after: "go" as const }
          : null,
      delivery: {
        ...{ guarantee: "at-most-once", ratePerSecond: null, priority: "normal" },
        retry: [CAPPED],
      },
    });
    const definition = {
      ...rest,
      recipients: { ...recipients, first: kind === "first" ? 2 : null },
    };
    const id = await bench.import(10, { definition, canaryRows: kind === "canary" ? [1, 2] : [] });
    const { ready, trial, first } = bench.own(id);
    await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
    const [last] = await bench.grant(id, 2);
    await bench.store.ledger.close(id, 0, await bench.runOf(id, 0));

    await fail(bench, "wamid.1");
    expect(Number(await bench.redis.zscore(ready, "0"))).toBeGreaterThan(Date.now() + DAY_MS / 2);
    await bench.record(last, "accepted", { wamid: "wamid.2" });
    await bench.status("wamid.2", "delivered", { recipient: testPhone(2) });
    if (kind === "first") await bench.store.campaigns.resume(id);

    expect(await bench.redis.exists(trial, first)).toBe(0);
    expect(Number(await bench.redis.zscore(ready, "0"))).toBeLessThanOrEqual(Date.now());
  },
);

test("when a canary is over, the rest does not wait for the backoff of a canary row", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, {
    canary: { size: 2, minDelivered: 0.5, waitMs: 600_000, after: "go" },
  });
  const id = await bench.import(10, { definition, canaryRows: [1, 2] });
  const { ready } = bench.own(id);
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  const [other] = await bench.grant(id, 2);
  await bench.record(other, "wait", { waitMs: 60_000 });
  await bench.store.ledger.close(id, 0, await bench.runOf(id, 0));
  expect(Number(await bench.redis.zscore(ready, "0"))).toBeGreaterThan(Date.now() + 30_000);

  await bench.status("wamid.1", "delivered", { recipient: testPhone(1) });

  expect(Number(await bench.redis.zscore(ready, "0"))).toBeLessThanOrEqual(Date.now());
});

describe("a canary whose row waits for a further try", () => {
  /** Three rows are the canary, and all must be delivered; the first has failed. */
  async function waiting() {
    const bench = await openTestStore();
    const definition = testDefinition(bench.number, {
      canary: { size: 3, minDelivered: 1, waitMs: 600_000, after: "ask" },
      delivery: {
        ...{ guarantee: "at-most-once", ratePerSecond: null, priority: "normal" },
        retry: [CAPPED],
      },
    });
    const id = await bench.import(10, { definition, canaryRows: [1, 2, 3] });
    const granted = await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
    await fail(bench, "wamid.1");
    const { trial } = bench.own(id);
    const counted = async () =>
      Object.entries(await bench.redis.hgetall(trial)).filter(
        ([field, n]) => /^[0-9]+$/.test(field) && n !== "0",
      );
    return { bench, id, granted, counted };
  }

  test("counts it as delivered once, not as failed, when the failure proves wrong", async () => {
    const { bench, counted } = await waiting();
    expect(await counted()).toEqual([
      ["4", "2"],
      ["10", "1"],
    ]);
    await bench.status("wamid.1", "delivered");
    await bench.status("wamid.1", "read");
    expect(await counted()).toEqual([
      ["4", "2"],
      ["9", "1"],
    ]);
  });

  test("counts no row below zero when Redis lost the claim of the further try", async () => {
    const { bench, granted, counted } = await waiting();
    await bench.record({ ...granted, attempt: 2 }, "accepted", { wamid: "wamid.2" });
    expect(await counted()).toEqual([
      ["4", "2"],
      ["6", "1"],
    ]);
  });
});
