import fc from "fast-check";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import type { ApplyResult, AskedEvent, StatusEvent } from "../../src/store/ledger/status-events.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { snapshot } from "../support/snapshot.ts";
import { atOneMoment } from "../support/still-clock.ts";

/**
 * Events that are applied in one call leave what they leave one by one: the same answers, and byte
 * for byte the same keys. Random events about all kinds of messages are applied both ways, from the
 * same state and at the same moment.
 */

/** All that Redis holds of the number, in an order that does not depend on how it was written. */
async function contents({ redis, number }: TestStore): Promise<Record<string, string[]>> {
  const prefix = `dropcast:{${number}}:`;
  const found = (await redis.keys(`${prefix}*`)).sort();
  const all = found.map(async (key) => [key.slice(prefix.length), await contentOf(redis, key)]);
  return Object.fromEntries(await Promise.all(all));
}

async function contentOf(redis: Redis, key: string): Promise<string[]> {
  const text = (value: Buffer) => value.toString("latin1");
  const pairs = (flat: readonly Buffer[]) =>
    flat.flatMap((value, at) => (at % 2 ? [] : [`${text(value)} ${text(flat[at + 1] ?? value)}`]));
  switch (await redis.type(key)) {
    case "string":
      return [(await redis.getBuffer(key))?.toString("latin1") ?? ""];
    case "list":
      return (await redis.lrangeBuffer(key, 0, -1)).map(text);
    case "set":
      return (await redis.smembersBuffer(key)).map(text).sort();
    case "zset":
      return pairs(await redis.zrangeBuffer(key, "0", "-1", "WITHSCORES"));
    case "hash":
      return pairs((await redis.callBuffer("HGETALL", key)) as Buffer[]).sort();
    case "stream":
      // Without their ids, which come from a clock that goes on.
      return (await redis.xrange(key, "-", "+")).map(([, fields]) => fields.join(" "));
    default:
      throw new Error(`The key ${key} has an unexpected type.`);
  }
}

type Outcome = ApplyResult | string;

/** The answers, errors as their words, of events that are applied in these groups. */
async function applyAll(
  { store }: TestStore,
  groups: readonly (readonly AskedEvent[])[],
): Promise<Outcome[]> {
  const answers: Outcome[] = [];
  for (const group of groups) {
    const results = await store
      .applyStatuses(group)
      .catch((error: Error) => group.map(() => error));
    answers.push(...results.map((one) => (one instanceof Error ? one.message : one)));
  }
  return answers;
}

const CAPPED = 131049;
const PAIR = 131056;
/** Rows that a row of the list below says nothing of: they wait. */
const OTHERS = 20;

/**
 * A campaign whose first rows have each another past:
 *
 *     1 accepted · 2 sent · 3 failed · 4 failed, to be sent again · 5 sent again, on the wire
 *     6, 12 accepted without an id · 7 on the wire · 8 unknown · 9 accepted, its value is damaged
 *     10, 11 failed, sent again, and not accepted · wamid.13 waits for row 6, and is damaged
 */
async function fill(bench: TestStore, changes: Partial<CampaignDefinition>): Promise<void> {
  const definition = testDefinition(bench.number, changes);
  const canaryRows = changes.canary === undefined ? {} : { canaryRows: [1, 2, 3] };
  const id = await bench.import(12 + OTHERS, { definition, ...canaryRows });
  const own = bench.own(id);
  // All rows may be claimed here; the trial itself stays on.
  const trials = (await bench.redis.hget(own.campaign, "trials")) ?? "";
  await bench.redis.hset(own.campaign, "trials", "");
  for (const row of [1, 2, 3, 4, 5, 9, 10, 11]) {
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  }
  await bench.status("wamid.2", "sent", { category: "marketing", billable: true });
  const failed = [3, 4, 5, 10, 11];
  for (const row of failed) await bench.status(`wamid.${row}`, "failed", { code: 131026 });
  const again = failed.slice(1).map((row) => ({ row, attempt: 1 }));
  await bench.store.campaigns.retryRows(id, 0, again);
  for (const row of [5, 7]) await bench.grant(id, row);
  for (const row of [10, 11]) await bench.send(id, row, "wait");
  for (const row of [6, 12]) await bench.send(id, row, "accepted");
  await bench.send(id, 8, "unknown", { wamid: "wamid.8" });
  await bench.redis.hset(own.campaign, "trials", trials);
  await bench.redis.hset(own.ledger(0), "8", "\u0001damaged");
  await bench.status("wamid.13", "failed", { code: 131026, recipient: testPhone(6) });
  for (const digest of await bench.redis.hkeysBuffer(bench.keys.parked)) {
    await bench.redis.hset(bench.keys.parked, digest, "damaged");
  }
  // A first failure with this code is written in part before it fails.
  await bench.redis.set(`${own.campaign}:again:${CAPPED}:1`, "damaged");
  // The next message opens the next level of the index.
  await bench.redis.hset(bench.keys.wamidLevels, "size:0", "6399");
}

const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority: "normal" } as const;
const { recipients } = testDefinition("any");

const CAMPAIGNS: readonly [string, Partial<CampaignDefinition>][] = [
  ["plain", {}],
  ["utility", { category: "utility" }],
  ["that sends again by itself", { delivery: { ...delivery, retry: [CAPPED, PAIR] } }],
  ["with a canary", { canary: { size: 3, minDelivered: 0.8, waitMs: 600_000, after: "ask" } }],
  ["of which the first go alone", { recipients: { ...recipients, first: 9 } }],
];

