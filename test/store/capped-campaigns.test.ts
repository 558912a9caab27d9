import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import type { Caps } from "../../src/core/caps.ts";
import type { ClaimInput } from "../../src/store/ledger/ledger.ts";
import { importTestCampaign, openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";

const HOUR_MS = 3_600_000;

/** A number without a portfolio, whose campaigns have a cap of their own. */
async function openCampaigns(outcome: "later" | "skip") {
  const redis = connectTestRedis();
  const bench = await openTestStore({}, redis);
  const caps: Caps = { limits: { marketing: [{ messages: 1, hours: 168 }] }, outcome };
  const capped = { category: "marketing", caps } as const;
  const start = (more: Partial<CampaignDefinition> = {}, canaryRows: readonly number[] = []) =>
    importTestCampaign(bench.store, {
      ...{ rows: 3, canaryRows },
      definition: testDefinition(bench.number, { caps, ...more }),
    });
  // Persons of this test only: the numbers of a deployment share these caps.
  const base = randomInt(1e9);
  const persons = (rows: readonly number[]) =>
    rows.map((row) => ({ row, person: bench.store.ledger.person(`49${base}${row}`) }));
  const claim = async (id: string, rows: readonly number[], more: Partial<ClaimInput> = {}) => {
    const result = await bench.claim(id, rows, { capped, rows: persons(rows), ...more });
    if (result.kind !== "rows") return [result.gate];
    return result.verdicts.map(({ kind }) => kind);
  };
  return { ...bench, start, claim, persons };
}

test("a message that a cap puts off is pending with its due time and reason, and goes then", async () => {
  const { start, claim, store, counts, found } = await openCampaigns("later");
  const [one, two] = [await start(), await start()];
  expect(await claim(one, [1, 2])).toEqual(["granted", "granted"]);
  expect(await claim(two, [2, 3])).toEqual(["capped", "granted"]);
  expect(await counts(two)).toEqual({ pending: 2, sending: 1 });
  const row = await store.rows.one(two, 2);
  expect(row?.value.times.due ?? 0).toBeGreaterThan(Date.now() + 167 * HOUR_MS);
  expect(row?.value.reason).toBe(70);
  const { capped } = await found(two);
  expect(capped).toMatchObject({ putOff: 1, skipped: 0 });
  expect(capped.untilMs ?? 0).toBeGreaterThan(Date.now() + 167 * HOUR_MS);
  // Before it is due it is not even tried, and a repeat counts it once.
  expect(await claim(two, [2])).toEqual(["capped"]);
  expect((await found(two)).capped.putOff).toBe(1);
});

test("a message that a cap leaves out is suppressed with that reason", async () => {
  const { start, claim, store, counts, found } = await openCampaigns("skip");
  const [one, two] = [await start(), await start()];
  await claim(one, [1]);
  expect(await claim(two, [1, 2])).toEqual(["capped", "granted"]);
  expect(await counts(two)).toEqual({ pending: 1, sending: 1, suppressed: 1 });
  expect((await store.rows.one(two, 1))?.value.reason).toBe(70);
  expect((await found(two)).capped).toEqual({ putOff: 0, skipped: 1, untilMs: null });
});

test("a message that the claim does not grant counts for nothing", async () => {
  const { start, claim, store } = await openCampaigns("later");
  const [one, two] = [await start(), await start()];
  await claim(one, [3]);
  await store.campaigns.pause(one, "");
  expect(await claim(one, [1])).toEqual(["paused"]);
  expect(await claim(two, [1])).toEqual(["granted"]);
});

test("a job that runs twice takes nothing out of the count of what the other run sent", async () => {
  const { start, claim } = await openCampaigns("later");
  const [one, two] = [await start(), await start()];
  expect(await claim(one, [1])).toEqual(["granted"]);
  expect(await claim(one, [1])).toEqual(["not_pending"]);
  expect(await claim(two, [1])).toEqual(["capped"]);
  expect(await claim(one, [2])).toEqual(["granted"]);
  expect(await claim(one, [2], { run: 9_999 })).toEqual(["run"]);
  expect(await claim(two, [2])).toEqual(["capped"]);
});

test("an attempt that counted stays counted when the next one is not granted", async () => {
  const { start, claim, store, record, persons } = await openCampaigns("later");
  const [one, two] = [await start(), await start()];
  const nonce = Buffer.alloc(8, 3);
  expect(await claim(one, [1], { nonce })).toEqual(["granted"]);
  const [{ person: digest } = { person: Buffer.alloc(8) }] = persons([1]);
  await record({ campaign: one, row: 1, attempt: 1, nonce, person: digest }, "unknown");
  await store.campaigns.resolve(one, 1, "resend");
  await store.campaigns.pause(one, "");
  expect(await claim(one, [1])).toEqual(["paused"]);
  expect(await claim(two, [1])).toEqual(["capped"]);
});

test("a canary does not wait for a row that a cap puts off", async () => {
  const { start, claim, found, own, redis } = await openCampaigns("later");
  const one = await start();
  await claim(one, [1]);
  const canary = { size: 2, minDelivered: 0.5, waitMs: 60_000, after: "go" } as const;
  const two = await start({ canary }, [1, 2]);
  expect(await claim(two, [1, 2])).toEqual(["capped", "granted"]);
  expect((await found(two)).trial).toMatchObject({ size: 1, needed: 1 });
  expect((await found(two)).trial?.until).not.toBeNull();
  expect(await redis.smembers(own(two).chosen)).toEqual(["2"]);
  const three = await start({ canary }, [1]);
  expect(await claim(three, [1])).toEqual(["capped"]);
  expect((await found(three)).status).toBe("paused");
});

test("the first rows of a list do not wait for one that a cap puts off", async () => {
  const { start, claim, found, store, record, persons, number } = await openCampaigns("later");
  const one = await start();
  await claim(one, [1]);
  const { recipients } = testDefinition(number);
  const two = await start({ recipients: { ...recipients, first: 2 } });
  const nonce = Buffer.alloc(8, 3);
  expect(await claim(two, [1, 2, 3], { nonce })).toEqual(["capped", "granted", "not_in_trial"]);
  expect((await found(two)).trial).toMatchObject({ kind: "first", size: 1 });
  const loaded = await store.ledger.load(two, 0, (await found(two)).createdAt);
  expect(loaded?.rows.map(({ row }) => row)).toEqual([2]);
  const [{ person: digest } = { person: Buffer.alloc(8) }] = persons([2]);
  await record({ campaign: two, row: 2, attempt: 1, nonce, person: digest }, "accepted", {});
  expect(await found(two)).toMatchObject({ status: "paused", reason: "first:1" });
  await store.campaigns.resume(two);
  expect(await claim(two, [3])).toEqual(["granted"]);
  expect((await found(two)).trial).toBeNull();
});

test("first rows that an earlier version began with wait for the one that it has put off", async () => {
  const { start, claim, found, store, redis, own, number, record, persons, later } =
    await openCampaigns("later");
  const one = await start();
  await claim(one, [1]);
  const { recipients } = testDefinition(number);
  const two = await start({ recipients: { ...recipients, first: 2 } });
  await redis.hdel(own(two).first, "shrinks");
  const nonce = Buffer.alloc(8, 3);
  expect(await claim(two, [1, 2, 3], { nonce })).toEqual(["capped", "granted", "not_in_trial"]);
  expect((await found(two)).trial).toMatchObject({ kind: "first", size: 2 });
  const [{ person } = { person: Buffer.alloc(8) }] = persons([2]);
  await record({ campaign: two, row: 2, attempt: 1, nonce, person }, "accepted", {});
  expect((await found(two)).status).toBe("running");
  const loaded = await store.ledger.load(two, 0, (await found(two)).createdAt);
  expect(loaded?.rows.map(({ row }) => row)).toEqual([1, 2]);

  // When the cap allows it.
  await later(169 * HOUR_MS);
  const free = { category: "utility", caps: null } as const;
  expect(await claim(two, [1], { nonce, capped: free })).toEqual(["granted"]);

  const [first = { person }] = persons([1]);
  await record({ campaign: two, row: 1, attempt: 1, nonce, person: first.person }, "accepted", {});
  expect(await found(two)).toMatchObject({ status: "paused", reason: "first:2" });
});

test("a canary within the first rows leaves both to a cap", async () => {
  const { start, claim, found, number } = await openCampaigns("later");
  const one = await start();
  await claim(one, [1]);
  const { recipients } = testDefinition(number);
  const canary = { size: 1, minDelivered: 0.5, waitMs: 60_000, after: "go" } as const;
  const two = await start({ canary, recipients: { ...recipients, first: 2 } }, [1]);
  expect(await claim(two, [1])).toEqual(["capped"]);
  expect((await found(two)).status).toBe("paused");
});

test("a row that may have been sent before a rollback is not left out by a cap", async () => {
  const { start, claim, redis, keys, counts } = await openCampaigns("skip");
  const [one, two] = [await start(), await start()];
  await claim(one, [1]);
  await claim(two, [3]);
  await redis.hset(keys.guard, "noticedAt", Date.now());
  await claim(two, [1]);
  expect(await counts(two)).toEqual({ pending: 2, sending: 1 });
});
