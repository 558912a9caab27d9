import { describe, expect, test } from "vitest";
import { createPersonSet } from "../../src/store/people/person-set.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";
import { retryFailed } from "../support/retry.ts";

const LATER = { code: 131000 };

/** Every key of the number, with what it holds. */
async function everything({ redis, keys }: TestStore) {
  const prefix = keys.campaigns.slice(0, keys.campaigns.lastIndexOf(":"));
  const read = async (key: string) => {
    const type = await redis.type(key);
    if (type === "hash") return redis.hgetallBuffer(key);
    if (type === "list") return redis.lrange(key, "0", "-1");
    return type === "zset" ? redis.zrange(key, "0", "-1", "WITHSCORES") : redis.getBuffer(key);
  };
  const names = await redis.keys(`${prefix}:*`);
  return Object.fromEntries(
    await Promise.all(names.map(async (key) => [key, await read(key)] as const)),
  );
}

async function failed(rows: number) {
  const bench = await openTestStore();
  const id = await bench.import(rows);
  for (let row = 1; row <= rows; row++) await bench.send(id, row, "failed", LATER);
  const ask = (mode: "count" | "send") => retryFailed(bench.store, id, { codes: new Set(), mode });
  return { bench, id, ask };
}

describe("a retry", () => {
  test("that only counts changes no key, and finds what the one that acts then sends", async () => {
    const { bench, id, ask } = await failed(3);
    await bench.store.optOuts.catchUp();
    const before = await everything(bench);

    const counted = await ask("count");
    const between = await everything(bench);
    const sent = await ask("send");

    expect(between).toEqual(before);
    expect(counted).toEqual({
      ...{ kind: "retried", left: [], waiting: null },
      byCode: [{ code: 131000, reason: 0, count: 3 }],
    });
    expect(sent).toEqual(counted);
    expect(await bench.counts(id)).toEqual({ pending: 3 });
    expect(await ask("send")).toMatchObject({ byCode: [], left: [] });
  });

  test.each([
    ["all", "marketing", 1],
    ["marketing", "marketing", 1],
    ["marketing", "utility", 0],
  ] as const)(
    "leaves a person failed who opted out of %s since, in a campaign of %s",
    async (scope, category, left) => {
      const { bench, id, ask } = await failed(2);
      const person = bench.store.ledger.person(testPhone(2));
      await bench.redis.hset(bench.keys.suppressed, person as never, scope);
      await bench.redis.hset(bench.own(id).campaign, "category", category);

      const answers = [await ask("count"), await ask("send")];

      for (const answer of answers) {
        expect(answer).toMatchObject({
          byCode: [{ code: 131000, count: 2 - left }],
          left: left === 0 ? [] : [{ code: 131000, why: "suppressed", count: 1 }],
        });
      }
      const kept = left === 0 ? {} : { failed: 1 };
      expect(await bench.counts(id)).toEqual({ pending: 2 - left, ...kept });
    },
  );

  test("leaves a person failed whose message of another campaign has no outcome yet", async () => {
    const { bench, id, ask } = await failed(2);
    const other = await bench.import(2);
    const [granted] = await bench.grant(other, 2);

    const answers = [await ask("count"), await ask("send")];
    await bench.record(granted, "accepted", { wamid: "wamid.A" });
    const after = await ask("send");

    for (const answer of answers) {
      expect(answer).toMatchObject({
        byCode: [{ count: 1 }],
        left: [{ code: 131000, why: "open_attempt", count: 1 }],
      });
    }
    expect(after).toMatchObject({ byCode: [{ count: 1 }], left: [] });
    expect(await bench.counts(id)).toEqual({ pending: 2 });
  });

  test("sends one message to a person with two failed rows, also in two batches", async () => {
    const bench = await openTestStore();
    const phone = testPhone(1);
    const outcomes = new Map([2, 150].map((row) => [row, { kind: "pending" as const, phone }]));
    const id = await bench.import(150, { outcomes });
    for (const row of [1, 2, 150]) await bench.send(id, row, "failed", LATER);
    const ask = (mode: "count" | "send") =>
      retryFailed(bench.store, id, { codes: new Set(), mode });

    const answers = [await ask("count"), await ask("send")];

    for (const answer of answers) {
      expect(answer).toMatchObject({
        byCode: [{ count: 1 }],
        left: [{ why: "same_person", count: 2 }],
      });
    }
    expect(await bench.counts(id)).toEqual({ pending: 148, failed: 2 });
  });

  test("sends what would fail again only if its code is named", async () => {
    const bench = await openTestStore();
    const id = await bench.import(3);
    await bench.send(id, 1, "failed", { code: 131026 });
    await bench.send(id, 2, "failed", { code: 999_999 });
    await bench.send(id, 3, "failed", LATER);
    const ask = (...codes: number[]) =>
      retryFailed(bench.store, id, { codes: new Set(codes), mode: "send" });

    expect(await ask()).toMatchObject({
      byCode: [{ code: 131000, count: 1 }],
      left: [
        { code: 131026, why: "in_vain", count: 1 },
        { code: 999_999, why: "not_known", count: 1 },
      ],
    });
    expect(await ask(131026, 999_999)).toMatchObject({ byCode: [{ count: 1 }, { count: 1 }] });
    expect(await bench.counts(id)).toEqual({ pending: 3 });
  });

  test("leaves out whose window does not open again, and says when the first of the others does", async () => {
    const { bench, id } = await failed(4);
    const soon = Date.now() + 3_600_000;
    const opensMs = ({ row }: { row: number }) => [0, null, soon + 1_000, soon][row - 1] ?? null;
    const ask = (mode: "count" | "send") =>
      retryFailed(bench.store, id, { codes: new Set(), mode, opensMs });

    const answers = [await ask("count"), await ask("send")];

    for (const answer of answers) {
      expect(answer).toMatchObject({
        byCode: [{ count: 3 }],
        left: [{ why: "window", count: 1 }],
        waiting: { count: 2, firstMs: soon },
      });
    }
    expect(await bench.counts(id)).toEqual({ pending: 3, failed: 1 });
  });
});

test("a set of persons holds each once, however many there are", () => {
  const set = createPersonSet();
  const digests = Array.from({ length: 5_000 }, (_, at) => {
    const digest = Buffer.alloc(8);
    // The same low half: all begin at one slot.
    digest.writeUInt32LE(at % 3, 0);
    digest.writeUInt32LE(at, 4);
    return digest;
  });

  expect(digests.filter((digest) => set.add(digest)).length).toBe(5_000);
  expect(digests.filter((digest) => set.add(digest))).toEqual([]);
});
