import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { actionId } from "../../src/store/actions/actions.ts";
import { ACTION_KEPT_MS, ACTIONS_LIVE_MAX, ACTIONS_MAX } from "../../src/store/scripts/protocol.ts";
import { testPhone } from "../support/campaigns.ts";
import { RETRY_ALL, testPlan } from "../support/retry.ts";
import { action, beginResolve, beginRetry, failed, NONE, steps } from "./bulk-actions.ts";

const LATER = { code: 131000 };

describe("a bulk action", () => {
  test("takes a batch a step, moves its counts with the messages, and ends with the last", async () => {
    const { bench, id } = await failed(250);
    const { id: its, begun } = await beginRetry(bench, id);

    expect(begun).toBe("begun");
    expect(await action(bench, its)).toMatchObject({
      ...{ state: "running", total: 250, done: 0, left: 250, movedAt: null, endedAt: null },
    });
    expect(await bench.store.actions.live()).toEqual([its]);
    expect(await steps(bench, its)).toBe("stepped");
    expect(await action(bench, its)).toMatchObject({ state: "running", done: 100, left: 150 });
    expect(await bench.counts(id)).toEqual({ failed: 150, pending: 100 });
    expect(await steps(bench, its)).toBe("stepped");
    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({
      ...{ state: "finished", end: null, total: 250, done: 250, left: 0, failed: 0 },
      skipped: NONE,
    });
    expect(await bench.counts(id)).toEqual({ pending: 250 });
    expect(await steps(bench, its)).toBe("ended");
    expect(await bench.store.actions.live()).toEqual([]);
    expect(await bench.redis.exists(bench.keys.actionRows(its))).toBe(0);
    const expires = await bench.redis.pttl(bench.keys.action(its));
    expect(ACTION_KEPT_MS - expires).toBeLessThan(60_000);
  });

  test("begins once for one request", async () => {
    const { bench, id } = await failed(2);

    const first = await beginRetry(bench, id, "anna\nkey");
    const again = await beginRetry(bench, id, "anna\nkey");
    const other = await beginRetry(bench, id, "anna\nother");

    expect(again).toEqual({ ...first, begun: "known" });
    expect(other.begun).toBe("begun");
    expect(other.id).not.toBe(first.id);
    // Both are about the same messages; the second finds them sent.
    expect(await steps(bench, first.id)).toBe("ended");
    expect(await steps(bench, other.id)).toBe("ended");
    expect(await action(bench, other.id)).toMatchObject({
      ...{ done: 0, left: 0, skipped: { ...NONE, changed: 2 } },
    });
    expect(await bench.counts(id)).toEqual({ pending: 2 });
  });

  test("retries no message that failed again since it began", async () => {
    const { bench, id } = await failed(3);
    const { id: its } = await beginRetry(bench, id);
    const { id: other } = await beginRetry(bench, id);
    await steps(bench, other);
    await bench.send(id, 2, "failed", LATER);

    await steps(bench, its);

    expect(await action(bench, its)).toMatchObject({
      ...{ total: 3, done: 0, left: 0, skipped: { ...NONE, changed: 3 } },
    });
    expect(await bench.counts(id)).toEqual({ pending: 2, failed: 1 });
  });

  test("leaves out who opted out since, or has another open attempt, and counts them", async () => {
    const { bench, id } = await failed(4);
    const other = await bench.import(4);
    const { id: its } = await beginRetry(bench, id);
    await bench.redis.hset(
      bench.keys.suppressed,
      bench.store.ledger.person(testPhone(1)) as never,
      "all",
    );
    await bench.grant(other, 2);

    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({
      ...{ total: 4, done: 2, left: 0 },
      skipped: { changed: 0, suppressed: 1, open_attempt: 1 },
    });
  });

  test("that is read at one place does nothing at the next", async () => {
    const { bench, id } = await failed(250);
    const { id: its } = await beginRetry(bench, id);

    // Both have read the same batch when the first of them acts.
    const both = await Promise.all([steps(bench, its, "a"), steps(bench, its, "a")]);

    expect(both.sort()).toEqual(["moved", "stepped"]);
    expect(await action(bench, its)).toMatchObject({ done: 100, left: 150 });
    expect(await bench.counts(id)).toEqual({ failed: 150, pending: 100 });
  });

  test("is taken on by another process once the one that took its steps is silent", async () => {
    const { bench, id } = await failed(250);
    const { id: its } = await beginRetry(bench, id);
    await steps(bench, its, "a");

    expect(await steps(bench, its, "b")).toBe("busy");
    expect(await action(bench, its)).toMatchObject({ done: 100 });
    await bench.later(5_000);
    expect(await steps(bench, its, "b")).toBe("stepped");
    expect(await steps(bench, its, "a")).toBe("busy");
    expect(await steps(bench, its, "b")).toBe("ended");
    expect(await action(bench, its)).toMatchObject({ state: "finished", done: 250 });
  });

  test("is stopped at once; what it has not reached stays as it is", async () => {
    const { bench, id } = await failed(250);
    const { id: its } = await beginRetry(bench, id);
    await steps(bench, its);

    expect(await bench.store.actions.stop(its, "stopped")).toBe("stopped");
    expect(await bench.store.actions.stop(its, "stopped")).toBe("ended");
    expect(await bench.store.actions.stop(`${id}.aaaaaaaa`, "stopped")).toBe("gone");
    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({
      ...{ state: "stopped", end: "stopped", done: 100, left: 150, failed: 0 },
    });
    expect(await bench.counts(id)).toEqual({ failed: 150, pending: 100 });
    expect(await bench.redis.exists(bench.keys.actionRows(its))).toBe(0);
  });

  test("of a campaign that is cancelled meanwhile ends, and says how many it did not reach", async () => {
    const { bench, id } = await failed(150);
    const { id: its } = await beginRetry(bench, id);
    await steps(bench, its);
    await bench.store.campaigns.cancel(id);

    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({
      ...{ state: "finished", end: "campaign_closed", done: 100, failed: 50, left: 0 },
    });
    expect(await bench.counts(id)).toEqual({ failed: 50, cancelled: 100 });
  });

  test("does not begin in a closed campaign, one that is gone, or beside too many others", async () => {
    const { bench, id } = await failed(1);
    const { packed, total } = (await bench.store.selectFailed(id, { codes: new Set() })) as {
      packed: Buffer;
      total: number;
    };
    const begin = (campaign: string) =>
      bench.store.actions.begin({
        ...{ id: actionId(campaign, randomUUID()), campaign, packed, total },
        plan: testPlan(RETRY_ALL),
      });

    expect(await begin(`${bench.number}-99`)).toBe("no_campaign");
    for (let at = 0; at < ACTIONS_LIVE_MAX; at++) expect(await begin(id)).toBe("begun");
    expect(await begin(id)).toBe("full");
    const [oldest = ""] = await bench.store.actions.live();
    await bench.store.actions.stop(oldest, "stopped");
    await bench.store.actions.stop((await bench.store.actions.live())[0] ?? "", "stopped");
    const closed = await bench.import(2);
    await bench.store.campaigns.cancel(closed);
    expect(await begin(closed)).toBe("closed");
  });

  test("makes room: the oldest that ended goes when there are too many, and no one that runs", async () => {
    const { bench, id } = await failed(1);
    const first = await beginRetry(bench, id);
    const second = await beginRetry(bench, id);
    await bench.store.actions.stop(second.id, "stopped");
    for (let at = 0; at < ACTIONS_MAX - 2; at++) {
      const old = `${id}.old${at}`;
      await bench.redis.hset(bench.keys.action(old), "state", "finished", "plan", "{}");
      await bench.redis.zadd(bench.keys.actions, Date.now() + 1_000 + at, old);
    }

    await beginRetry(bench, id);

    expect(await bench.redis.zcard(bench.keys.actions)).toBe(ACTIONS_MAX);
    expect((await action(bench, first.id)).state).toBe("running");
    expect(await bench.store.actions.find(second.id)).toBeUndefined();
  });

  test.each(["state", "rows"] as const)(
    "of which a power cut kept half the end or half the beginning leaves nothing (%s)",
    async (torn) => {
      const { bench, id } = await failed(2);
      const { id: its } = await beginRetry(bench, id);
      const key = bench.keys.action(its);
      if (torn === "state") await bench.redis.hset(key, "state", "finished", "endedAt", Date.now());
      else await bench.redis.del(key);

      expect(await steps(bench, its)).toBe(torn === "state" ? "ended" : "gone");

      expect(await bench.store.actions.live()).toEqual([]);
      expect(await bench.redis.exists(bench.keys.actionRows(its))).toBe(0);
      const ttl = await bench.redis.pttl(key);
      if (torn === "state") expect(ttl).toBeGreaterThan(ACTION_KEPT_MS - 60_000);
      else expect(ttl).toBe(-2);
      // A second look changes nothing.
      expect(await steps(bench, its)).toBe(torn === "state" ? "ended" : "gone");
      expect(await bench.counts(id)).toEqual({ failed: 2 });
    },
  );

  test("whose messages are lost ends, and says how many it did not reach", async () => {
    const { bench, id } = await failed(3);
    const { id: its } = await beginRetry(bench, id);
    await bench.redis.del(bench.keys.actionRows(its));

    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({
      ...{ state: "finished", end: "rows_deleted", failed: 3, left: 0 },
    });
    expect(await bench.store.actions.live()).toEqual([]);
  });

  test("waits while Redis may have gone back in time, and is stopped by accepting that", async () => {
    const { bench, id } = await failed(150);
    const { id: its } = await beginRetry(bench, id);
    await bench.redis.hset(bench.keys.guard, "noticedAt", Date.now(), "wentBackTo", Date.now());

    expect(await steps(bench, its)).toBe("guarded");
    expect(await action(bench, its)).toMatchObject({ state: "running", done: 0 });
    await bench.store.rollback.accept(80);

    expect(await action(bench, its)).toMatchObject({
      state: "stopped",
      end: "rollback",
      left: 150,
    });
    expect(await steps(bench, its)).toBe("ended");
  });

  test("of one campaign does not keep the batches of the other", async () => {
    const { bench, id } = await failed(2);
    const other = await bench.import(1);
    await bench.send(other, 1, "unknown");
    const [retry, resolve] = [
      await beginRetry(bench, id),
      await beginResolve(bench, other, { decision: "failed" }),
    ];

    expect(await bench.store.actions.live()).toEqual([retry.id, resolve.id]);
    expect(await steps(bench, resolve.id)).toBe("ended");
    expect(await steps(bench, retry.id)).toBe("ended");
    const newest = await bench.store.actions.newest({ size: 10 });
    expect(newest.map((one) => one.id).sort()).toEqual([resolve.id, retry.id].sort());
  });

  test("that cannot go on says how many it did not reach, whatever it left out before", async () => {
    const { bench, id } = await failed(110);
    const other = await bench.import(110);
    const { id: its } = await beginRetry(bench, id);
    const { store, redis, keys } = bench;
    for (const row of [1, 2]) {
      await redis.hset(keys.suppressed, store.ledger.person(testPhone(row)) as never, "all");
    }
    await bench.grant(other, 3);
    await store.campaigns.retryRows(
      ...([id, 0, [4, 5, 6].map((row) => ({ row, attempt: 1 }))] as const),
    );
    await steps(bench, its);
    const skipped = { changed: 3, suppressed: 2, open_attempt: 1 };
    expect(await action(bench, its)).toMatchObject({ done: 94, left: 10, skipped });
    await store.campaigns.cancel(id);

    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({ done: 94, failed: 10, left: 0, skipped });
  });

  test("that sends nothing again goes on in a closed campaign, and while Redis may have gone back", async () => {
    const { bench } = await failed(1);
    const id = await bench.import(3);
    for (const row of [1, 2]) await bench.send(id, row, "unknown");
    const { id: its } = await beginResolve(bench, id, { decision: "failed" });
    await bench.store.campaigns.cancel(id);
    await bench.redis.hset(bench.keys.guard, "noticedAt", Date.now());

    expect(await steps(bench, its)).toBe("ended");

    expect(await action(bench, its)).toMatchObject({ done: 2, left: 0, failed: 0, end: null });
    expect(await bench.counts(id)).toEqual({ failed: 2, cancelled: 1 });
  });
});

