import { expect, test, vi } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { carryOutMove, createNumberStore, type NumberStore } from "../../src/store/index.ts";
import { finishMoves, startPools } from "../../src/worker/pool-chore.ts";
import { BY, finishOwnMoves, openStoredPool, sendable, storeIn } from "./pool-support.ts";

type Opened = Awaited<ReturnType<typeof openStoredPool>>;

/** Redis lost claims of the first number, and a worker noticed it. */
async function loseClaims({ redis, one }: Opened): Promise<void> {
  const now = Date.now();
  const noticed = { noticedAt: now, wentBackTo: now - 5_000, lost: 3, lostActs: 0 };
  await redis.hset(one.keys.guard, noticed);
}

/** Pauses the first number and notes its move, as a process that died right after it did. */
async function noteMove({ first, id, move }: Opened) {
  await first.store.campaigns.pause(first.campaign.id, "operator");
  const noted = { from: first.campaign.id, to: move.to, campaign: "", done: false };
  await first.store.pools.move(id, noted);
  return noted;
}

/** Carries a move out, and does something when the rows are copied or the campaign is started. */
async function moveWith(
  opened: Opened,
  at: "before the start" | "after the start",
  act: () => Promise<unknown>,
) {
  const { stores, find, first, second } = opened;
  const move = await noteMove(opened);
  const { pool } = await find();
  if (pool === undefined) throw new Error("no pool");
  const finish: NumberStore["imports"]["finish"] = async (input) => {
    if (at === "before the start") await act();
    const finished = await second.store.imports.finish(input);
    if (at === "after the start") await act();
    return finished;
  };
  const chunk: NumberStore["imports"]["chunk"] = async (input) => {
    const stored = await second.store.imports.chunk(input);
    if (at === "before the start") await act();
    return stored;
  };
  const imports = { ...second.store.imports, finish, chunk };
  const target = { ...second.store, imports };
  const end = await carryOutMove({
    pool,
    move,
    source: first.store,
    target,
    storeOf: storeIn(stores),
  });
  const [noted] = await first.store.pools.moves(pool.id);
  const campaign = await second.store.campaigns.find(noted?.campaign ?? "");
  return { end, noted, campaign };
}

test("a move of a number that waits after a rollback is refused, and cancels nothing", async () => {
  const opened = await openStoredPool();
  const { find, first, move } = opened;
  await first.store.campaigns.pause(first.campaign.id, "operator");
  await loseClaims(opened);

  expect(await moveRows(await find(), move, BY)).toMatchObject({
    ok: false,
    refusal: { code: "redis_unconfirmed" },
  });
  expect((await first.store.campaigns.find(first.campaign.id))?.status).toBe("paused");
});

test("a noted move waits until the rollback of its number is decided, and then goes on", async () => {
  const opened = await openStoredPool();
  const { stores, redis, one, first, second, id } = opened;
  await noteMove(opened);
  await loseClaims(opened);

  await finishOwnMoves(stores);

  expect((await first.store.campaigns.find(first.campaign.id))?.status).toBe("paused");
  expect(await sendable({ second: second.store })).toHaveLength(second.campaign.rows);
  await redis.hdel(one.keys.guard, "noticedAt", "wentBackTo", "lost");
  await finishOwnMoves(stores);
  expect(await first.store.pools.moves(id)).toMatchObject([{ done: true }]);
  expect(await sendable(stores)).toHaveLength(130);
});

test("a rollback that is noticed while rows are copied keeps them from being sent again", async () => {
  const opened = await openStoredPool();
  const moved = await moveWith(opened, "before the start", () => loseClaims(opened));

  expect(moved).toMatchObject({ end: "given_up", noted: { done: true } });
  expect(moved.campaign).toMatchObject({ status: "cancelled" });
  const { campaign } = await opened.find();
  expect(Object.values(campaign.counts).reduce((sum, count) => sum + count, 0)).toBe(130);
});

