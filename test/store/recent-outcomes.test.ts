import { expect, test } from "vitest";
import { TICK_MS } from "../../src/store/scripts/protocol.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";
import { aMoment, atOneMoment } from "../support/still-clock.ts";
import { withStops } from "./fates.ts";

/**
 * The list of a campaign's latest outcomes (scripts/lib/recent.lua), given and read as it is: the
 * last answer, the code of the last refusals and how many; then of each group the first answer,
 * messages, failures and their code. Times are in hundredths of a second since the campaign's epoch.
 */
type Group = readonly [since: number, messages: number, failures: number, code: number];

async function openRecent(stops: Parameters<typeof withStops>[0], rows = 12) {
  const now = aMoment();
  const bench = await openTestStore({}, atOneMoment(connectTestRedis(), now));
  const { redis, own } = bench;
  const id = await bench.import(rows, withStops(stops));
  const { campaign } = own(id);
  /** Lets the campaign's time be this one. */
  const at = (tick: number) => redis.hset(campaign, "epoch", now - tick * TICK_MS);
  /** A message that was accepted then. */
  async function accepted(row: number, tick: number) {
    await at(tick);
    await redis.hdel(campaign, "recent");
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  }
  async function put(head: readonly [number, number, number], ...groups: readonly Group[]) {
    const pack = "redis.call('HSET', KEYS[1], 'recent', cmsgpack.pack(cjson.decode(ARGV[1])))";
    await redis.eval(pack, 1, campaign, JSON.stringify([...head, ...groups.flat()]));
  }
  async function list() {
    const unpack = "return cjson.encode(cmsgpack.unpack(redis.call('HGET', KEYS[1], 'recent')))";
    const all = JSON.parse(String(await redis.eval(unpack, 1, campaign))) as number[];
    const groups: number[][] = [];
    for (let from = 3; from < all.length; from += 4) groups.push(all.slice(from, from + 4));
    return [all.slice(0, 3), ...groups];
  }
  const fail = (row: number, code = 131026) => bench.status(`wamid.${row}`, "failed", { code });
  const reason = async () => (await bench.found(id)).reason;
  return { ...bench, id, at, accepted, put, list, fail, reason };
}

const none: Group = [0, 0, 0, 0];

test("a late failure counts where its message was answered, and nowhere if that was before the list or is to come", async () => {
  const { accepted, at, put, list, fail } = await openRecent({});
  for (const [row, tick] of [99, 100, 199, 200, 300, 301].entries()) await accepted(row + 1, tick);
  await at(300);
  await put([300, 0, 0], [100, 5, 0, 0], [200, 5, 0, 0]);
  for (const row of [1, 2, 3, 4, 5, 6]) await fail(row);
  expect(await list()).toEqual([
    [300, 0, 0],
    [100, 5, 2, 131026],
    [200, 5, 2, 131026],
  ]);
});

test("a group has the code of its failures while that is one, and a delivery takes a failure back", async () => {
  const { accepted, at, put, list, fail, status } = await openRecent({});
  for (const row of [1, 2, 3]) await accepted(row, 100);
  await at(100);
  await put([100, 131026, 2], [100, 5, 0, 0]);
  await fail(1, 131000);
  expect(await list()).toEqual([
    [100, 131026, 2],
    [100, 5, 1, 131000],
  ]);
  await fail(2, 131000);
  expect((await list())[1]).toEqual([100, 5, 2, 131000]);
  await fail(3, 131026);
  expect((await list())[1]).toEqual([100, 5, 3, 0]);
  for (const row of [1, 2]) await status(`wamid.${row}`, "delivered");
  expect((await list())[1]).toEqual([100, 5, 1, 0]);
  await put([100, 0, 0], [100, 5, 0, 0]);
  await status("wamid.3", "delivered");
  expect((await list())[1]).toEqual([100, 5, 0, 0]);
});

test("messages of one moment are one group, and five fill it for those that come later", async () => {
  const { at, put, list, send, id } = await openRecent({});
  await at(400);
  await put([400, 131026, 7], [300, 5, 0, 0]);
  await send(id, 1, "accepted", { wamid: "wamid.1" });
  expect(await list()).toEqual([
    [400, 0, 0],
    [300, 6, 0, 0],
  ]);
  await at(401);
  await send(id, 2, "failed", { code: 131000 });
  expect(await list()).toEqual([
    [401, 131000, 1],
    [300, 6, 0, 0],
    [401, 1, 1, 131000],
  ]);
  await at(500);
  await send(id, 3, "failed", { code: 131000 });
  expect(await list()).toEqual([
    [500, 131000, 2],
    [300, 6, 0, 0],
    [401, 2, 2, 131000],
  ]);
  await send(id, 4, "failed", { code: 131026 });
  expect((await list())[0]).toEqual([500, 131026, 1]);
  expect((await list()).at(-1)).toEqual([401, 3, 3, 0]);
});

test("a time that is two seconds before the last answer is of the same clock, an earlier one begins the list again", async () => {
  const { at, put, list, send, id } = await openRecent({});
  await put([1_000, 0, 0], [300, 4, 0, 0]);
  await at(800);
  await send(id, 1, "accepted");
  expect(await list()).toEqual([
    [1_000, 0, 0],
    [300, 5, 0, 0],
  ]);
  await at(799);
  await send(id, 2, "accepted");
  expect(await list()).toEqual([
    [799, 0, 0],
    [799, 1, 0, 0],
  ]);
});

