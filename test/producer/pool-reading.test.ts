import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { findCampaign, type Stores } from "../../src/campaigns/find.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { readUnknownRows, unknownCard } from "../../src/dashboard/pages/campaign/unknown.ts";
import { batchOfRow } from "../../src/store/index.ts";
import { openApi } from "../api/support.ts";
import { BY, claimRows, openStoredPool } from "./pool-support.ts";

/** How often the order of a list is read for `work`. */
async function readsOf(redis: Redis, work: () => Promise<unknown>): Promise<number> {
  await redis.config("RESETSTAT");
  await work();
  const stats = await redis.info("commandstats");
  return Number(/^cmdstat_getrange:calls=(\d+)/m.exec(stats)?.[1] ?? 0);
}

async function pagesOf(ask: (path: string) => Promise<Response>, path: string): Promise<number[]> {
  const rows: number[] = [];
  let pages = 0;
  for (let after: number | null = 0; after !== null && pages < 20; pages++) {
    const page = await (await ask(`${path}&after=${after}`)).json();
    const { messages, next } = page as { messages: { row: number }[]; next: number | null };
    rows.push(...messages.map(({ row }) => row));
    after = next;
  }
  expect(pages).toBeLessThan(20);
  return rows;
}

async function foundIn(stores: Stores, id: string) {
  const found = await findCampaign(stores, id);
  if (!found.ok) throw new Error(found.refusal.message);
  return found.value;
}

test("unknown messages of a pool in several batches take as many reads of its list as one", async () => {
  const opened = await openStoredPool(2, 600);
  const { stores, id, first, one, redis } = opened;
  // Every third row of the list is of the first number.
  await claimRows(one, first.campaign.id, [1, 34, 67, 100], "unknown");
  const { ask } = await openApi({ test: one, stores });
  const path = `/api/campaigns/${id}/messages?state=unknown`;
  const listed: { messages: { row: number }[] }[] = [];
  const reads = (limit: number) =>
    readsOf(redis, async () => {
      listed.push((await (await ask(`${path}&limit=${limit}`)).json()) as (typeof listed)[number]);
    });
  await reads(1);

  const [ofOne, ofAll] = [await reads(1), await reads(100)];

  const found = listed.at(-1)?.messages.map(({ row }) => row) ?? [];
  expect(found).toHaveLength(4);
  expect(new Set(found.map(batchOfRow)).size).toBeGreaterThan(1);
  expect(ofAll).toBe(ofOne);
});

test("a page of unknown messages of a pool reads its list once, and not at each renewal", async () => {
  const opened = await openStoredPool();
  const { stores, id, find, first, second, two, redis, move } = opened;
  await controlCampaign(first, "pause", BY);
  const moved = await moveRows(await find(), move, BY);
  const target = moved.ok ? (moved.value.campaign ?? "") : "";
  await claimRows(two, second.campaign.id, [2, 5], "unknown");
  await claimRows(two, target, [3], "unknown");

  for (const shown of [second.campaign.id, target, id]) {
    const renew = async () => readUnknownRows(await foundIn(stores, shown), { from: 0, max: 50 });
    const before = await renew();
    expect(await readsOf(redis, renew)).toBe(0);
    expect(await renew()).toEqual(before);
    expect(before.length).toBeGreaterThan(0);
  }
  // One more is looked up.
  await claimRows(two, second.campaign.id, [9], "unknown");
  const after = await readUnknownRows(await foundIn(stores, second.campaign.id), {
    ...{ from: 0, max: 50 },
  });
  const ninth = await two.store.rows.one(second.campaign.id, 9);
  expect(after.map(({ row }) => row).sort((a, b) => a - b)).toEqual([2, 5, 9]);
  const named = Number(ninth?.cells[1]?.slice(1)) + 1;
  expect(after.find(({ row }) => row === 9)?.listRow).toBe(named);
});

test("messages of a pool are listed to the end of its list, also if one of its campaigns is gone", async () => {
  const opened = await openStoredPool(3, 330);
  const { stores, id, find, benches, redis } = opened;
  const { children = [] } = await find();
  const gone = children[2]?.campaign.id ?? "";
  const rows = children.slice(0, 2).reduce((sum, { campaign }) => sum + campaign.rows, 0);
  const left: number[] = [];
  const { store } = await find();
  for await (const row of store.rows.all(id, 330)) {
    if (row.cells.at(-1) !== children[2]?.campaign.number) left.push(row.row);
  }
  await redis.del(benches[2]?.own(gone).campaign ?? "");
  const { ask } = await openApi({ test: opened.one, stores });

  expect(left).toHaveLength(rows);
  expect(await pagesOf(ask, `/api/campaigns/${id}/messages?limit=50`)).toEqual(left);
  expect(await pagesOf(ask, `/api/campaigns/${id}/messages?limit=50&state=read`)).toEqual([]);
});

test("the ways out of unknown messages name the campaigns of a pool that have some", async () => {
  const { find, first, second, two } = await openStoredPool();
  await claimRows(two, second.campaign.id, [1], "unknown");
  const found = await find();
  const unknown = await found.store.campaigns.unknown(found.campaign.id);

  const card = (await unknownCard(found, { unknown, oldest: [], nowMs: Date.now() })).toString();

  expect(card).toContain(`dropcast fetch --unknown ${second.campaign.id}<`);
  expect(card).not.toContain(`--unknown ${first.campaign.id}<`);
});
