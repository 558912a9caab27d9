import { expect, test } from "vitest";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";
import { RULES } from "./trials.ts";

async function openStill(limits: Parameters<typeof openTestStore>[0] = {}) {
  const now = aMoment();
  const bench = await openTestStore(limits, atOneMoment(connectTestRedis(), now));
  const acts = async () => Number(await bench.redis.hget(bench.keys.guard, "acts"));
  const field = (id: string, ...names: string[]) =>
    bench.redis.hmget(bench.own(id).campaign, ...names);
  return { ...bench, now, acts, field };
}

test("a resume keeps when the campaign began, and forgets since when it was paused", async () => {
  const { store, field, now, redis, own, ...bench } = await openStill();
  const id = await bench.import(2);
  await redis.hset(own(id).campaign, "startedAt", now - 5_000);
  await store.campaigns.pause(id, "operator");
  expect(await field(id, "pausedAt", "startedAt")).toEqual([String(now), String(now - 5_000)]);

  await store.campaigns.resume(id);

  expect(await field(id, "pausedAt", "startedAt", "reason", "servedAt")).toEqual([
    ...[null, String(now - 5_000), "", String(now)],
  ]);
});

test("each start begins the counts again that pause a campaign by themselves", async () => {
  const { store, field, redis, own, ...bench } = await openStill();
  const id = await bench.import(2);
  await store.campaigns.pause(id, "operator");
  await redis.hset(own(id).campaign, { recent: "x", drift: 4, doubts: "1,2", doubles: 1 });
  await store.campaigns.resume(id);
  expect(await field(id, "recent", "drift", "doubts", "doubles")).toEqual([null, null, null, null]);
});

test("a campaign that starts takes its turn beside the one that is furthest behind", async () => {
  const { store, redis, keys, ...bench } = await openStill();
  const [one, two, three] = [await bench.import(1), await bench.import(1), await bench.import(1)];
  await store.campaigns.pause(three, "operator");
  await redis.zadd(keys.running, 7, one, 4, two);
  await store.campaigns.resume(three);
  expect(await redis.zscore(keys.running, three)).toBe("4");
});

test("an approval changes nothing in a campaign that waits for none", async () => {
  const { store, acts, found, redis, own, keys, ...bench } = await openStill();
  const id = await bench.import(1);
  await redis.hset(own(id).campaign, "startedBy", "user:anna");
  await store.campaigns.pause(id, "operator");
  await redis.hset(keys.halt, { code: 190, campaign: id, at: 1, reason: 0, why: "account:190" });
  const before = await acts();

  expect(await store.campaigns.approve(id, "user:bert")).toMatchObject({
    ...{ kind: "unchanged", status: "paused", suspensionLifted: false },
  });

  expect(await acts()).toBe(before);
  expect((await found(id)).reason).toBe("operator");
  expect(await redis.exists(keys.halt)).toBe(1);
});

test("the campaign that a suspension names lifts it though it is not paused, and that is one change", async () => {
  const { store, acts, redis, keys, ...bench } = await openStill();
  const [id, other] = [await bench.import(1), await bench.import(1)];
  const halt = { code: 190, campaign: id, at: 1, reason: 0, why: "account:190" };
  await redis.hset(keys.halt, halt);
  const before = await acts();
  expect(await store.campaigns.resume(other)).toMatchObject({ suspensionLifted: false });
  expect(await acts()).toBe(before);

  expect(await store.campaigns.resume(id)).toEqual({
    ...{ kind: "changed", status: "running", suspensionLifted: true },
  });

  expect(await acts()).toBe(before + 1);
  expect(await redis.exists(keys.halt)).toBe(0);
  expect(await redis.hget(keys.pace, "probing")).toBe("open");
  expect(await store.campaigns.resume(id)).toMatchObject({ kind: "unchanged" });
  expect(await acts()).toBe(before + 1);
});

test("only a suspension for the quality of the number makes it start slowly", async () => {
  const { store, redis, keys, ...bench } = await openStill();
  const id = await bench.import(3);
  await bench.send(id, 1, "restrict", { code: 368 });
  await store.campaigns.resume(id);
  expect(await redis.hexists(keys.pace, "slow")).toBe(0);
  await redis.hdel(keys.pace, "probing");
  await bench.send(id, 2, "restrict", { code: 131048 });
  await store.campaigns.resume(id);
  expect(await redis.hmget(keys.pace, "slow", "backedOff", "probing")).toEqual([
    ...["0.75", "too_fast", "open"],
  ]);
});