/** Twenty full groups; the next message makes one too many. */
async function mergeOf(groups: readonly Group[]) {
  const { at, put, list, send, id } = await openRecent({});
  await at(9_000);
  await put([8_000, 0, 0], ...groups);
  await send(id, 1, "accepted");
  const [, ...after] = await list();
  expect(after).toHaveLength(20);
  expect(after.at(-1)).toEqual([9_000, 1, 0, 0]);
  return after.slice(0, -1);
}

const full = (changes: Record<number, Partial<Record<1 | 2 | 3, number>>> = {}): Group[] =>
  Array.from({ length: 20 }, (_, at) => {
    const of = changes[at] ?? {};
    return [100 + at, of[1] ?? 5, of[2] ?? 0, of[3] ?? 0];
  });

test("of too many groups the two beside each other become one that are smallest for their age", async () => {
  const even = full();
  expect(await mergeOf(even)).toEqual([[100, 10, 0, 0], ...even.slice(2)]);
  const old = full({ 0: { 1: 2_000 }, 1: { 1: 900 } });
  expect(await mergeOf(old)).toEqual([...old.slice(0, 2), [102, 10, 0, 0], ...old.slice(4)]);
  // Messages beyond ten thousand newer ones are one group in the end, however many they are.
  const many = full({ 0: { 1: 40_000 }, 1: { 1: 40_000 }, 2: { 1: 9_999 } });
  expect(await mergeOf(many)).toEqual([[100, 80_000, 0, 0], ...many.slice(2)]);
});

test("of two groups that become one the failures are added, and their code stays if it is one", async () => {
  const merged = async (
    first: Partial<Record<2 | 3, number>>,
    second: Partial<Record<2 | 3, number>>,
  ) => (await mergeOf(full({ 0: first, 1: second })))[0]?.slice(1);
  expect(await merged({ 2: 2, 3: 131026 }, { 2: 1, 3: 131026 })).toEqual([10, 3, 131026]);
  expect(await merged({ 2: 2, 3: 131026 }, { 2: 1, 3: 131000 })).toEqual([10, 3, 0]);
  expect(await merged({}, { 2: 1, 3: 131000 })).toEqual([10, 1, 131000]);
  expect(await merged({ 2: 2, 3: 131026 }, {})).toEqual([10, 2, 131026]);
});

test.each([
  [9, ""],
  [10, "failure_share:3/10:131026"],
])(
  "a share counts once so many messages were answered: of %i the reason is %j",
  async (messages, expected) => {
    const { accepted, at, put, fail, reason } = await openRecent({ failureShare: 0.3, sample: 10 });
    await accepted(1, 100);
    await at(200);
    await put([200, 0, 0], [100, messages - 5, 2, 131026], [150, 5, 0, 0]);
    await fail(1);
    expect(await reason()).toBe(expected);
  },
);

test("the share is that of the shortest runs with the group: before it, after it, or on both sides", async () => {
  const stops = { failureShare: 0.5, sample: 10 };
  const told = async (groups: readonly Group[], answered: number) => {
    const { accepted, at, put, fail, reason } = await openRecent(stops);
    await accepted(1, answered);
    await at(900);
    await put([900, 0, 0], ...groups);
    await fail(1);
    return reason();
  };
  const quiet = (since: number, messages: number): Group => [since, messages, 0, 0];
  const bad = (since: number, failures: number, code = 131026): Group => [since, 5, failures, code];
  expect(await told([quiet(100, 90), bad(200, 5), bad(300, 0, 0), quiet(400, 90)], 300)).toBe(
    "failure_share:6/10:131026",
  );
  expect(await told([quiet(100, 90), bad(200, 3), bad(300, 0, 0), quiet(400, 90)], 300)).toBe("");
  expect(await told([quiet(100, 90), bad(300, 3), bad(400, 1), quiet(500, 90)], 300)).toBe(
    "failure_share:5/10:131026",
  );
  // Several codes are told as none.
  expect(await told([quiet(100, 90), bad(200, 5, 131000), bad(300, 0, 0)], 300)).toBe(
    "failure_share:6/10",
  );
  expect(await told([bad(300, 4), quiet(400, 5)], 300)).toBe("failure_share:5/10:131026");
  expect(await told([bad(300, 4), quiet(400, 4)], 300)).toBe("");
  expect(await told([none, bad(300, 3), quiet(400, 5)].slice(1), 300)).toBe("");
});

test("one code in a row counts over groups in which everything failed by it, and no further", async () => {
  const told = async (groups: readonly Group[]) => {
    const { accepted, at, put, fail, reason } = await openRecent({ sameCode: 9 });
    await accepted(1, 300);
    await at(900);
    await put([900, 0, 0], ...groups);
    await fail(1);
    return reason();
  };
  const own: Group = [300, 3, 2, 131026];
  const same = (since: number): Group => [since, 3, 3, 131026];
  expect(await told([same(100), own, same(400)])).toBe("same_code:131026");
  expect(await told([same(100), same(200), own])).toBe("same_code:131026");
  expect(await told([own, same(400), same(500)])).toBe("same_code:131026");
  expect(await told([same(100), own])).toBe("");
  expect(await told([same(100), [300, 4, 2, 131026], same(400)])).toBe("");
  expect(await told([same(100), own, [400, 3, 2, 131026], same(500)])).toBe("");
  expect(await told([same(100), own, [400, 3, 3, 131000], same(500)])).toBe("");
  expect(await told([same(100), [250, 3, 3, 0], own, same(400)])).toBe("");
});