/** Random steps of several processes, deaths, stops and late outcomes: nothing is done twice. */
test.each([1, 2, 3, 4])(
  "the sums add up and no message is sent twice by one action, whatever dies (seed %i)",
  async (seed) => {
    const random = createRandom(seed);
    const { bench, id } = await failed(230);
    const { id: its } = await beginRetry(bench, id);
    const attempts = async () => {
      const all: number[] = [];
      for await (const row of bench.store.rows.all(id, 230)) all.push(row.value.attempt);
      return all;
    };
    const before = await attempts();
    let stopped = false;
    const resent = new Set<number>();
    for (let round = 0; round < 12; round++) {
      const runners = ["a", "b", "c"].filter(() => random() < 0.6);
      // A process may die after its step was taken: it learns nothing, and never comes back.
      await Promise.all(runners.map((runner) => steps(bench, its, `${runner}${round % 4}`)));
      if (random() < 0.4) await bench.later(6_000);
      if (random() < 0.3) {
        const row = 1 + Math.floor(random() * 230);
        if (!resent.has(row) && (await bench.state(id, row)) === "pending") {
          await bench.send(id, row, "failed", LATER);
          resent.add(row);
        }
      }
      if (random() < 0.03) stopped = (await bench.store.actions.stop(its, "stopped")) === "stopped";
      const now = await action(bench, its);
      const all = now.done + now.failed + now.left + now.skipped.changed;
      expect(all).toBe(230);
      if (now.state !== "running") break;
    }
    await bench.later(6_000);
    while ((await steps(bench, its, "last")) === "stepped");

    const end = await action(bench, its);
    expect(end.state).toBe(stopped ? "stopped" : "finished");
    if (!stopped) expect(end.left).toBe(0);
    const { counts } = await bench.found(id);
    const again = (await attempts()).filter((attempt, at) => attempt > (before[at] ?? 0)).length;
    // Each message that it retried is pending, or was sent once more by the test and failed.
    expect(counts.pending + again).toBe(end.done);
    expect(again).toBe(resent.size);
  },
);

function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}
