import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { FREE_RATE, testPhone } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";
import {
  bench,
  gateOf,
  goBack,
  loseNextAnswer,
  openAnotherWorker,
  openBench,
} from "./went-back.ts";

beforeEach(openBench);

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

  test("is noticed by a worker that was granted the lost claim when it asked again, for its first answer never came", async () => {
    const id = await bench.import(300);
    await bench.send(id, 1, "accepted");
    const restore = await snapshot(bench);
    const nonce = randomBytes(8);
    loseNextAnswer(bench.redis, "dropcast-claim");
    await expect(bench.claim(id, [2], { nonce })).rejects.toThrow("closed");
    expect(await bench.claim(id, [2], { nonce })).toMatchObject({
      verdicts: [{ kind: "granted", attempt: 1 }],
    });
    await restore();
    expect(await gateOf(id)).toBe("rollback");
    expect(await bench.store.rollback.read()).toMatchObject({ lost: 1 });
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
