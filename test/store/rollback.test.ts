import { beforeEach, describe, expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { createNumberStore, DEFAULT_LIMITS } from "../../src/store/number-store.ts";
import { FREE_RATE, openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";

let bench: TestStore;
beforeEach(async () => {
  bench = await openTestStore();
});

/** Sends rows 1 to 3, of which Redis then forgets 2 and 3; one worker remembers. */
async function goBack(rows = 300): Promise<string> {
  const id = await bench.import(rows);
  await bench.store.campaigns.dispatch("sandbox", 1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  const restore = await snapshot(bench);
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  await bench.send(id, 3, "accepted", { wamid: "wamid.3" });
  await restore();
  return id;
}

/** A worker in a process of its own: what it remembers is its own. */
async function openAnotherWorker() {
  const { redis, number } = bench;
  const store = await createNumberStore({ redis, number, limits: DEFAULT_LIMITS });
  await store.join();
  return store;
}

async function gateOf(id: string, row = 2): Promise<string> {
  const result = await bench.claim(id, [row], { run: 1 });
  return result.kind === "gate" ? result.gate : "rows";
}

describe("a Redis that went back in time", () => {
  test("is noticed by the next claim, which grants nothing, and says how many claims are missing", async () => {
    const id = await goBack();
    expect(await gateOf(id)).toBe("rollback");
    expect(await bench.store.rollback.read()).toMatchObject({ lost: 2 });
    expect(await bench.counts(id)).toEqual({ pending: 299, accepted: 1 });
  });

  test("is noticed by dispatch of a worker that has nothing to claim, and stops workers that remember nothing", async () => {
    const id = await goBack();
    expect((await bench.store.campaigns.dispatch("sandbox", 10)).opened).toEqual([]);
    const other = await openAnotherWorker();
    expect((await other.campaigns.dispatch("sandbox", 10)).opened).toEqual([]);
    expect(await gateOf(id)).toBe("rollback");
    expect(await other.rollback.read()).toMatchObject({ lost: 2 });
  });

  test("that lost everything is noticed too", async () => {
    const id = await goBack();
    const keys = await bench.redis.keys(`dropcast:{${bench.number}}:*`);
    await bench.redis.del(...keys);
    expect(await gateOf(id)).toBe("rollback");
    expect(await bench.store.rollback.read()).toMatchObject({ lost: 5 });
  });

  test("is noticed although another worker, which knew of nothing later, was granted more than is missing", async () => {
    const other = await openAnotherWorker();
    const id = await bench.import(300);
    await bench.send(id, 1, "accepted");
    await other.campaigns.dispatch("sandbox", 1);
    const restore = await snapshot(bench);
    await bench.send(id, 2, "accepted");
    await restore();
    const rows = [101, 102, 103].map((row) => ({
      row,
      person: other.ledger.person(testPhone(row)),
    }));
    await other.campaigns.dispatch("sandbox", 10);
    const run = Number(await bench.redis.hget(bench.own(id).open, "1"));
    const ask = { campaign: id, batch: 1, run, nonce: Buffer.alloc(8), mode: "sandbox" } as const;
    await other.ledger.claim({ ...ask, ratePerSecond: FREE_RATE, reachMs: 200, answerMs: 0, rows });
    expect(await bench.store.rollback.read()).toBeUndefined();
    expect(await gateOf(id)).toBe("rollback");
    expect(await bench.store.rollback.read()).toMatchObject({ lost: 1 });
  });

  test.each([0, 2, 3, 4])(
    "is noticed by a worker that was restarted, although people have changed %i things since",
    async (acts) => {
      const id = await bench.import(300);
      await bench.send(id, 1, "accepted");
      const restore = await snapshot(bench);
      for (const row of [2, 3, 4]) await bench.send(id, row, "accepted");
      const reading = bench.store.counter.reading();
      await restore();
      for (let act = 0; act < acts; act += 1) {
        await bench.store.pace.setCampaignRate(id, 10 + act);
      }
      // Started again: another name, and what it remembers.
      const worker = await openAnotherWorker();
      worker.counter.saw(reading);

      await worker.campaigns.dispatch("sandbox", 10);

      expect(await worker.rollback.read()).toMatchObject({ lost: 3, lostActs: 0 });
      await worker.rollback.accept(10);
      worker.counter.saw(reading);
      await worker.campaigns.dispatch("sandbox", 10);
      expect(await worker.rollback.read()).toBeUndefined();
    },
  );

  test("is not seen where workers came and went, or wait for each other's claims", async () => {
    const id = await bench.import(300);
    await bench.send(id, 1, "accepted");
    for (let started = 0; started < 120; started++) {
      const worker = await openAnotherWorker();
      await worker.campaigns.dispatch("sandbox", 1);
    }
    expect((await bench.send(id, 2, "accepted")).attempt).toBe(1);
    expect(await bench.store.rollback.read()).toBeUndefined();
  });

  test("is noticed by each of 150 workers, whatever the others were granted since, and by none without cause", async () => {
    const id = await bench.import(300);
    const workers = await Promise.all(Array.from({ length: 150 }, openAnotherWorker));
    const dispatchAll = async () => {
      for (const { campaigns } of workers) await campaigns.dispatch("sandbox", 1);
    };
    await dispatchAll();
    expect(await bench.redis.zcard(bench.keys.told)).toBe(151);
    await bench.send(id, 1, "accepted");
    await dispatchAll();
    const restore = await snapshot(bench);
    await bench.send(id, 2, "accepted");
    await dispatchAll();
    expect(await bench.store.rollback.read()).toBeUndefined();
    await restore();
    // More was granted since than is missing, to somebody who knew of nothing.
    await bench.redis.hincrby(bench.keys.guard, "count", 5);
    for (const { campaigns, rollback } of workers) {
      await campaigns.dispatch("sandbox", 1);
      expect(await rollback.read()).toMatchObject({ lost: 1 });
      await bench.redis.hdel(bench.keys.guard, "noticedAt", "lost");
    }
  });

  test("the notes of what workers were told are bounded, and those that asked last stay", async () => {
    const others = Array.from({ length: 2_010 }, (_, at) => [String(at), `gone.${at}`]).flat();
    await bench.redis.call("ZADD", bench.keys.told, ...others);
    await bench.import(1);
    await bench.redis.hset(bench.keys.guard, "count", 5_000);
    await bench.store.campaigns.dispatch("sandbox", 1);
    expect(await bench.redis.zcard(bench.keys.told)).toBe(2_000);
    expect(await bench.redis.zrange(bench.keys.told, "-1", "-1")).toEqual([
      bench.store.counter.worker,
    ]);
    expect(await bench.redis.zscore(bench.keys.told, "gone.10")).toBeNull();
  });

  const CHANGES: Record<string, (id: string) => Promise<unknown>> = {
    pause: (id) => bench.store.campaigns.pause(id, "operator"),
    cancel: (id) => bench.store.campaigns.cancel(id),
    resume: async (id) => {
      await bench.store.campaigns.resume(id);
    },
    retry: (id) => bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]),
    "decision on an unknown message": (id) => bench.store.campaigns.resolve(id, 2, "failed"),
    "number's rate": () => bench.store.pace.setNumberRate(5),
    "campaign's rate": (id) => bench.store.pace.setCampaignRate(id, 5),
    "list that was stored": () => bench.import(1),
    "correction of a rejected row": (id) => correctRow(id, 3),
  };

  test.each(Object.keys(CHANGES))("that forgot a person's %s is noticed", async (change) => {
    const rejected = { kind: "rejected", code: "phone_invalid", column: "phone" } as const;
    const id = await bench.import(4, { outcomes: new Map([[3, rejected]]) });
    await bench.send(id, 1, "failed", { code: 131_026 });
    await bench.send(id, 2, "unknown", { reason: REASONS.answer_timeout });
    if (change === "resume") await bench.store.campaigns.pause(id, "operator");
    await bench.store.campaigns.dispatch("sandbox", 10);
    const restore = await snapshot(bench);
    await CHANGES[change]?.(id);
    await bench.store.campaigns.dispatch("sandbox", 10);
    await restore();
    expect((await bench.store.campaigns.dispatch("sandbox", 10)).opened).toEqual([]);
    const lost = change === "list that was stored" ? 2 : 1;
    expect(await bench.store.rollback.read()).toMatchObject({ lost, lostActs: lost });
  });

  async function correctRow(id: string, row: number): Promise<void> {
    const { corrections } = bench.store;
    const [campaign, rows] = [await corrections.campaign(id), await corrections.batch(id, 0)];
    if (campaign === undefined || rows === undefined) throw new Error("There is no such batch.");
    const cells = [testPhone(row), "Corrected"];
    const change = { rows: [{ row, phone: testPhone(row), cells }], rewrites: campaign.rewrites };
    expect(await corrections.apply(id, rows, change)).toMatchObject({ kind: "corrected" });
  }

  test("is not lifted by resume: only by accepting it", async () => {
    const id = await goBack();
    await gateOf(id);
    await bench.store.campaigns.pause(id, "operator");
    await bench.store.campaigns.resume(id);
    expect(await gateOf(id)).toBe("rollback");
  });

  test("takes up the answer that a worker still had of a claim which is lost", async () => {
    const id = await bench.import(2);
    const restore = await snapshot(bench);
    const [first, second] = await bench.grant(id, 1, 2);
    await restore();
    expect(await bench.record(first, "accepted", { wamid: "wamid.1" })).toMatchObject({
      state: "accepted",
    });
    expect(await bench.record(second, "unknown", { reason: REASONS.answer_timeout })).toMatchObject(
      { state: "unknown" },
    );
    expect(await gateOf(id)).toBe("rollback");
    expect(await bench.counts(id)).toEqual({ accepted: 1, unknown: 1 });
    // By recipient, as for any unknown message.
    await bench.status("wamid.X", "sent", { recipient: testPhone(2) });
    expect(await bench.counts(id)).toEqual({ accepted: 1, sent: 1 });
  });
});

describe("accepting it", () => {
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
