import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { type CampaignRow, carryOutMove } from "../../src/store/index.ts";
import { BY, finishOwnMoves, openStoredPool, storeIn } from "./pool-support.ts";

/** A pool with a move of the first number's rows that is noted, and not carried out. */
async function openNotedMove() {
  const opened = await openStoredPool();
  const { find, first, second, id } = opened;
  await first.store.campaigns.pause(first.campaign.id, "operator");
  const { pool } = await find();
  if (pool === undefined) throw new Error("no pool");
  const move = { from: first.campaign.id, to: second.campaign.number, campaign: "", done: false };
  await first.store.pools.move(id, move);
  return { ...opened, pool, move };
}

/** A move that one process has begun, as others see it. */
async function openMove() {
  const { redis, stores, first, second, id, two, pool, move } = await openNotedMove();
  const noted = async () => (await first.store.pools.moves(id))[0];
  const key = async () => two.own((await noted())?.campaign ?? "").campaign;
  return {
    ...{ stores, first, noted },
    /** With what the process reads of the rows. */
    carryOut: (all: (campaign: string, rows: number) => AsyncGenerator<CampaignRow>) => {
      const source = { ...first.store, rows: { ...first.store.rows, all } };
      return carryOutMove({ pool, move, source, target: second.store, storeOf: storeIn(stores) });
    },
    /** As if the process had stood still for so long. */
    endLease: async () => redis.hset(await key(), "importLease", 0),
    lease: async () => Number(await redis.hget(await key(), "importLease")),
  };
}

test("a move that passes over many rows that stay keeps others from taking it over", async () => {
  const { first, carryOut, endLease, lease } = await openMove();
  let left = 0;
  const end = await carryOut(async function* (campaign, rows) {
    const row = await first.store.rows.one(campaign, 1);
    if (row === undefined) throw new Error("no row");
    await endLease();
    for (let passed = 0; passed < 1_100; passed++) yield { ...row, state: "accepted" };
    left = await lease();
    yield* first.store.rows.all(campaign, rows);
  });

  expect(end).toBe("done");
  expect(left).toBeGreaterThan(0);
});

test("a process that wakes after another one finished its move notes no places of rows", async () => {
  const { stores, first, noted, carryOut, endLease } = await openMove();
  const end = await carryOut(async function* (campaign, rows) {
    for await (const row of first.store.rows.all(campaign, rows)) {
      if (row.row > 5) break;
      yield row;
    }
    await endLease();
    await finishOwnMoves(stores);
  });

  expect(end).toBe("later");
  const move = await noted();
  expect(move).toMatchObject({ done: true });
  const places: number[] = [];
  for await (const place of first.store.pools.movedTo(move?.campaign ?? "")) places.push(place);
  expect(places).toHaveLength(first.campaign.rows);
});

test("a campaign that was begun for rows and never noted is cancelled with its pool", async () => {
  const { redis, stores, find, first, second, id, two, pool, move } = await openNotedMove();
  // Its process dies before it notes the campaign that it began.
  const died = new Error("died");
  const pools = { ...first.store.pools, move: () => Promise.reject(died) };
  const source = { ...first.store, pools };
  const carried = carryOutMove({
    pool,
    move,
    source,
    target: second.store,
    storeOf: storeIn(stores),
  });
  await expect(carried).rejects.toThrow(died);
  const importing = async () =>
    (await second.store.campaigns.live()).filter(({ status }) => status === "importing");
  const [begun] = await importing();
  await controlCampaign(await find(), "cancel", BY);

  await redis.hset(two.own(begun?.id ?? "").campaign, "importLease", 0);
  await finishOwnMoves(stores);

  expect(await importing()).toEqual([]);
  expect(await first.store.pools.moves(id)).toMatchObject([{ campaign: begun?.id, done: true }]);
});
