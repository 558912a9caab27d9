import { expect, test } from "vitest";
import { controlCampaign, probeCampaign } from "../../src/campaigns/control.ts";
import { findCampaign } from "../../src/campaigns/find.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { importsOfPool } from "../../src/producer/import/known-pool.ts";
import { poolSink } from "../../src/producer/import/pool-sink.ts";
import { keepNothing } from "../../src/producer/sink/sink.ts";
import { BY, claimRows, openStoredPool, sendable } from "./pool-support.ts";

type Opened = Awaited<ReturnType<typeof openStoredPool>>;
const POOLS = "dropcast:{all.numbers}:";

const check = ({ stores, send }: Opened) => send(keepNothing(importsOfPool(Object.values(stores))));
const known = (campaign: string) => ({
  ok: false,
  refusal: { code: "already_imported", message: expect.stringContaining(campaign) as string },
});

test("a check of a list whose cancelled pool was sent in part says the same as an import", async () => {
  const opened = await openStoredPool();
  const { find, id, first, one, send } = opened;
  expect(await check(opened)).toMatchObject(known(id));
  await claimRows(one, first.campaign.id, [1], "accepted");
  await controlCampaign(await find(), "cancel", BY);

  expect(await send()).toMatchObject(known(id));
  expect(await check(opened)).toMatchObject(known(id));
});

test("a check of a list whose pool was cancelled before any try says that it can be imported", async () => {
  const opened = await openStoredPool();
  await controlCampaign(await opened.find(), "cancel", BY);

  expect(await check(opened)).toMatchObject({ ok: true });
});

test("a check of a list that only the numbers know says so, and --again names what to do", async () => {
  const opened = await openStoredPool();
  const { redis, first, send, stores, names } = opened;
  const digests = await redis.hgetall(`${POOLS}pool-imports`);
  const [digest = ""] = Object.entries(digests).find(([, id]) => id === opened.id) ?? [];
  await redis.hdel(`${POOLS}pool-imports`, digest);
  expect(await check(opened)).toMatchObject(known(first.campaign.id));

  // The import once more dies between its numbers, and its repetition meets the lost campaigns.
  const members = names.map((number, at) => ({ number, weight: 10 * (at + 1) }));
  const [one, two] = Object.values(stores);
  if (one === undefined || two === undefined) throw new Error("A pool has two numbers.");
  const dies = { ...two.imports, begin: () => Promise.reject(new Error("killed")) };
  const all = [one, { ...two, imports: dies }];
  await expect(send(poolSink(all, members), "import")).rejects.toThrow("killed");
  const key = await redis.hget(`${POOLS}pool-imports`, digest);
  await redis.hset(`${POOLS}pool:${key}`, "lease", 0);
  const lease = `dropcast:{${one.number}}:campaign:`;
  for (const campaign of await redis.keys(`${lease}*`)) {
    if ((await redis.type(campaign)) === "hash" && (await redis.hexists(campaign, "lease"))) {
      await redis.hset(campaign, "lease", 0);
    }
  }

  expect(await send(poolSink([one, two], members), "import")).toMatchObject({
    refusal: { code: "already_imported", fix: expect.stringContaining("another name") as string },
  });
});

test("a campaign whose rows were moved is not resumed, also if Redis lost that it was cancelled", async () => {
  const opened = await openStoredPool();
  const { find, stores, redis, first, one, move } = opened;
  const { id } = first.campaign;
  await first.store.campaigns.pause(id, "operator");
  const before = Object.entries(await redis.hgetall(one.own(id).campaign)).flat();
  await moveRows(await find(), move, BY);
  const child = async () => {
    const found = await findCampaign(stores, id);
    if (!found.ok) throw new Error(found.refusal.message);
    return found.value;
  };
  const refused = {
    refusal: {
      code: "cannot_resume",
      message: expect.stringContaining("given to another number") as string,
    },
  };

  expect(await controlCampaign(await child(), "resume", BY)).toMatchObject(refused);
  // The node of its number lost the cancel, and a person accepts that.
  await redis.hset(one.own(id).campaign, ...before);
  await redis.hdel(one.own(id).campaign, "closed", "finishedAt");
  await redis.zadd(one.keys.byEnd, "+inf", id);
  const now = Date.now();
  const noticed = { noticedAt: now, wentBackTo: now - 5_000, lost: 3, lostActs: 0, serial: 1e9 };
  await redis.hset(one.keys.guard, noticed);
  expect((await child()).campaign.status).toBe("paused");
  expect(await controlCampaign(await child(), "resume", BY)).toMatchObject(refused);
  expect(await probeCampaign(await child(), 5, BY)).toMatchObject(refused);

  await first.store.rollback.accept(10);

  expect((await child()).campaign.status).toBe("cancelled");
  const phones = await sendable(stores);
  expect(new Set(phones).size).toBe(phones.length);
});
