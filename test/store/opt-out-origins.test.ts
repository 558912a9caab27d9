import { expect, test } from "vitest";
import { deploymentKeys } from "../../src/store/keys.ts";
import { createOptOutList, type NewOptOut } from "../../src/store/people/opt-out-list.ts";
import { openPersonDigest } from "../../src/store/people/person-digest.ts";
import { startOwnRedis } from "../support/redis.ts";

/** The list is the whole deployment's, so each of these tests has a Redis of its own. */
async function openBench() {
  const redis = (await startOwnRedis()).connect();
  const list = createOptOutList({ redis, person: await openPersonDigest(redis) });
  const keys = deploymentKeys();
  /** As an earlier version wrote it: the source alone. */
  const addOld = async (phone: string, source: string): Promise<void> => {
    await redis.hset(keys.optOuts, phone, `all|1700000000000|${source}`);
    await redis.zadd(keys.optOutsOrder, 1, phone);
    await redis.set(keys.optOutsHead, 1);
  };
  return { redis, list, keys, addOld };
}

function optOut(phone: string, changes: Partial<NewOptOut> = {}): NewOptOut {
  return { phone, scope: "all", source: "phone call", atMs: null, ...changes };
}

const BY_ANA = { origin: "hand", who: "ana" } as const;
const NONE = { whatsapp: 0, hand: 0, import: 0, earlier: 0 };

test("an entry says where it comes from and who added it, and its source stays as it was", async () => {
  const { list, redis, keys } = await openBench();
  await list.add([optOut("48600000001", BY_ANA)]);
  await list.heard(optOut("48600000002", { source: "131050 main-3", origin: "whatsapp" }));

  expect(await list.find("48600000001")).toMatchObject({ ...BY_ANA, source: "phone call" });
  expect(await list.find("48600000002")).toMatchObject({
    ...{ origin: "whatsapp", who: "", source: "131050 main-3" },
  });
  expect((await redis.hget(keys.optOuts, "48600000001"))?.split("\u001f")).toEqual([
    expect.stringMatching(/^all\|\d+\|hand$/),
    ...["ana", "phone call"],
  ]);
  expect(await redis.hgetall(keys.optOutsBy)).toEqual({ hand: "1", whatsapp: "1" });
});

test("counts follow every change: repeated, widened, removed, added again, erased", async () => {
  const { list } = await openBench();
  const marketing = optOut("48600000001", { scope: "marketing", origin: "import", who: "bo" });

  await list.add([marketing, marketing]);
  expect(await list.counts()).toEqual({ ...NONE, import: 1 });
  await list.add([optOut("48600000001", BY_ANA)]);
  expect(await list.counts()).toEqual({ ...NONE, hand: 1 });
  await list.remove(["48600000001", "48600000001"]);
  expect(await list.counts()).toEqual(NONE);
  expect(await list.find("48600000001")).toMatchObject({ scope: null, phone: null });
  await list.add([optOut("48600000001", BY_ANA)]);
  expect(await list.counts()).toEqual({ ...NONE, hand: 1 });
  await list.erase("48600000001");
  expect(await list.counts()).toEqual({ ...NONE, hand: 1 });
  expect(await list.find("48600000001")).toMatchObject({
    ...{ phone: null, scope: "all", origin: "hand", who: "", source: "erased" },
  });
});

test("entries of an earlier version are read as they were, and counted apart", async () => {
  const { list, addOld } = await openBench();
  await addOld("48600000001", "a letter | of May");
  await addOld("48600000002", "131050 main-3");

  expect(await list.find("48600000001")).toMatchObject({
    ...{ origin: null, who: "", source: "a letter | of May" },
  });
  expect(await list.find("48600000002")).toMatchObject({ origin: "whatsapp" });
  expect(await list.counts()).toEqual({ ...NONE, earlier: 2 });
  await list.remove(["48600000001"]);
  await list.add([optOut("48600000001", BY_ANA)]);
  expect(await list.counts()).toEqual({ ...NONE, hand: 1, earlier: 1 });
});

test("a source cannot pretend to be another's, whatever characters it has", async () => {
  const { list } = await openBench();

  await list.add([optOut("48600000001", { source: "whatsapp\u001fx\u001fy", ...BY_ANA })]);
  await list.add([optOut("48600000002", { source: "whatsapp\u001fx\u001fy" })]);

  expect(await list.find("48600000001")).toMatchObject({ ...BY_ANA, source: "whatsapp x y" });
  expect(await list.find("48600000002")).toMatchObject({ origin: null, source: "whatsapp x y" });
});

test("the latest come first, page by page, and removals are left out", async () => {
  const { list } = await openBench();
  const phones = ["48600000001", "48600000002", "48600000003", "48600000004"];
  await list.add(phones.map((phone) => optOut(phone, BY_ANA)));
  await list.remove(["48600000004"]);

  const first = await list.latest(null, 2);
  const second = await list.latest(first.next, 2);

  expect(first.entries.map(({ phone }) => phone)).toEqual(["48600000003"]);
  expect(second.entries.map(({ phone }) => phone)).toEqual(["48600000002", "48600000001"]);
  expect((await list.latest(second.next, 2)).entries).toEqual([]);
});
