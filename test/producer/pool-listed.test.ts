import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { findCampaign, limitStores } from "../../src/campaigns/find.ts";
import { readOverview } from "../../src/campaigns/overview.ts";
import { withPools } from "../../src/campaigns/pools/listed.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { search } from "../../src/campaigns/search.ts";
import { readTab } from "../../src/campaigns/tabs.ts";
import { OPERATOR, openApi } from "../api/support.ts";
import { BY, openStoredPool } from "./pool-support.ts";

const TAB = { tab: null, after: null, size: 50, stops: [], nowMs: Date.now() } as const;

test("a list has a pool once, with its campaigns beneath, also those that got moved rows", async () => {
  const { stores, find, id, move } = await openStoredPool();
  await controlCampaign(await find(), "pause", BY);
  await moveRows(await find(), move, BY);
  const { campaigns } = await readOverview(stores, { page: 1, size: 10 });
  expect(campaigns).toHaveLength(3);

  const listed = await withPools(stores, campaigns);

  expect(listed.map(({ campaign, children }) => [campaign.id, children?.length])).toEqual([
    [id, 3],
  ]);
  // A page that has only the older ones shows the pool no second time.
  expect(await withPools(stores, campaigns.slice(1))).toEqual([]);
});

test("the start page has a pool once, with its campaigns beneath", async () => {
  const { stores, id, find, first } = await openStoredPool();
  const { rows } = await readTab(stores, TAB);
  expect(rows.map((row) => [row.campaign.id, row.children?.length])).toEqual([[id, 2]]);

  // One that waits alone is in its own tab, beneath the same pool.
  await controlCampaign(first, "pause", BY);
  const [row] = (await readTab(stores, { ...TAB, tab: "waiting" })).rows;
  expect(row?.campaign.id).toBe((await find()).campaign.id);
  expect(row?.children?.map(({ campaign }) => campaign.id)).toEqual([first.campaign.id]);
});

test("who may see one number of a pool sees its campaign and nothing of the pool", async () => {
  const { stores, first, id, find } = await openStoredPool();
  const seen = limitStores(stores, (name) => name === first.campaign.number);
  const { campaigns } = await readOverview(seen, { page: 1, size: 10 });
  const own = [{ campaign: { id: first.campaign.id } }];

  expect(await withPools(seen, campaigns)).toMatchObject(own);
  expect((await readTab(seen, TAB)).rows).toMatchObject(own);
  const input = { stores: seen, readPhone: () => null };
  expect(await search(input, id)).toMatchObject({ refusal: { code: "no_such_campaign" } });
  const { name } = (await find()).campaign;
  expect(await search(input, name)).toMatchObject({ value: { kind: "campaign", found: own[0] } });
});

test("who may see one number of a pool does not find it while its import begins, either", async () => {
  const { stores, redis, first, id } = await openStoredPool();
  await redis.hset(`dropcast:{all.numbers}:pool:${id}`, { status: "importing", children: "[]" });
  const seen = limitStores(stores, (name) => name === first.campaign.number);

  expect(await findCampaign(seen, id)).toMatchObject({ refusal: { code: "no_such_campaign" } });
  expect(await findCampaign(stores, id)).toMatchObject({ ok: true });
});

test("a search finds a pool by its id and by its name, and a row of its list", async () => {
  const { stores, find, id } = await openStoredPool();
  const input = { stores, readPhone: () => null };
  const { campaign, store } = await find();
  const pool = { ok: true, value: { kind: "campaign", found: { campaign: { id } } } };

  expect(await search(input, id)).toMatchObject(pool);
  expect(await search(input, campaign.name)).toMatchObject(pool);
  const row = await store.rows.one(id, 7);
  expect(await search(input, `${id}:7`)).toMatchObject({
    value: { kind: "message", message: { row: { phone: row?.phone } } },
  });
});

test("the API lists a pool with its campaigns, and moves rows between its numbers", async () => {
  const { stores, find, id, first, move, one } = await openStoredPool();
  const { ask } = await openApi({ test: one, stores });
  const json = async (answer: Promise<Response>) => (await answer).json();
  const list = (await json(ask("/api/campaigns"))) as { campaigns: unknown[] };
  expect(list.campaigns).toMatchObject([{ id, children: [{ id: first.campaign.id }, {}] }]);
  await controlCampaign(first, "pause", BY);

  const path = `/api/campaigns/${id}/move`;
  const preview = await json(ask(path, { json: { ...move, dryRun: true } }));
  expect(preview).toMatchObject({ rows: first.campaign.rows, campaign: null });
  const limited = { ...OPERATOR, numbers: new Set([first.campaign.number]) };
  expect((await ask(path, { json: move, access: limited })).status).toBe(404);
  const viewer = { ...OPERATOR, role: "viewer" } as const;
  expect((await ask(path, { json: move, access: viewer })).status).toBe(403);
  expect((await find()).children).toHaveLength(2);

  const form = new URLSearchParams(move);
  const headers = { accept: "text/html" };
  const moved = await ask(path, { method: "POST", body: form, headers });
  expect(moved.headers.get("location")).toBe(`/campaigns/${id}`);
  expect((await find()).children).toHaveLength(3);
  expect((await ask(path, { json: move })).status).toBe(409);
});