function events(nowMs: number): fc.Arbitrary<AskedEvent> {
  const event = fc.record({
    wamid: fc.integer({ min: 1, max: 16 }).map((row) => `wamid.${row}`),
    status: fc.constantFrom<StatusEvent["status"]>("sent", "delivered", "read", "failed"),
    // Most codes do something beyond their message: opt out, slow down, suspend, pause, send again.
    code: fc.constantFrom(0, 131026, CAPPED, PAIR, 131050, 130429, 131031, 132015),
    recipient: fc.option(
      fc.constantFrom(1, 2, 3, 4, 5, 6, 6, 7, 8, 12, 12, 12).map((row) => testPhone(row)),
      { freq: 4 },
    ),
    atMs: fc.integer({ min: -2_000, max: 60_000 }).map((ago) => nowMs - ago),
    category: fc.constantFrom(null, "marketing", "utility", "marketing_lite"),
    billable: fc.constantFrom(null, true, false),
    origin: fc.constantFrom(null, null, "marketing", "service"),
  });
  const unmatched = fc.constantFrom("park", "park", "park", "park_unmatched", "ask");
  return fc.record({
    event: event.map((one) => ({ ...one, code: one.status === "failed" ? one.code : 0 })),
    unmatched: unmatched as fc.Arbitrary<AskedEvent["unmatched"]>,
  });
}

/** Some come twice, two fail, one is matched and opens a level of the index, two call back. */
function example(nowMs: number): AskedEvent[] {
  const of = (wamid: number, status: StatusEvent["status"], code = 0, row = wamid): AskedEvent => {
    const none = { category: null, billable: null, origin: null };
    const recipient = testPhone(row);
    const event = { wamid: `wamid.${wamid}`, status, code, recipient, atMs: nowMs, ...none };
    return { event, unmatched: "park" };
  };
  return [
    of(1, "sent"),
    of(1, "failed", CAPPED),
    of(9, "sent"),
    of(14, "sent", 0, 6),
    of(15, "sent", 0, 12),
    of(2, "delivered"),
    of(10, "delivered"),
    of(11, "read"),
    of(2, "read"),
    of(2, "read"),
    of(8, "failed", PAIR),
  ];
}

/** Cuts a list into groups of these sizes; what is left is the last group. */
function inGroups<Item>(items: readonly Item[], sizes: readonly number[]): Item[][] {
  const groups: Item[][] = [];
  let from = 0;
  for (const size of [...sizes, items.length]) {
    if (from < items.length) groups.push(items.slice(from, from + size));
    from += size;
  }
  return groups;
}

test.each(CAMPAIGNS)(
  "events of a campaign %s leave together what they leave one by one",
  async (_, changes) => {
    // What is kept on disk is not the question here, and without it the run is many times faster.
    const own = await startOwnRedis({ args: ["--appendonly", "no"] });
    const bench = await openTestStore({}, atOneMoment(own.connect()));
    await bench.store.notices.register([{ id: "e1", name: "receiver #e1" }], "all");
    await fill(bench, changes);
    const putBack = await snapshot(bench);
    const list = fc.array(events(Date.now()), { minLength: 4, maxLength: 24, size: "max" });
    const sizes = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(list, sizes, async (asked, cut) => {
        await putBack();
        const oneByOne = await applyAll(bench, inGroups(asked, Array(asked.length).fill(1)));
        const left = await contents(bench);
        await putBack();
        expect(await applyAll(bench, inGroups(asked, cut))).toEqual(oneByOne);
        expect(await contents(bench)).toEqual(left);
      }),
      { numRuns: 25, examples: [[example(Date.now()), [24]]] },
    );
  },
);

test("an event that cannot be applied fails alone, and says why", async () => {
  const bench = await openTestStore();
  await fill(bench, {});
  const asked = example(Date.now());
  const answers = await applyAll(bench, [asked]);
  const kinds = answers.map((one) => (typeof one === "string" ? "error" : one.kind));
  const moved = Array(11).fill("moved");
  expect(kinds).toEqual(Object.assign(moved, { 2: "error", 3: "error", 9: "unchanged" }));
  await expect(bench.store.applyStatus(...one(asked[2]))).rejects.toThrow(/^ERR .*too short/);
  expect(await bench.store.applyStatus(...one(asked[0]))).toMatchObject({ kind: "unchanged" });
});

test("each answer of a call names its own campaign, row, attempt, state and code", async () => {
  const bench = await openTestStore();
  const [first, second] = [await bench.import(2), await bench.import(3)];
  await bench.send(first, 2, "accepted", { wamid: "wamid.A" });
  await bench.send(second, 3, "accepted", { wamid: "wamid.B" });
  const none = { atMs: Date.now(), category: null, billable: null, origin: null, recipient: null };
  const of = (wamid: string, status: StatusEvent["status"], code = 0) => ({
    event: { ...none, wamid, status, code },
    unmatched: wamid === "wamid.asked" ? ("ask" as const) : ("park" as const),
  });
  const asked = [
    of("wamid.A", "failed", CAPPED),
    of("wamid.B", "read"),
    of("wamid.asked", "sent"),
    of("wamid.parked", "sent"),
    of("wamid.A", "failed", CAPPED),
  ];
  const failed = { campaign: first, row: 2, attempt: 1, state: "failed", code: CAPPED };
  expect(await bench.store.applyStatuses(asked)).toEqual([
    { kind: "moved", ...failed },
    { kind: "moved", campaign: second, row: 3, attempt: 1, state: "read", code: 0 },
    { kind: "unmatched", waits: "none" },
    { kind: "parked" },
    { kind: "unchanged", ...failed },
  ]);
});

const one = ({ event, unmatched }: AskedEvent = example(0)[0] as AskedEvent) =>
  [event, unmatched] as const;