test("a suspension keeps its code, its cause, its campaign and since when, and the latest counts", async () => {
  const { redis, keys, now, ...bench } = await openStill();
  const id = await bench.import(3);
  const [one, two] = await bench.grant(id, 1, 2);
  await bench.record(one, "suspend", { code: 190, reason: 7 });
  const halt = { campaign: id, at: String(now) };
  expect(await redis.hgetall(keys.halt)).toEqual({
    ...{ ...halt, code: "190", reason: "7", why: "account:190" },
  });
  await bench.record(two, "restrict", { code: 131048 });
  expect(await redis.hgetall(keys.halt)).toEqual({
    ...{ ...halt, code: "131048", reason: "0", why: "restricted:131048" },
  });
});

test("the probe of a campaign that starts later is due at its start, and an open batch stays open", async () => {
  const { store, redis, own, now, ...bench } = await openStill();
  const schedule = { startAtMs: now + 60_000, endByMs: null };
  const definition = testDefinition(bench.number, { schedule });
  const [later, open] = [await bench.import(150, { definition }), await bench.import(250)];
  await store.campaigns.pause(later, "operator");
  await store.resumeWithProbe(later, { ...RULES, size: 1 });
  expect(await redis.zrange(own(later).ready, "0", "-1", "WITHSCORES")).toEqual([
    ...["0", String(now + 60_000)],
  ]);
  expect(await redis.zrange(own(later).aside, "0", "-1")).toEqual(["1"]);

  await store.campaigns.dispatch("sandbox", 2);
  await store.campaigns.pause(open, "operator");
  await store.resumeWithProbe(open, { ...RULES, size: 150 });
  const { ready, aside } = own(open);
  // Of the third batch, and of the first, which is open: that finds its rows when it ends.
  expect(await redis.zrange(ready, "0", "-1")).toEqual(["2"]);
  expect(await redis.zcard(aside)).toBe(0);
});

test("the number's probe that was not sent, or was refused, lets the next message try", async () => {
  const { store, redis, keys, ...bench } = await openStill();
  const id = await bench.import(9);
  await bench.send(id, 1, "suspend", { code: 190 });
  await store.campaigns.resume(id);
  const probing = () => redis.hget(keys.pace, "probing");
  for (const [row, outcome] of [
    [2, "wait"],
    [3, "retry"],
    [4, "failed"],
    [5, "unknown"],
  ] as const) {
    const [probe] = await bench.grant(id, row);
    expect(await probing()).toBe(`${id}|${row}|1`);
    await bench.record(probe, outcome, { code: 131026 });
    expect(await probing()).toBe("open");
  }
  await bench.send(id, 6, "accepted");
  expect(await probing()).toBeNull();
});

test("a template's error of a campaign that is paused says nothing about the others", async () => {
  const { store, found, ...bench } = await openStill();
  const [paused, other] = [await bench.import(2), await bench.import(2)];
  const [granted] = await bench.grant(paused, 1);
  await store.campaigns.pause(paused, "operator");
  await bench.record(granted, "template", { code: 132001 });
  expect((await found(other)).status).toBe("running");
});

test("answers in doubt are kept as long as the window that they count in, and no more than pause", async () => {
  const { store, field, redis, own, now, ...bench } = await openStill({
    unknownBudget: 3,
    unknownBudgetWindowMs: 60_000,
  });
  const id = await bench.import(9);
  const doubts = async () => (await field(id, "doubts"))[0];
  await redis.hset(own(id).campaign, "doubts", `${now - 59_999},${now - 60_000},${now - 90_000}`);
  const granted = await bench.grant(id, 1, 2, 3, 4);
  await bench.record(granted[0], "unknown");
  expect(await doubts()).toBe(`${now},${now - 59_999}`);
  expect((await bench.found(id)).status).toBe("running");
  expect((await bench.record(granted[1], "unknown")).stopped).toBe(true);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "unknown_budget" });
  await bench.record(granted[2], "unknown");
  expect(await doubts()).toBe(`${now},${now},${now}`);
  expect(store.number).toBe(bench.number);
});

test("what a paused campaign has on the wire does not count for its own limits", async () => {
  const { store, field, ...bench } = await openStill();
  const id = await bench.import(9);
  const [one, two, three] = await bench.grant(id, 1, 2, 3);
  await store.campaigns.pause(id, "operator");
  await bench.record(one, "accepted", { wamid: "wamid.1" });
  await bench.record(two, "failed", { code: 131026 });
  await bench.record(three, "unknown");
  await bench.status("wamid.1", "failed", { code: 131026 });
  expect(await field(id, "recent")).toEqual([null]);
});
