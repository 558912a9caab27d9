import { beforeEach, describe, expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { testPhone } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";
import { bench, gateOf, goBack, openAnotherWorker, openBench } from "./went-back.ts";

beforeEach(openBench);

describe("accepting a rollback", () => {
  test("makes unknown what was open and what came next, and lets the rest be sent", async () => {
    const id = await goBack(2_000);
    await gateOf(id);
    const accepted = await bench.store.rollback.accept(10);
    // Batch 0 was open: 99 rows. Then 2 claims lost + 8 s of the rate + 10, and eight batches that
    // may have been left half claimed, in whole batches.
    expect(accepted).toEqual({
      unknown: [{ campaign: id, rows: 999 }],
      ...{ dropped: [], left: [], lostActs: 0, lostSerials: null },
    });
    expect(await bench.counts(id)).toEqual({ accepted: 1, unknown: 999, pending: 1_000 });
    const { value } = await bench.row(id, 2);
    expect(value).toMatchObject({ state: "unknown", reason: REASONS.rollback, attempt: 1 });
    expect(await bench.store.rollback.read()).toBeUndefined();
    expect(await gateOf(id, 2)).toBe("rows");
    expect((await bench.send(id, 1_999, "accepted")).attempt).toBe(1);
  });

  test("twice, or with nothing to accept, changes nothing", async () => {
    const id = await goBack();
    expect(await bench.store.rollback.accept(10)).toBeUndefined();
    await gateOf(id);
    await bench.store.rollback.accept(10);
    const counts = await bench.counts(id);
    expect(await bench.store.rollback.accept(10)).toBeUndefined();
    expect(await bench.counts(id)).toEqual(counts);
  });

  test("is final for workers that remember more than the one that noticed, and the next time is noticed", async () => {
    const id = await goBack();
    const other = await openAnotherWorker();
    other.counter.saw("500 1 0 0");
    await gateOf(id);
    await bench.store.rollback.accept(10);
    expect(await other.rollback.read()).toBeUndefined();
    await other.campaigns.dispatch("sandbox", 10);
    expect(await other.rollback.read()).toBeUndefined();
    await bench.store.campaigns.dispatch("sandbox", 10);
    await bench.redis.del(bench.keys.guard);
    await bench.store.campaigns.dispatch("sandbox", 10);
    expect(await bench.store.rollback.read()).toBeDefined();
  });

  test("lets webhooks of the lost time settle rows: those that came before it, and those after", async () => {
    const id = await goBack();
    await gateOf(id);
    await bench.status("wamid.2", "sent", { recipient: testPhone(2) });
    await bench.store.rollback.accept(10);
    expect(await bench.state(id, 2)).toBe("sent");
    await bench.status("wamid.3", "sent", { recipient: testPhone(3) });
    await bench.status("wamid.3", "delivered");
    expect(await bench.state(id, 3)).toBe("delivered");
  });

  test("leaves alone what was put off until later than it was noticed", async () => {
    const id = await bench.import(2);
    await bench.send(id, 1, "wait", { waitMs: 3_600_000 });
    const restore = await snapshot(bench);
    await bench.send(id, 2, "accepted");
    await restore();
    await gateOf(id);
    await bench.store.rollback.accept(10);
    expect(await bench.state(id, 1)).toBe("pending");
    expect(await bench.state(id, 2)).toBe("unknown");
  });

  test("knows batches that were closed after Redis went back, before it was noticed", async () => {
    const id = await bench.import(20_000);
    const run = await bench.runOf(id, 150);
    const restore = await snapshot(bench);
    await bench.send(id, 15_001, "accepted");
    await restore();
    await bench.store.ledger.close(id, 150, run);
    await gateOf(id);
    await bench.store.rollback.accept(1);
    expect(await bench.state(id, 15_001)).toBe("unknown");
  });

  test("knows batches that were open when it was noticed, though they have work since before and were closed", async () => {
    const id = await bench.import(1_500);
    await bench.store.campaigns.dispatch("sandbox", 1);
    const [put] = await bench.grant(id, 1);
    await bench.record(put, "wait");
    await bench.makeDue(id, 1);
    const restore = await snapshot(bench);
    await bench.send(id, 2, "accepted");
    await restore();
    await gateOf(id, 3);
    await bench.store.ledger.close(id, 0, 1);
    // Others come first, and more of them than the lost time can have reached.
    const others = Array.from({ length: 14 }, (_, at) => ["1", String(at + 1)]).flat();
    await bench.redis.call("ZADD", bench.own(id).ready, ...others);
    await bench.store.rollback.accept(1);
    expect(await bench.state(id, 2)).toBe("unknown");
    expect(await bench.counts(id)).toEqual({ unknown: 1_000, pending: 500 });
  });

  test("names no rows as left when it is remembered that people changed nothing", async () => {
    const rejected = { kind: "rejected", code: "phone_invalid", column: "phone" } as const;
    const id = await bench.import(3, { outcomes: new Map([[3, rejected]]) });
    const restore = await snapshot(bench);
    await bench.send(id, 1, "accepted");
    await restore();
    await gateOf(id);
    expect(await bench.store.rollback.accept(10)).toMatchObject({ lostActs: 0, left: [] });
  });

  test("leaves alone what was imported since it was noticed, be it in the same millisecond: nothing of it was sent", async () => {
    await goBack();
    await gateOf(`${bench.number}-1`);
    const late = await bench.import(5);
    const importedAt = await bench.redis.zscore(bench.keys.campaigns, late);
    await bench.redis.hset(bench.keys.guard, "noticedAt", String(importedAt));
    const accepted = await bench.store.rollback.accept(10);
    expect(accepted?.unknown.map(({ campaign }) => campaign)).toEqual([`${bench.number}-1`]);
    expect(await bench.counts(late)).toEqual({ pending: 5 });
  });

  test("does not let a worker send that started with a database which is gone: it knows nobody of this one", async () => {
    const id = await bench.import(1);
    const run = await bench.runOf(id, 0);
    // As a process leaves it that made the key of the digests anew, and accepted what was noticed.
    await bench.redis.hset(bench.keys.guard, { database: "0123456789abcdef", count: 1_000_000 });
    expect(await bench.claim(id, [1], { run })).toMatchObject({ kind: "gate", gate: "rollback" });
    expect((await bench.store.campaigns.dispatch("sandbox", 10)).opened).toEqual([]);
    expect(await bench.store.rollback.read()).toBeUndefined();
    expect(await bench.store.rollback.isStranger()).toBe(true);
    expect(await (await openAnotherWorker()).rollback.isStranger()).toBe(true);
  });

  test("is not undone by the answer of a later attempt than the one in doubt", async () => {
    const id = await bench.import(2);
    const restore = await snapshot(bench);
    await bench.send(id, 1, "wait");
    await bench.makeDue(id, 1);
    const [second] = await bench.grant(id, 1);
    await restore();
    await gateOf(id);
    await bench.store.rollback.accept(10);
    expect(await bench.record(second, "accepted", { wamid: "wamid.1" })).toMatchObject({
      state: "accepted",
    });
    expect((await bench.row(id, 1)).value.attempt).toBe(2);
    expect(await bench.store.rollback.read()).toBeUndefined();
    expect(await bench.counts(id)).toEqual({ accepted: 1, unknown: 1 });
  });

  test("names lists that are gone, and rows that a person may have had sent again, which it leaves", async () => {
    const rejected = { kind: "rejected", code: "phone_invalid", column: "phone" } as const;
    const id = await bench.import(3, { outcomes: new Map([[3, rejected]]) });
    await bench.send(id, 1, "failed", { code: 131_026 });
    const ended = await bench.import(1);
    await bench.send(ended, 1, "failed", { code: 131_026 });
    const restore = await snapshot(bench);
    await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
    await bench.import(1);
    await bench.import(1);
    await bench.store.campaigns.dispatch("sandbox", 10);
    await restore();
    await gateOf(id);
    expect(await bench.store.rollback.accept(10)).toEqual({
      unknown: [{ campaign: id, rows: 1 }],
      dropped: [],
      left: [
        { campaign: id, failed: 1, rejected: 1 },
        { campaign: ended, failed: 1, rejected: 0 },
      ],
      lostActs: 5,
      lostSerials: { first: 3, last: 4 },
    });
    expect(await bench.counts(id)).toEqual({ failed: 1, unknown: 1, rejected: 1 });
  });

  test("gives no campaign an id that another had in the time that was lost", async () => {
    await bench.import(1);
    const restore = await snapshot(bench);
    const lost = await bench.import(1);
    await bench.send(lost, 1, "accepted");
    await restore();
    await gateOf(lost);
    const next = await bench.import(1);
    expect(next).not.toBe(lost);
    expect(await bench.store.campaigns.find(lost)).toBeUndefined();
  });

  test("drops an import that was under way then, for it may have been finished and sent since", async () => {
    await goBack();
    // By a process that knows of nothing.
    const { imports } = await openAnotherWorker();
    const begun = await imports.begin({
      digest: "half",
      again: false,
      definition: (await bench.store.campaigns.toSend(`${bench.number}-1`))?.definition as never,
      file: "half.csv",
      columns: ["phone", "first_name"],
      mode: "sandbox",
    });
    if (begun.kind !== "begun") throw new Error(begun.kind);
    await gateOf(`${bench.number}-1`);
    expect(await bench.store.rollback.accept(10)).toMatchObject({ dropped: [begun.campaign] });
    expect((await bench.found(begun.campaign)).status).toBe("cancelled");
  });
});
