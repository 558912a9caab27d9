import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { erasePerson } from "../../src/privacy/erase.ts";
import { carryOutMove, type NumberStore } from "../../src/store/index.ts";
import { startOwnRedis } from "../support/redis.ts";
import { BY, finishOwnMoves, openStoredPool, sendable, storeIn } from "./pool-support.ts";

/** A pool in a Redis of its own, whose first number is paused, and a person of that number. */
async function openPausedPool() {
  const { connect } = await startOwnRedis();
  const redis = connect();
  const opened = await openStoredPool(2, 20, redis);
  const { first } = opened;
  await first.store.campaigns.pause(first.campaign.id, "operator");
  const row = await first.store.rows.one(first.campaign.id, 1);
  const phone = row?.phone ?? "";
  const erase = (stores: readonly NumberStore[]) =>
    erasePerson(
      {
        ...{ servers: [redis], stores, suppressions: { erase: async () => false } },
        dropsDir: join(tmpdir(), "no-drops"),
        dataDir: join(tmpdir(), "no-data"),
        dropJob: async () => {},
        forgetCaps: async () => {},
        wireMs: 0,
      },
      phone,
    );
  return { ...opened, phone, erase };
}

test("a person is erased whose row is moved to a number that was reached before", async () => {
  const { stores, first, second, find, move, phone, erase } = await openPausedPool();
  let hasMoved = false;
  const eraser: NumberStore["eraser"] = {
    ...first.store.eraser,
    async find(trace) {
      if (!hasMoved) {
        hasMoved = true;
        expect(await moveRows(await find(), move, BY)).toMatchObject({ ok: true });
      }
      return first.store.eraser.find(trace);
    },
  };

  const erased = await erase([second.store, { ...first.store, eraser }]);

  expect(erased).toMatchObject({ rows: 2, importing: [] });
  const phones = await sendable(stores);
  expect(phones).toHaveLength(19);
  expect(phones).not.toContain(phone);
});

test("rows that were copied before one of them was erased are copied again without it", async () => {
  const { stores, first, second, two, id, find, move, phone, erase } = await openPausedPool();
  const noted = { from: first.campaign.id, to: move.to, campaign: "", done: false };
  await first.store.pools.move(id, noted);
  const { pool } = await find();
  if (pool === undefined) throw new Error("no pool");
  const told: string[] = [];
  const chunk: NumberStore["imports"]["chunk"] = async (input) => {
    const stored = await second.store.imports.chunk(input);
    told.push(...(await erase(Object.values(stores))).importing);
    return stored;
  };
  const target = { ...second.store, imports: { ...second.store.imports, chunk } };

  const end = await carryOutMove({
    pool,
    move: noted,
    source: first.store,
    target,
    storeOf: storeIn(stores),
  });

  expect(end).toBe("later");
  expect(told).toContain(first.campaign.id);
  await two.later(4_000);
  await finishOwnMoves(stores);
  const phones = await sendable(stores);
  expect(phones).toHaveLength(19);
  expect(phones).not.toContain(phone);
  expect((await find()).campaign.rows).toBe(20);
});
