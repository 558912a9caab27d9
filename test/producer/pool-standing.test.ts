import { expect, test } from "vitest";
import { readCampaignView } from "../../src/campaigns/campaign-view.ts";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { readListing } from "../../src/campaigns/listing.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { setCampaignRate } from "../../src/campaigns/rate.ts";
import { saidText } from "../../src/campaigns/said.ts";
import { isoTime } from "../../src/core/format.ts";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { BY, openStoredPool } from "./pool-support.ts";

type Opened = Awaited<ReturnType<typeof openStoredPool>>;

/** A worker that has these numbers. */
async function startWorker({ redis }: Opened, numbers: readonly string[]): Promise<void> {
  const worker = { role: "worker", version: "1", numbers } as const;
  const where = { host: "here", pid: 1, startedAt: 0 };
  await createProcesses(redis).heartbeat(`worker-${numbers.join("-")}`, { ...worker, ...where });
}

test("a number of a pool that stands still is named by the parent, while the others send", async () => {
  const opened = await openStoredPool();
  const { find, redis, two, names } = opened;
  const [first = "", second = ""] = names;
  await startWorker(opened, [first]);

  const view = await readCampaignView(await find(), undefined);
  expect(view.condition.kind).not.toBe("no_worker");
  expect(view.standing.words).toEqual([expect.stringContaining(`no worker of number ${second}`)]);

  await startWorker(opened, [second]);
  await redis.hset(two.keys.halt, { code: 131042, reason: 0, at: 1, campaign: "" });
  const now = Date.now();
  await redis.hset(opened.one.keys.guard, { noticedAt: now, wentBackTo: now - 1, lost: 1 });
  const after = await readCampaignView(await find(), undefined);
  expect(after.standing.words).toEqual([
    expect.stringContaining(`of number ${first} is missing`),
    expect.stringContaining(`Number ${second} is suspended`),
  ]);
  expect(after.condition.kind).not.toBe("rollback");
  expect(saidText(after.condition.words, isoTime)).not.toContain(names.join(", "));
});

test("a paused pool is said to be suspended only if all of its numbers are", async () => {
  const opened = await openStoredPool();
  const { find, redis, one, two } = opened;
  await controlCampaign(await find(), "pause", BY);
  const halt = { code: 131042, reason: 0, at: 1, campaign: "" };
  await redis.hset(one.keys.halt, halt);
  const words = async () =>
    saidText((await readCampaignView(await find(), undefined)).condition.words, isoTime);

  expect(await words()).not.toContain("suspended");
  await redis.hset(two.keys.halt, halt);
  expect(await words()).toContain("suspended");
});

test("the rate of a pool is that of all its numbers that send, also after a person sets it", async () => {
  const opened = await openStoredPool();
  const { find, first, one, two } = opened;
  await one.store.campaigns.dispatch("live", 1, 10);
  await two.store.campaigns.dispatch("live", 1, 20);
  const rates = async () => (await readCampaignView(await find(), undefined)).rates;

  expect(await rates()).toMatchObject({ nowPerSecond: 30, fullPerSecond: 30, differs: null });
  await setCampaignRate(await find(), 15, BY);
  expect((await find()).campaign.ratePerSecond).toBe(15);
  expect(await rates()).toMatchObject({ nowPerSecond: 15 });
  // Of the rest only the number that still sends counts.
  await controlCampaign(first, "pause", BY);
  expect((await rates()).nowPerSecond).toBe(15);
  await setCampaignRate(await find(), 60, BY);
  expect((await rates()).nowPerSecond).toBe(20);
});

/** Redis lost claims of a number, and a worker noticed it. */
async function loseClaims({ redis }: Opened, guard: string): Promise<void> {
  const now = Date.now();
  await redis.hset(guard, { noticedAt: now, wentBackTo: now - 1, lost: 1 });
}

test("a list of campaigns says of a pool what it does, and not what its first number does", async () => {
  const opened = await openStoredPool();
  const { stores, id, one, names } = opened;
  await startWorker(opened, names.slice(1));
  await loseClaims(opened, one.keys.guard);

  const { campaigns } = await readListing(stores, 10);

  const pool = campaigns.find(({ campaign }) => campaign.id === id)?.obstacles;
  expect(pool?.stall).toBeUndefined();
  expect(pool?.rollback).toBeUndefined();
  const first = campaigns.find(({ campaign }) => campaign.number === names[0])?.obstacles;
  expect(first?.stall).toContain(`no worker of number ${names[0]}`);
  expect(first?.rollback).toBeDefined();
});

test("a number without a worker is told while another campaign of it is paused", async () => {
  const opened = await openStoredPool();
  const { find, stores, first, move, names } = opened;
  const [own = "", second = ""] = names;
  await controlCampaign(first, "pause", BY);
  const moved = await moveRows(await find(), move, BY);
  const target = moved.ok ? (moved.value.campaign ?? "") : "";
  await stores[second]?.campaigns.pause(target, "operator");
  // That of a number whose campaign is over sends nothing of the pool.
  await startWorker(opened, [own]);

  const view = await readCampaignView(await find(), undefined);

  expect(view.standing.words).toEqual([expect.stringContaining(`no worker of number ${second}`)]);
  expect(view.condition.kind).toBe("no_worker");
});

test("a pool whose only number that runs waits after a rollback is said to wait", async () => {
  const opened = await openStoredPool();
  const { find, first, two, names } = opened;
  await startWorker(opened, names);
  await loseClaims(opened, two.keys.guard);
  expect((await readCampaignView(await find(), undefined)).condition.kind).not.toBe("rollback");

  await controlCampaign(first, "pause", BY);

  expect((await readCampaignView(await find(), undefined)).condition.kind).toBe("rollback");
});
