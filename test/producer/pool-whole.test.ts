import { expect, test } from "vitest";
import { beginAction, previewAction } from "../../src/campaigns/begin-action.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { findCampaign } from "../../src/campaigns/find.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { childOfRow } from "../../src/campaigns/pools/resolve.ts";
import type { ResolveWhat } from "../../src/core/action.ts";
import { BY, claimRows, openStoredPool, sendable } from "./pool-support.ts";

const DAY_MS = 86_400_000;

async function rowsOf({ find }: Pick<Awaited<ReturnType<typeof openStoredPool>>, "find">) {
  const { campaign, store } = await find();
  const rows: { row: number; phone: string; number: string }[] = [];
  for await (const { row, phone, cells } of store.rows.all(campaign.id, campaign.rows)) {
    rows.push({ row, phone, number: cells.at(-1) ?? "" });
  }
  return rows;
}

test("a pool is found although a campaign of it is gone, and its other rows keep their places", async () => {
  const opened = await openStoredPool(3);
  const { redis, benches, second, find } = opened;
  const before = await rowsOf(opened);
  const gone = second.campaign;
  await redis.del(benches[1]?.own(gone.id).campaign ?? "");

  const found = await find();

  expect(found.children?.map(({ campaign }) => campaign.number)).not.toContain(gone.number);
  expect(found.campaign.rows).toBe(130 - gone.rows);
  expect(await rowsOf(opened)).toEqual(before.filter(({ number }) => number !== gone.number));
  const lost = before.find(({ number }) => number === gone.number)?.row ?? 0;
  expect(await found.store.rows.one(found.campaign.id, lost)).toBeUndefined();
  expect(await controlCampaign(found, "pause", BY)).toMatchObject({ ok: true });
});

test("a campaign that only has the id of one of a pool is not taken for it", async () => {
  const { redis, benches, second, find, id } = await openStoredPool();
  await redis.hset(benches[1]?.own(second.campaign.id).campaign ?? "", "pool", `${id}1`);

  expect((await find()).children).toHaveLength(1);
});

test("rows that were moved can be moved on, and each keeps its row of the list", async () => {
  const opened = await openStoredPool(3);
  const { stores, names, find } = opened;
  const before = await rowsOf(opened);
  const [one = "", two = "", three = ""] = names;
  await controlCampaign(await find(), "pause", BY);
  for (const move of [
    { from: one, to: two },
    { from: two, to: three },
    { from: two, to: three },
  ]) {
    expect(await moveRows(await find(), move, BY)).toMatchObject({ ok: true });
  }

  const after = await rowsOf(opened);
  expect(after.map(({ row, phone }) => ({ row, phone }))).toEqual(
    before.map(({ row, phone }) => ({ row, phone })),
  );
  expect(new Set(after.map(({ number }) => number))).toEqual(new Set([three]));
  const row = before.find(({ number }) => number === one)?.row ?? 0;
  expect((await childOfRow(await find(), row))?.child.campaign.number).toBe(three);
  await controlCampaign(await find(), "resume", BY);
  expect(await sendable(stores)).toHaveLength(130);
  expect((await find()).campaign.counts).toMatchObject({ pending: 130, cancelled: 0 });
});

test("a bulk action on a pool is one for each number, about all of them", async () => {
  const { find, first, second, one, two } = await openStoredPool();
  await claimRows(one, first.campaign.id, [1, 2], "unknown");
  await claimRows(two, second.campaign.id, [1], "unknown");
  const what: ResolveWhat = {
    ...{ kind: "resolve", decision: "resend", reasons: [], olderThanMs: null, rows: null },
  };

  expect(await previewAction(await find(), what)).toMatchObject({ value: { matching: 3 } });
  const begin = async (confirm: number) =>
    beginAction(await find(), { what, token: "same", expected: 2, confirm }, BY);
  expect(await begin(2)).toMatchObject({ refusal: { code: "action_not_confirmed" } });
  const begun = await begin(3);

  expect(begun).toMatchObject({ ok: true, value: { campaign: first.campaign.id, total: 2 } });
  const others = await Promise.all([one, two].map(({ store }) => store.actions.live()));
  expect(others.flat()).toHaveLength(2);
  expect(await begin(3)).toEqual(begun);
});

test("retention deletes a pool with its last campaign, and not before", async () => {
  const opened = await openStoredPool();
  const { redis, benches, stores, id, find, names, second } = opened;
  const children = (await find()).children ?? [];
  await controlCampaign(await find(), "cancel", BY);
  const age = async (at: number) => {
    const child = children[at]?.campaign.id ?? "";
    const bench = benches[at];
    const endedAt = Date.now() - 50 * DAY_MS;
    await redis.hset(bench?.own(child).campaign ?? "", "finishedAt", endedAt);
    for (const index of [bench?.keys.byEnd ?? "", bench?.keys.withRows ?? ""]) {
      await redis.zadd(index, "XX", endedAt, child);
    }
    await stores[names[at] ?? ""]?.deleteOld({ rowsMs: DAY_MS, campaignMs: DAY_MS });
  };
  const childIds = async () => (await find()).children?.map(({ campaign }) => campaign.id);

  // Their rows are still there, so they stay, and so does their pool.
  for (const [at, name] of names.entries()) {
    const child = children[at]?.campaign.id ?? "";
    await redis.zadd(benches[at]?.keys.byEnd ?? "", Date.now() - 50 * DAY_MS, child);
    await stores[name]?.deleteOld({ rowsMs: null, campaignMs: DAY_MS });
  }
  expect(await childIds()).toHaveLength(2);

  await age(0);
  expect(await childIds()).toEqual([second.campaign.id]);
  await age(1);

  expect(await findCampaign(stores, id)).toMatchObject({ refusal: { code: "no_such_campaign" } });
  expect(await second.store.pools.find(id)).toBeUndefined();
  expect((await redis.keys(`*pool*${id}`)).filter((key) => key.endsWith(`:${id}`))).toEqual([]);
});
