import { expect, test } from "vitest";
import { findCampaign, findRows } from "../../src/campaigns/find.ts";
import { openTestStore } from "../support/campaigns.ts";
import { deleteRows } from "./stages.ts";

test("a campaign is found among the numbers by its id", async () => {
  const [first, second] = [await openTestStore(), await openTestStore()];
  const stores = { [first.number]: first.store, [second.number]: second.store };
  const id = await second.import(1);

  const found = await findCampaign(stores, id);

  expect(found).toMatchObject({ ok: true, value: { campaign: { id, number: second.number } } });
  expect(found.ok && found.value.store).toBe(second.store);
});

test.each(["", "x", "main-1", "main-0", "constructor-1", "__proto__-1", "../main-1", "é-1"])(
  "nothing is found by %j",
  async (id) => {
    const { number, store } = await openTestStore();

    expect(await findCampaign({ [number]: store }, id)).toMatchObject({
      refusal: { code: "no_such_campaign", message: `There is no campaign "${id}".` },
    });
  },
);

test("an id that is far too long is not repeated whole", async () => {
  const { number, store } = await openTestStore();

  const found = await findCampaign({ [number]: store }, "x".repeat(10_000));

  expect(found.ok ? "" : found.refusal.message).toHaveLength(88);
});

test("a campaign of the other mode is named as one", async () => {
  const sandbox = await openTestStore(undefined, undefined, { mode: "sandbox" });
  const { number } = sandbox;
  const live = await openTestStore(undefined, undefined, { number, mode: "live" });
  const id = await sandbox.import(1);

  expect(await findCampaign({ [number]: live.store }, id)).toMatchObject({
    refusal: { code: "campaign_other_mode", fix: expect.stringContaining("--sandbox") },
  });
  expect(await findCampaign({ [number]: sandbox.store }, id)).toMatchObject({ ok: true });
});

test("a campaign whose rows were deleted is there, but its rows are not", async () => {
  const bench = await openTestStore();
  const stores = { [bench.number]: bench.store };
  const id = await bench.import(1);
  const before = await findRows(stores, id);
  await deleteRows(bench, id);

  expect(before).toMatchObject({ ok: true });
  expect(await findCampaign(stores, id)).toMatchObject({ ok: true });
  expect(await findRows(stores, id)).toMatchObject({ refusal: { code: "rows_deleted" } });
});
