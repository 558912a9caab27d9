import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";

const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("each step of time has the messages to be sent in it, and the rate that was allowed", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  expect(await bench.store.history.sends(id)).toBeNull();

  await bench.claim(id, rows(1, 10), { ratePerSecond: 50 });
  await bench.claim(id, rows(11, 15), { ratePerSecond: 50 });

  const sends = await bench.store.history.sends(id);
  expect(sends?.steps.reduce((sum, { sent }) => sum + sent, 0)).toBe(15);
  expect(sends?.steps[0]).toMatchObject({ atMs: sends?.fromMs, allowed: 50 });
  expect(sends?.stepMs).toBe(1_000);
});

test("a step has the messages whose send time is in it, so never more than the rate allows", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);

  await bench.claim(id, rows(1, 100), { ratePerSecond: 40, reachMs: 2_400 });

  const sends = await bench.store.history.sends(id);
  expect(sends?.steps.map(({ sent, allowed }) => [sent, allowed])).toEqual([
    [40, 40],
    [40, 40],
    [17, 40],
  ]);
});

test("a campaign's own rate is what is allowed, if it is lower", async () => {
  const bench = await openTestStore();
  const id = await bench.import(10);
  await bench.store.pace.setCampaignRate(id, 7.5);

  await bench.claim(id, [1], { ratePerSecond: 50 });

  expect((await bench.store.history.sends(id))?.steps[0]?.allowed).toBe(7.5);
});

test("when there are too many steps two become one, and no message is lost", async () => {
  const bench = await openTestStore();
  const id = await bench.import(300);
  const { sends } = bench.own(id);
  // 200 steps before this one, each with two messages at a rate that falls.
  const old = Date.now() - 1_000_000;
  const fields = rows(0, 199).flatMap((at) => [String(at), "2", `a${at}`, String(80_000 - at)]);
  await bench.redis.hset(sends, "from", old, "step", 1_000, ...fields);

  await bench.claim(id, [1, 2, 3]);

  const after = await bench.store.history.sends(id);
  expect(after?.stepMs).toBe(2_000);
  expect(after?.fromMs).toBe(old);
  expect(after?.steps).toHaveLength(101);
  expect(after?.steps[0]).toEqual({ atMs: old, sent: 4, allowed: 80 });
  expect(after?.steps.reduce((sum, { sent }) => sum + sent, 0)).toBe(403);
});

test("a campaign's events are its latest, with the reason of each pause", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await bench.store.campaigns.pause(id, "operator");
  await bench.store.campaigns.resume(id);

  const events = await bench.store.history.events(id);
  expect(events.map(({ kind, detail }) => [kind, detail])).toEqual([
    ["started", ""],
    ["paused", "operator"],
    ["resumed", ""],
  ]);

  for (let nth = 0; nth < 120; nth++) {
    await bench.store.campaigns.pause(id, `operator:${nth}`);
    await bench.store.campaigns.resume(id);
  }
  const latest = await bench.store.history.events(id);
  expect(latest).toHaveLength(200);
  expect(latest.at(-2)).toMatchObject({ kind: "paused", detail: "operator:119" });
});

test("a campaign that is resumed before its start has an end of its pause, too", async () => {
  const bench = await openTestStore();
  const schedule = { startAtMs: Date.now() + 3_600_000, endByMs: null };
  const id = await bench.import(3, { definition: testDefinition(bench.number, { schedule }) });

  await bench.store.campaigns.pause(id, "operator");
  await bench.store.campaigns.resume(id);

  expect((await bench.store.history.events(id)).map(({ kind }) => kind)).toEqual([
    "paused",
    "resumed",
  ]);
});

test("backoffs that follow each other closely are one, and another cause is another", async () => {
  const bench = await openTestStore();
  const id = await bench.import(100);
  const [one, two] = await bench.grant(id, 1, 2);
  await bench.record(one, "backOff", { waitMs: 2_000 });
  await bench.record(two, "backOff", { waitMs: 4_000 });

  const [backoff, ...others] = await bench.store.history.backoffs();

  expect(others).toEqual([]);
  expect(backoff?.why).toBe("too_fast");
  const took = (backoff?.untilMs ?? 0) - (backoff?.fromMs ?? 0);
  expect(took).toBeGreaterThanOrEqual(4_000);
  expect(took).toBeLessThan(5_500);

  await bench.later(60_000);
  for (const row of rows(3, 7)) await bench.send(id, row, "retry");
  expect((await bench.store.history.backoffs()).map(({ why }) => why)).toEqual([
    "too_fast",
    "unreachable",
  ]);
});

test("a cause of failures keeps when it was first and last seen, while a row has it", async () => {
  const bench = await openTestStore();
  const id = await bench.import(5);
  const { seen } = bench.own(id);
  await bench.send(id, 1, "failed", { code: 131000 });
  await bench.redis.hset(seen, "first 131000", 1_000, "last 131000", 2_000);
  await bench.send(id, 2, "failed", { code: 131000 });
  await bench.send(id, 3, "failed", { reason: 64 });

  const failures = await bench.store.history.failures(id);
  const code = failures.find((one) => one.code === 131000);
  expect(code?.firstMs).toBe(1_000);
  expect(code?.lastMs).toBeGreaterThan(Date.now() - 60_000);
  expect(failures.find(({ reason }) => reason === 64)?.code).toBe(0);

  await bench.store.campaigns.retryRows(id, 0, [
    { row: 1, attempt: 1 },
    { row: 2, attempt: 1 },
  ]);
  expect((await bench.store.history.failures(id)).map(({ reason }) => reason)).toEqual([64]);
});

test("rows that move long after the start count in longer steps", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  const { campaign } = bench.own(id);
  const minutesOf = async () =>
    (await bench.store.campaigns.timeline(id)).map(({ atMs }) => atMs / 60_000);
  const minute = Math.floor(Date.now() / 60_000);

  await bench.redis.hset(campaign, "startedAt", Date.now() - 25 * 3_600_000);
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  expect((await minutesOf()).every((at) => at % 10 === 0 && minute - at <= 10)).toBe(true);
  await bench.redis.del(bench.own(id).timeline);

  await bench.redis.hset(campaign, "startedAt", Date.now() - 8 * 24 * 3_600_000);
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  expect((await minutesOf()).every((at) => at % 60 === 0 && minute - at <= 60)).toBe(true);
});

test("retention removes what is kept about the past of a campaign", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "failed", { code: 131000 });
  await bench.send(id, 2, "accepted", { wamid: "wamid.2" });
  const own = bench.own(id);
  const past = [own.events, own.sends, own.seen];
  expect(await bench.redis.exists(...past)).toBe(3);

  const endedAt = Date.now() - 50 * 86_400_000;
  await bench.redis.hset(own.campaign, "finishedAt", endedAt);
  for (const index of [bench.keys.byEnd, bench.keys.withRows]) {
    await bench.redis.zadd(index, "XX", endedAt, id);
  }
  const keptMs = 45 * 86_400_000;
  await bench.store.deleteOld({ rowsMs: keptMs, campaignMs: keptMs });

  expect(await bench.redis.exists(...past)).toBe(0);
});