test("nothing is copied while replicas lack the cancel", async () => {
  const opened = await openStoredPool();
  const { stores, find, first, second } = opened;
  const move = await noteMove(opened);
  const { pool } = await find();
  if (pool === undefined) throw new Error("no pool");
  const campaigns = { ...first.store.campaigns, cancelForMove: async () => "unproved" as const };
  const source = { ...first.store, campaigns };

  const end = await carryOutMove({
    pool,
    move,
    source,
    target: second.store,
    storeOf: storeIn(stores),
  });

  expect(end).toBe("later");
  expect(await second.store.campaigns.live()).toHaveLength(1);
});

test("a move is not done while replicas lack the campaign that got the rows", async () => {
  const opened = await openStoredPool();
  const { stores, find, first, second, id } = opened;
  const move = await noteMove(opened);
  const { pool } = await find();
  if (pool === undefined) throw new Error("no pool");
  const target = { ...second.store, isKept: async () => false };

  const carryOut = async () => {
    const [noted = move] = await first.store.pools.moves(id);
    return carryOutMove({
      pool,
      move: noted,
      source: first.store,
      target,
      storeOf: storeIn(stores),
    });
  };
  expect([await carryOut(), await carryOut()]).toEqual(["later", "later"]);

  expect(await first.store.pools.moves(id)).toMatchObject([{ done: false }]);
  await finishOwnMoves(stores);
  expect(await first.store.pools.moves(id)).toMatchObject([{ done: true }]);
  expect(await sendable(stores)).toHaveLength(130);
});

test("a campaign that is cancelled for a move is known to this process, so its loss is noticed", async () => {
  const { first, one, redis } = await openStoredPool();
  const { store, campaign } = first;
  const before = await redis.hgetall(one.keys.guard);

  expect(await store.campaigns.cancelForMove(campaign.id)).toBe("kept");
  expect(await store.campaigns.cancelForMove(campaign.id)).toBe("kept");

  // A failover loses what was done since.
  await redis.hset(one.keys.guard, before);
  await redis.del(one.keys.told);
  expect(await store.campaigns.cancelForMove(campaign.id)).toBe("guarded");
});

test("a pool that is cancelled while a move is noted sends nothing", async () => {
  const opened = await openStoredPool();
  const { stores, find, first, id } = opened;
  await noteMove(opened);

  await controlCampaign(await find(), "cancel", BY);
  await finishOwnMoves(stores);

  expect(await sendable(stores)).toEqual([]);
  expect(await first.store.pools.moves(id)).toMatchObject([{ campaign: "", done: true }]);
  expect((await find()).campaign).toMatchObject({ status: "cancelled", counts: { pending: 0 } });
  const late = { from: "other-1", to: "other", campaign: "", done: false };
  expect(await first.store.pools.move(id, late)).toBe("");
});

test.each(["before the start", "after the start"] as const)(
  "a pool that is cancelled while rows are copied, %s of their campaign, sends nothing",
  async (at) => {
    const opened = await openStoredPool();
    const { stores, find, first, id } = opened;
    const moved = await moveWith(opened, at, () => first.store.pools.cancel(id));

    expect(moved).toMatchObject({ end: "given_up", campaign: { status: "cancelled" } });
    await controlCampaign(await find(), "cancel", BY);
    expect(await sendable(stores)).toEqual([]);
  },
);

test("a pool that is paused keeps the rows of a move waiting, until it is resumed", async () => {
  const { stores, find, move } = await openStoredPool();
  await controlCampaign(await find(), "pause", BY);

  expect(await moveRows(await find(), move, BY)).toMatchObject({ ok: true });

  expect((await find()).campaign).toMatchObject({ status: "paused", reason: "operator" });
  expect(await sendable(stores)).toEqual([]);
  await controlCampaign(await find(), "resume", BY);
  expect(await sendable(stores)).toHaveLength(130);
});

test("a pool that is paused when the campaign of the moved rows has just started pauses it", async () => {
  const opened = await openStoredPool();
  const { second } = opened;
  const pause = () => second.store.campaigns.pause(second.campaign.id, "operator");
  const moved = await moveWith(opened, "after the start", pause);

  expect(moved).toMatchObject({ end: "done", campaign: { status: "paused" } });
});

