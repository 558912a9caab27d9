import { describe, expect, test } from "vitest";
import type { ResolveWhat } from "../../src/core/action.ts";
import { openTestStore } from "../support/campaigns.ts";
import { action, beginResolve, NONE, steps } from "./bulk-actions.ts";

describe("deciding unknown messages", () => {
  test.each([
    ["resend", { pending: 3 }],
    ["sent", { accepted: 3 }],
    ["failed", { failed: 3 }],
  ] as const)("as %s moves each once", async (decision, counts) => {
    const bench = await openTestStore();
    const id = await bench.import(3);
    for (const row of [1, 2, 3]) await bench.send(id, row, "unknown");
    const { id: its } = await beginResolve(bench, id, { decision });

    expect(await steps(bench, its)).toBe("ended");

    expect(await bench.counts(id)).toEqual(counts);
    expect(await action(bench, its)).toMatchObject({ done: 3, left: 0, state: "finished" });
  });

  test("sends no message again that became unknown once more since it was chosen", async () => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    await bench.send(id, 1, "unknown");
    const [first, second] = [
      await beginResolve(bench, id, { decision: "resend" }),
      await beginResolve(bench, id, { decision: "resend" }),
    ];
    await steps(bench, first.id);
    await bench.send(id, 1, "unknown");

    expect(await steps(bench, second.id)).toBe("ended");

    expect(await bench.state(id, 1)).toBe("unknown");
    expect(await action(bench, second.id)).toMatchObject({
      ...{ done: 0, skipped: { ...NONE, changed: 1 } },
    });
  });

  test("leaves one to the evidence that came first", async () => {
    const bench = await openTestStore();
    const id = await bench.import(2);
    const [granted] = await bench.grant(id, 1);
    await bench.record(granted, "unknown");
    await bench.send(id, 2, "unknown");
    const { id: its } = await beginResolve(bench, id, { decision: "failed" });
    await bench.record(granted, "accepted", { wamid: "wamid.A" });

    await steps(bench, its);

    expect(await bench.states(id)).toEqual(["accepted", "failed"]);
    expect(await action(bench, its)).toMatchObject({
      ...{ total: 2, done: 1, skipped: { ...NONE, changed: 1 } },
    });
  });

  test("chooses by reason, by age and by rows", async () => {
    const bench = await openTestStore();
    const id = await bench.import(5);
    for (const [at, reason] of [2, 2, 8, 8, 2].entries()) {
      await bench.send(id, at + 1, "unknown", { reason });
    }
    const hour = 3_600_000;
    const now = Date.now();
    await bench.redis.zadd(bench.own(id).unknown, now - 2 * hour, "1", now - 25 * hour, "3");
    const choose = async (filter: Partial<ResolveWhat>) => {
      const none = { reasons: [], olderThanMs: null, rows: null };
      return (await bench.store.selectUnknown(id, { ...none, ...filter }, Date.now())).rows;
    };

    expect(await choose({})).toEqual([1, 2, 3, 4, 5]);
    expect(await choose({ reasons: ["answer_timeout"] })).toEqual([1, 2, 5]);
    expect(await choose({ olderThanMs: hour })).toEqual([1, 3]);
    expect(
      await choose({
        rows: [
          [2, 3],
          [5, 9],
        ],
      }),
    ).toEqual([2, 3, 5]);
    const all = await bench.store.selectUnknown(
      id,
      { reasons: ["http_5xx"], olderThanMs: null, rows: null },
      Date.now(),
    );
    expect(all).toMatchObject({ total: 2, others: 3, byReason: [{ reason: 8, count: 2 }] });
    expect(all.byAge.map(({ count }) => count)).toEqual([2, 1, 1, 0]);
  });
});
