import { expect, test } from "vitest";
import { readCampaignView } from "../../src/campaigns/campaign-view.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { findCampaign, limitStores, type Stores } from "../../src/campaigns/find.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { saidText } from "../../src/campaigns/said.ts";
import { isoTime } from "../../src/core/format.ts";
import { BY, openStoredPool } from "./pool-support.ts";

/** What is said of a campaign whose rows were moved: its state, and why it is not resumed. */
async function said(stores: Stores, id: string) {
  const found = await findCampaign(stores, id);
  if (!found.ok) throw new Error(found.refusal.message);
  const view = await readCampaignView(found.value, undefined);
  const resumed = await controlCampaign(found.value, "resume", BY);
  if (resumed.ok) throw new Error("resumed");
  const { message, fix } = resumed.refusal;
  return { state: saidText(view.condition.words, isoTime), refused: `${message} ${fix}` };
}

async function moveAll(opened: Awaited<ReturnType<typeof openStoredPool>>, move = opened.move) {
  const moved = await moveRows(await opened.find(), move, BY);
  if (!moved.ok) throw new Error(moved.refusal.message);
  return moved.value.campaign ?? "";
}

test("rows are said to be sent from another number only while that goes on with them", async () => {
  const opened = await openStoredPool(3);
  const { stores, first, id, names } = opened;
  const [, second = "", third = ""] = names;
  await controlCampaign(first, "pause", BY);
  const target = await moveAll(opened);
  const given = await said(stores, first.campaign.id);
  expect(given.state).toContain("another number of its pool has");
  expect(given.refused).toContain("they are sent from there");

  // The rows are moved on, and sent from the third.
  await controlCampaign(await opened.find(), "pause", BY);
  await stores[second]?.campaigns.cancel(opened.second.campaign.id);
  const last = await moveAll(opened, { from: second, to: third });
  expect((await stores[second]?.campaigns.find(target))?.status).toBe("cancelled");
  expect((await said(stores, first.campaign.id)).refused).toContain("they are sent from there");

  await stores[third]?.campaigns.cancel(last);

  const after = await said(stores, first.campaign.id);
  expect(after.state).toContain(`were to go to another number: see dropcast show ${id}`);
  expect(after.state).not.toContain("has ");
  expect(after.refused).toContain(`See dropcast show ${id}`);
  expect(after.refused).not.toContain("they are sent");
});

test("rows whose move is not finished are not said to be sent", async () => {
  const opened = await openStoredPool();
  const { stores, first, id, move } = opened;
  await first.store.campaigns.pause(first.campaign.id, "operator");
  const noted = { from: first.campaign.id, to: move.to, campaign: "", done: false };
  await first.store.pools.move(id, noted);
  await first.store.campaigns.cancelForMove(first.campaign.id);

  const { state, refused } = await said(stores, first.campaign.id);

  expect(state).toContain(`see dropcast show ${id}`);
  expect(refused).not.toContain("they are sent");
});

test("who sees one number learns of moved rows neither the pool nor the other number", async () => {
  const opened = await openStoredPool();
  const { stores, first, id, names } = opened;
  await controlCampaign(first, "pause", BY);
  await moveAll(opened);

  const own = limitStores(stores, (number) => number === names[0]);
  const { state, refused } = await said(own, first.campaign.id);

  for (const words of [state, refused]) {
    expect(words).toContain("elsewhere");
    expect(words).not.toMatch(/pool|another number/);
    expect(words).not.toContain(id);
    expect(words).not.toContain(names[1] ?? "");
  }
});