test("a resume of the pool leaves a campaign alone whose rows were moved, even if its cancel is lost", async () => {
  const { stores, find, redis, one, first, move } = await openStoredPool();
  await controlCampaign(await find(), "pause", BY);
  const key = one.own(first.campaign.id).campaign;
  const before = await redis.hgetall(key);
  await moveRows(await find(), move, BY);
  await redis.hset(key, { ...before, closed: "" });

  await controlCampaign(await find(), "resume", BY);

  expect((await first.store.campaigns.find(first.campaign.id))?.status).toBe("paused");
  const phones = await sendable(stores);
  expect(new Set(phones).size).toBe(phones.length);
});

test("a cancel of a pool that is finished changes nothing in it", async () => {
  const { find, redis, benches, first, id } = await openStoredPool();
  for (const [at, child] of ((await find()).children ?? []).entries()) {
    const own = benches[at]?.own(child.campaign.id).campaign ?? "";
    await redis.hset(own, { status: "finished", finishedAt: Date.now() });
  }

  expect(await controlCampaign(await find(), "cancel", BY)).toMatchObject({
    ok: false,
    refusal: { code: "cannot_cancel" },
  });
  expect((await first.store.pools.find(id))?.status).toBe("stored");
});

test("a move between groups of processes is told and finished by one that serves a part, after a minute", async () => {
  const opened = await openStoredPool();
  const { stores, first, id, redis } = opened;
  await noteMove(opened);
  const some = { [first.store.number]: first.store };
  const openNumber = (number: string) => createNumberStore({ redis, number });

  // The clock of this machine is an hour ahead.
  const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 3_600_000);
  await finishMoves(some, undefined, openNumber);
  clock.mockRestore();
  expect(await first.store.pools.moves(id)).toMatchObject([{ done: false }]);

  const moving = "dropcast:{all.numbers}:pools-moving";
  await redis.zadd(moving, "XX", Date.now() - 61_000, `${id}|${first.campaign.id}`);
  const told: string[] = [];
  await finishMoves(some, (_, from) => told.push(from));
  expect(told).toEqual([first.campaign.id]);
  await finishMoves(some, undefined, openNumber);

  expect(await first.store.pools.moves(id)).toMatchObject([{ done: true }]);
  expect(await sendable(stores)).toHaveLength(130);
});

test("a move that ends without its pool's other numbers opens none of them", async () => {
  const opened = await openStoredPool(3);
  const { first, id, redis, find } = opened;
  const { to } = await noteMove(opened);
  await controlCampaign(await find(), "cancel", BY);
  const moving = "dropcast:{all.numbers}:pools-moving";
  await redis.zadd(moving, "XX", Date.now() - 61_000, `${id}|${first.campaign.id}`);
  const asked: string[] = [];
  const openNumber = (number: string) => {
    asked.push(number);
    return createNumberStore({ redis, number });
  };

  await finishMoves({ [first.store.number]: first.store }, undefined, openNumber);

  expect(await first.store.pools.moves(id)).toMatchObject([{ done: true }]);
  expect(asked).toEqual([to]);
});

test("a pool whose importer died is started over groups of processes, and looked at no more", async () => {
  const { first, second, id, redis } = await openStoredPool();
  await redis.zadd("dropcast:{all.numbers}:pools-open", Date.now(), id);
  const some = { [first.store.number]: first.store };

  await startPools(some);
  expect(await first.store.pools.open()).toContain(id);
  await startPools(some, undefined, (number) => createNumberStore({ redis, number }));

  expect(await first.store.pools.open()).not.toContain(id);
  expect(await second.store.campaigns.find(second.campaign.id)).toMatchObject({
    status: "running",
  });
});

test("rows that are moved keep the rate that a person set for them", async () => {
  const opened = await openStoredPool();
  const { stores, first, second, id } = opened;
  await first.store.pace.setCampaignRate(first.campaign.id, 3);
  await noteMove(opened);

  await finishOwnMoves(stores);

  const [noted] = await first.store.pools.moves(id);
  const moved = await second.store.campaigns.find(noted?.campaign ?? "");
  expect(moved).toMatchObject({ status: "running", ratePerSecond: 3 });
});
