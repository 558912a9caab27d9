import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { chooseInChildren, resolvePool } from "../../src/campaigns/pools/resolve.ts";
import { setCampaignRate } from "../../src/campaigns/rate.ts";
import {
  ALL_ROWS,
  chooseUnknown,
  previewUnknown,
  resolveMany,
  resolveRow,
  resolveRows,
  resolveWhat,
} from "../../src/campaigns/resolve.ts";
import { previewRetry } from "../../src/campaigns/retry.ts";
import { finishMoves } from "../../src/worker/pool-chore.ts";
import { BY, claimRows, openStoredPool } from "./pool-support.ts";

test("a resend of all unknown rows of a pool is confirmed by the sum of its campaigns", async () => {
  const { find, first, second, one, two } = await openStoredPool();
  await claimRows(one, first.campaign.id, [1, 2, 3], "unknown");
  await claimRows(two, second.campaign.id, [1, 2], "unknown");

  const wrong = await resolveRows(await find(), [ALL_ROWS], "resend", BY, { confirm: 3 });
  const unknown = (await find()).campaign.counts.unknown;
  const right = await resolveRows(await find(), [ALL_ROWS], "resend", BY, { confirm: 5 });

  expect(wrong).toMatchObject({ ok: false, refusal: { code: "action_not_confirmed" } });
  expect(unknown).toBe(5);
  expect(right).toMatchObject({ ok: true });
  expect((await find()).campaign.counts.unknown).toBe(0);
});

test("after a move the rate, a retry and a decision on a row reach the campaign that has the rows", async () => {
  const { id, find, first, two, redis, move } = await openStoredPool();
  await first.store.campaigns.pause(first.campaign.id, "operator");
  const moved = await moveRows(await find(), move, BY);
  const campaign = moved.ok ? (moved.value.campaign ?? "") : "";
  await claimRows(two, campaign, [1], "unknown");
  const { store, campaign: sum } = await find();
  let row = 0;
  for await (const one of store.rows.all(id, sum.rows)) if (one.state === "unknown") row = one.row;

  await setCampaignRate(await find(), 60, BY);

  expect(Number(await redis.hget(two.own(campaign).campaign, "ratePerSecond"))).toBe(40);
  expect(await previewRetry(await find(), { codes: new Set() } as never)).toMatchObject({
    ok: true,
  });
  expect(await resolveRow(await find(), row, "sent", BY)).toMatchObject({
    ok: true,
    value: { row },
  });
});

test("a move that cannot go on is told, and keeps no other from it", async () => {
  const bad = await openStoredPool();
  const good = await openStoredPool(2, 130, bad.redis);
  for (const { first, id, move } of [bad, good]) {
    await first.store.campaigns.pause(first.campaign.id, "operator");
    const noted = { from: first.campaign.id, to: move.to, campaign: "", done: false };
    await first.store.pools.move(id, noted);
  }
  const { redis, one, first } = bad;
  await redis.del(one.own(first.campaign.id).campaign);
  const told: string[] = [];

  await finishMoves({ ...bad.stores, ...good.stores }, (_, name) => told.push(name));

  expect(told).toEqual([first.campaign.id]);
  expect(await good.first.store.pools.moves(good.id)).toMatchObject([{ done: true }]);
});

test("a cancelled campaign of a pool keeps the unknown messages of the others from no resend", async () => {
  const { find, first, second, one, two } = await openStoredPool();
  await claimRows(one, first.campaign.id, [1, 2, 3], "unknown");
  await claimRows(two, second.campaign.id, [1, 2], "unknown");
  await controlCampaign(second, "cancel", BY);
  const what = resolveWhat([ALL_ROWS], "resend");

  expect(await previewUnknown(await find(), what)).toMatchObject({ value: { total: 3 } });
  expect(await resolveRows(await find(), [ALL_ROWS], "resend", BY, { confirm: 5 })).toMatchObject({
    refusal: { code: "action_not_confirmed" },
  });
  const resent = await resolveRows(await find(), [ALL_ROWS], "resend", BY);
  expect(resent).toMatchObject({ ok: true });
  expect(resent.ok && resent.value.rows).toHaveLength(3);
  expect((await find()).campaign.counts.unknown).toBe(2);

  // Of nothing but cancelled ones nothing can be sent again.
  for (const confirmed of [{}, { confirm: 2 }]) {
    expect(await resolveRows(await find(), [ALL_ROWS], "resend", BY, confirmed)).toMatchObject({
      refusal: { code: "campaign_closed" },
    });
  }
  expect(await resolveRows(await find(), [ALL_ROWS], "sent", BY)).toMatchObject({ ok: true });
  expect((await find()).campaign.counts.unknown).toBe(0);
});

test("a campaign of a pool that is cancelled during a resend keeps the others from nothing", async () => {
  const { find, first, second, one, two } = await openStoredPool();
  await claimRows(one, first.campaign.id, [1, 2], "unknown");
  await claimRows(two, second.campaign.id, [1, 2, 3], "unknown");
  const what = resolveWhat([ALL_ROWS], "resend");
  const pool = await find();
  const chosen = await chooseInChildren(pool, (child) => chooseUnknown(child, what));
  if (!chosen.ok) throw new Error(chosen.refusal.message);
  await controlCampaign(first, "cancel", BY);

  const resent = await resolvePool(pool, chosen.value, ({ child }) => resolveMany(child, what, BY));

  expect(resent.ok && resent.value.rows).toHaveLength(3);
  const counts = (await find()).children?.map(({ campaign }) => campaign.counts.unknown);
  expect(counts).toEqual([2, 0]);
  const [only] = chosen.value;
  if (only === undefined) throw new Error("nothing was chosen");
  expect(
    await resolvePool(pool, [only], ({ child }) => resolveMany(child, what, BY)),
  ).toMatchObject({ refusal: { code: "campaign_closed" } });
});

test("a campaign of a pool that is cancelled during a retry keeps the others from nothing", async () => {
  const { find, first, second, one, two } = await openStoredPool();
  await claimRows(one, first.campaign.id, [1, 2], "failed");
  await claimRows(two, second.campaign.id, [1, 2, 3], "failed");
  const pool = await find();
  const filter = { codes: new Set([131026]), reasons: new Set<number>() };
  expect(await previewRetry(pool, filter)).toMatchObject({ value: { matching: 5 } });
  await controlCampaign(first, "cancel", BY);

  expect(await previewRetry(pool, filter)).toMatchObject({ value: { matching: 3 } });
});
