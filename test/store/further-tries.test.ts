import { describe, expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { CAPPED, DAY_MS, fail } from "./tries.ts";

const PAIR = 131056;

/** A campaign that sends some failures again by itself, and a row that was sent. */
async function sent(
  changes: Partial<CampaignDefinition> & { retry?: readonly number[]; rows?: number } = {},
) {
  const bench = await openTestStore();
  const { retry = [CAPPED], rows = 1, ...rest } = changes;
  const definition = testDefinition(bench.number, {
    delivery: { guarantee: "at-most-once", ratePerSecond: null, priority: "normal", retry },
    ...rest,
  });
  const id = await bench.import(rows, { definition });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  return { bench, id };
}

/** How long the row waits, to the second; null: it does not. */
async function waitOf({ bench, id }: { bench: TestStore; id: string }): Promise<number | null> {
  const { state, value } = await bench.row(id, 1);
  if (state !== "pending") return null;
  return Math.round(((value.times.due ?? 0) - Date.now()) / 1_000) * 1_000;
}

/** Lets the wait be over, and sends the row again. */
async function again({ bench, id }: { bench: TestStore; id: string }, wamid: string) {
  await bench.makeDue(id, 1);
  await bench.redis.zadd(bench.own(id).ready, "1", "0");
  return bench.send(id, 1, "accepted", { wamid });
}

/** Lets the sweep of an at-least-once campaign send its unknown messages again. */
async function sweepResends(bench: TestStore): Promise<void> {
  await bench.redis.hset(bench.keys.stats, "lastWebhookAt", Date.now());
  for (const ref of await bench.redis.zrange(bench.keys.resends, "0", "-1")) {
    await bench.redis.zadd(bench.keys.resends, "1", ref);
  }
  expect(await bench.store.ledger.sweep()).toMatchObject({ resent: 1 });
}

describe("a failure for which the campaign sends again by itself", () => {
  test("stays failed while a rollback of Redis waits for a person: it may have been sent again", async () => {
    const { bench, id } = await sent();
    await bench.redis.hset(bench.keys.guard, "noticedAt", Date.now());

    await fail(bench, "wamid.1");

    expect(await bench.counts(id)).toEqual({ failed: 1 });
    expect(await bench.store.furtherTries(id)).toEqual([]);
    expect((await bench.found(id)).errors).toMatchObject([{ code: CAPPED, count: 1 }]);
  });

  test("waits a day, then two, and is failed for good after the third", async () => {
    const one = await sent();
    const { bench, id } = one;
    expect((await bench.found(id)).status).toBe("finished");

    await fail(bench, "wamid.1");
    expect(await waitOf(one)).toBe(DAY_MS);
    expect(await bench.found(id)).toMatchObject({ status: "running", errors: [] });
    expect(await bench.counts(id)).toEqual({ pending: 1 });
    expect(await bench.store.campaigns.failedOutbox(10)).toEqual([]);
    expect(await bench.store.furtherTries(id)).toMatchObject([{ code: CAPPED, nth: 2, count: 1 }]);

    await again(one, "wamid.2");
    expect(await bench.store.furtherTries(id)).toEqual([]);
    expect((await bench.row(id, 1)).value).toMatchObject({
      state: "accepted",
      attempt: 2,
      code: 0,
    });
    await fail(bench, "wamid.2");
    expect(await waitOf(one)).toBe(2 * DAY_MS);
    expect(await bench.store.furtherTries(id)).toMatchObject([{ code: CAPPED, nth: 3, count: 1 }]);

    await again(one, "wamid.3");
    await fail(bench, "wamid.3");
    expect(await bench.counts(id)).toEqual({ failed: 1 });
    expect(await bench.found(id)).toMatchObject({
      status: "finished",
      errors: [{ code: CAPPED, count: 1 }],
    });
    expect(await bench.store.campaigns.failedOutbox(10)).toHaveLength(1);
  });

  test("is counted once, however often it is reported", async () => {
    const one = await sent();
    await fail(one.bench, "wamid.1");
    const due = (await one.bench.row(one.id, 1)).value.times.due;

    await fail(one.bench, "wamid.1");

    expect((await one.bench.row(one.id, 1)).value.times.due).toBe(due);
    expect(await one.bench.store.furtherTries(one.id)).toMatchObject([{ nth: 2, count: 1 }]);
    expect(await one.bench.counts(one.id)).toEqual({ pending: 1 });
  });

  test("is not granted before it is due", async () => {
    const { bench, id } = await sent();
    await fail(bench, "wamid.1");
    await bench.redis.zadd(bench.own(id).ready, "1", "0");

    expect(await bench.claim(id, [1])).toMatchObject({ verdicts: [{ kind: "not_due" }] });
    await bench.later(DAY_MS + 1_000);
    expect(await bench.claim(id, [1])).toMatchObject({
      verdicts: [{ kind: "granted", attempt: 2 }],
    });
  });

  test.each(["delivered", "read"] as const)(
    "ends its wait when the first attempt turns out to be %s, and nothing is sent again",
    async (status) => {
      const { bench, id } = await sent();
      await fail(bench, "wamid.1");

      await bench.status("wamid.1", status);

      expect(await bench.counts(id)).toEqual({ [status]: 1 });
      expect((await bench.found(id)).status).toBe("finished");
      expect(await bench.store.furtherTries(id)).toEqual([]);
      expect((await bench.row(id, 1)).value).toMatchObject({ code: 0, attempt: 1 });
    },
  );

  test("is called back, without a second id, by the delivered of an attempt before the last", async () => {
    const one = await sent();
    const { bench, id } = one;
    await fail(bench, "wamid.1");
    await again(one, "wamid.2");
    await fail(bench, "wamid.2");

    await bench.status("wamid.1", "delivered");
    await bench.status("wamid.1", "read");

    expect(await bench.row(id, 1)).toMatchObject({
      ...{ state: "read", wamid: "wamid.1" },
      value: { attempt: 2, code: 0, flags: ["retried"] },
    });
    expect(await bench.store.furtherTries(id)).toEqual([]);
  });

  test("does not end its wait by a late sent of the first attempt", async () => {
    const { bench, id } = await sent();
    await fail(bench, "wamid.1");
    await bench.status("wamid.1", "sent");
    expect(await bench.counts(id)).toEqual({ pending: 1 });
  });

  test("counts the day from the failure, also when its webhook comes late", async () => {
    const one = await sent();
    const { bench } = one;
    await bench.redis.hset(bench.own(one.id).campaign, "epoch", Date.now() - 2 * DAY_MS);
    const atMs = Date.now() - 3_600_000;
    await bench.status("wamid.1", "failed", { code: CAPPED, recipient: testPhone(1), atMs });
    // WhatsApp tells times in whole seconds.
    expect(await waitOf(one)).toBe(DAY_MS - 3_600_000 + 1_000);
  });

  test("goes the same way if the API's answer says it", async () => {
    const bench = await openTestStore();
    const delivery = {
      guarantee: "at-most-once",
      ratePerSecond: null,
      priority: "normal",
    } as const;
    const definition = testDefinition(bench.number, { delivery: { ...delivery, retry: [CAPPED] } });
    const id = await bench.import(2, { definition });

    await bench.send(id, 1, "failed", { code: CAPPED });
    await bench.send(id, 2, "failed", { code: CAPPED, plusOne: true });

    expect(await waitOf({ bench, id })).toBe(DAY_MS);
    expect(await bench.counts(id)).toEqual({ pending: 1, failed: 1 });
  });

  test("waits 1, 4, 16, 64 and 256 seconds after the pair limit", async () => {
    const one = await sent({ retry: [PAIR] });
    const waits: (number | null)[] = [];
    for (let nth = 1; nth <= 6; nth++) {
      await fail(one.bench, `wamid.${nth}`, PAIR);
      waits.push(await waitOf(one));
      if (nth < 6) await again(one, `wamid.${nth + 1}`);
    }
    expect(waits).toEqual([1_000, 4_000, 16_000, 64_000, 256_000, null]);
    expect(await one.bench.counts(one.id)).toEqual({ failed: 1 });
  });
});

describe("a failed message stays failed", () => {
  test.each([
    ["if the campaign does not ask for it", { retry: [] }, CAPPED, testPhone(1)],
    ["after another code", {}, 131026, testPhone(1)],
    ["as marketing to +1", {}, CAPPED, "12025550123"],
    ["as marketing to a phone that the event does not name", {}, CAPPED, null],
    [
      "if its campaign ends before it is due",
      { schedule: { startAtMs: null, endByMs: Date.now() + DAY_MS - 60_000 } },
      CAPPED,
      testPhone(1),
    ],
  ] as const)("%s", async (_, changes, code, recipient) => {
    const { bench, id } = await sent(changes);
    await bench.status("wamid.1", "failed", { code, recipient });

    expect(await bench.counts(id)).toEqual({ failed: 1 });
    expect(await bench.found(id)).toMatchObject({ status: "finished", errors: [{ code }] });
    expect(await bench.store.campaigns.failedOutbox(10)).toHaveLength(1);
  });

  test("in a campaign that was cancelled", async () => {
    const { bench, id } = await sent({ rows: 2 });
    await bench.store.campaigns.cancel(id);
    await fail(bench, "wamid.1");
    expect(await bench.counts(id)).toEqual({ cancelled: 1, failed: 1 });
  });

  test("if it was matched by its recipient alone: it may be an agent's", async () => {
    const bench = await openTestStore({ failedWaitMs: 0 });
    const delivery = {
      guarantee: "at-most-once",
      ratePerSecond: null,
      priority: "normal",
    } as const;
    const definition = testDefinition(bench.number, { delivery: { ...delivery, retry: [CAPPED] } });
    const id = await bench.import(1, { definition });
    await bench.send(id, 1, "accepted");
    await fail(bench, "wamid.X");
    expect((await bench.row(id, 1)).value.flags).toContain("matched");
    expect(await bench.counts(id)).toEqual({ failed: 1 });
  });

  test.each(["at-most-once", "at-least-once"] as const)(
    "if an earlier attempt of an %s campaign has no outcome, which may still turn out delivered",
    async (guarantee) => {
      const bench = await openTestStore();
      const definition = testDefinition(bench.number, {
        delivery: { guarantee, ratePerSecond: null, priority: "normal", retry: [CAPPED] },
      });
      const id = await bench.import(1, { definition });
      const [first] = await bench.grant(id, 1);
      await bench.record(first, "unknown");
      if (guarantee === "at-most-once") await bench.store.campaigns.resolve(id, 1, "resend");
      else await sweepResends(bench);
      await bench.send(id, 1, "accepted", { wamid: "wamid.2" });

      await fail(bench, "wamid.2");

      expect(await bench.counts(id)).toEqual({ failed: 1 });
      expect(await bench.store.furtherTries(id)).toEqual([]);
      expect(await bench.store.campaigns.failedOutbox(10)).toHaveLength(1);
      // The first one was sent: the row says so, and no further try is left to be called back.
      await bench.record(first, "accepted", { wamid: "wamid.1" });
      await bench.status("wamid.1", "delivered");
      expect(await bench.row(id, 1)).toMatchObject({
        ...{ state: "failed", wamid: "wamid.2" },
        value: { attempt: 2, code: CAPPED, flags: ["maybeDuplicate"] },
      });
    },
  );

  test("but not utility to +1", async () => {
    const { bench, id } = await sent({ category: "utility" });
    await fail(bench, "wamid.1", CAPPED, "12025550123");
    expect(await bench.counts(id)).toEqual({ pending: 1 });
  });
});

describe("a message that waits for a further try", () => {
  test("is cancelled with its campaign", async () => {
    const { bench, id } = await sent();
    await fail(bench, "wamid.1");
    await bench.store.campaigns.cancel(id);
    expect(await bench.counts(id)).toEqual({ cancelled: 1 });
    expect(await bench.store.furtherTries(id)).toEqual([]);
  });

  test("is suppressed if its person opts out meanwhile", async () => {
    const one = await sent();
    const { bench, id } = one;
    await fail(bench, "wamid.1");
    const person = bench.store.ledger.person(testPhone(1));
    await bench.redis.hset(bench.keys.suppressed, person as never, "marketing");
    await bench.makeDue(id, 1);
    await bench.redis.zadd(bench.own(id).ready, "1", "0");

    expect(await bench.claim(id, [1])).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
    expect(await bench.counts(id)).toEqual({ suppressed: 1 });
    expect(await bench.store.furtherTries(id)).toEqual([]);
  });

  test("waits in a paused campaign, which stays paused", async () => {
    const { bench, id } = await sent({ rows: 2 });
    await bench.store.campaigns.pause(id, "operator");
    await fail(bench, "wamid.1");
    expect((await bench.found(id)).status).toBe("paused");
    expect(await bench.counts(id)).toEqual({ pending: 2 });
    await bench.redis.zadd(bench.own(id).ready, "1", "0");
    expect(await bench.claim(id, [1], { run: 1 })).toMatchObject({ gate: "paused" });
  });

  test("gets no more tries by itself after a person has retried it", async () => {
    const one = await sent();
    const { bench, id } = one;
    for (const nth of [1, 2, 3]) {
      await fail(bench, `wamid.${nth}`);
      if (nth < 3) await again(one, `wamid.${nth + 1}`);
    }
    await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 3 }]);
    await bench.send(id, 1, "accepted", { wamid: "wamid.4" });
    await fail(bench, "wamid.4");
    expect(await bench.counts(id)).toEqual({ failed: 1 });
  });

  test("leaves nothing behind when retention deletes its campaign", async () => {
    const { bench, id } = await sent();
    await fail(bench, "wamid.1");
    await bench.store.campaigns.cancel(id);
    for (const index of [bench.keys.byEnd, bench.keys.withRows]) {
      await bench.redis.zadd(index, "1", id);
    }
    await bench.redis.hset(bench.own(id).campaign, "finishedAt", 1);
    await bench.store.deleteOld({ rowsMs: 1, campaignMs: 1 });
    expect(await bench.redis.keys(`${bench.own(id).campaign}*`)).toEqual([]);
  });
});
