import { expect, test } from "vitest";
import { deploymentKeys, numberKeys, slotKey } from "../../src/store/keys.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { testDefinition, testPhone } from "../support/campaigns.ts";
import { testNumber } from "../support/redis.ts";
import { kinds, openBench, optOut } from "./opt-out-bench.ts";

test("an opt-out is listed with its scope, its source and its date", async () => {
  const { list, all } = await openBench();
  const from = Date.now();
  await list.add([
    optOut("48600000001", {
      scope: "marketing",
      source: "a\nletter | of May",
      atMs: 1_700_000_000_000,
    }),
    optOut("48600000002"),
  ]);

  const [first, second] = await all();

  expect(first).toEqual({
    phone: "48600000001",
    scope: "marketing",
    source: "a letter | of May",
    at: 1_700_000_000_000,
    ...{ origin: null, who: "" },
  });
  expect(second).toMatchObject({ phone: "48600000002", scope: "all", source: "phone call" });
  expect(second?.at).toBeGreaterThanOrEqual(from - 1_000);
});

test("adding widens a scope, never narrows it, and a repeat changes nothing", async () => {
  const { list, all, redis } = await openBench();
  const changes = [];
  const heads: number[] = [];
  for (const scope of ["marketing", "all", "marketing", "all"] as const) {
    changes.push((await list.add([optOut("48600000001", { scope })])).changes[0]);
    heads.push(Number(await redis.get(deploymentKeys().optOutsHead)));
  }

  expect(changes).toEqual([
    { before: null, now: "marketing" },
    { before: "marketing", now: "all" },
    { before: "all", now: "all" },
    { before: "all", now: "all" },
  ]);
  expect(await all()).toHaveLength(1);
  const [first = 0, second = 0, ...repeats] = heads;
  expect(second).toBeGreaterThan(first);
  expect(repeats).toEqual([second, second]);
});

test("spellings of one person are one entry", async () => {
  const { list, all } = await openBench();
  await list.add([optOut("5215512345678"), optOut("525512345678")]);
  expect((await all()).map(({ phone }) => phone)).toEqual(["525512345678"]);
});

test("a copy applies the list once: an opt-out stops a claim, its removal lets it go", async () => {
  const bench = await openBench();
  const id = await bench.import(2);
  await bench.list.add([optOut(testPhone(1))]);
  await bench.store.optOuts.catchUp();
  expect(kinds(await bench.claim(id, [1]))).toEqual(["opted_out"]);
  const head = await bench.redis.get(deploymentKeys().optOutsHead);
  expect(Number(head)).toBeGreaterThan(0);
  expect(await bench.redis.get(bench.keys.optOutsAt)).toBe(head);

  await bench.list.add([optOut(testPhone(2))]);
  await bench.list.remove([testPhone(2)]);
  await bench.store.optOuts.catchUp();
  expect(await bench.redis.hlen(bench.keys.suppressed)).toBe(1);
  expect(kinds(await bench.claim(id, [2]))).toEqual(["granted"]);
});

test("removing forgets the phone, and somebody who is not on the list stays off it", async () => {
  const { list, all, redis } = await openBench();
  await list.add([optOut("48600000001")]);
  const removed = await list.remove(["48600000001", "48600000002"]);

  expect(removed.changes).toEqual([
    { before: "all", now: null },
    { before: null, now: null },
  ]);
  expect(await all()).toEqual([]);
  expect((await redis.hkeys(deploymentKeys().optOuts)).join()).not.toContain("48600000001");
});

test("a number that is opened later has the list before it can claim", async () => {
  const bench = await openBench();
  await bench.list.add([optOut("48600000001"), optOut("48600000002")]);
  await bench.list.erase("48600000002");

  const later = await openBench(bench.server);

  const { suppressed, optOutsAt } = later.keys;
  expect(await later.redis.hlen(suppressed)).toBe(2);
  expect(await later.redis.hget(suppressed, later.store.ledger.person("48600000002"))).toBe("all");
  expect(await later.redis.get(optOutsAt)).toBe(
    await later.redis.get(deploymentKeys().optOutsHead),
  );
  expect(await later.list.numbers()).toEqual(expect.arrayContaining([bench.number, later.number]));
});

test("an opt-out holds also after the list went back and the numbers' copies did not", async () => {
  const bench = await openBench();
  const { redis, list } = bench;
  const { optOuts, optOutsOrder, optOutsHead, optOutsBy } = deploymentKeys();
  await list.add([optOut("48999000001")]);
  const kept = await Promise.all(
    [optOuts, optOutsOrder, optOutsHead, optOutsBy].map(
      async (key) => [key, await redis.dumpBuffer(key)] as const,
    ),
  );
  await list.add([optOut("48999000002"), optOut("48999000003")]);
  await bench.store.optOuts.catchUp();
  for (const [key, dump] of kept) if (dump) await redis.restore(key, 0, dump, "REPLACE");
  const campaign = await bench.import(2);

  await list.add([optOut(testPhone(1)), optOut(testPhone(2))]);
  await bench.store.optOuts.catchUp();

  expect(kinds(await bench.claim(campaign, [1, 2]))).toEqual(["opted_out", "opted_out"]);
});

test("a page that was read too early or too late changes nothing in the copy", async () => {
  const bench = await openBench();
  await bench.list.add([optOut("48600000001")]);
  const early = await bench.list.after(0);
  await bench.list.remove(["48600000001"]);
  await bench.store.optOuts.catchUp();
  const { number, redis } = bench;
  const run = (from: number, to: number, person: Buffer, scope: string) =>
    Reflect.get(redis, "dropcast-apply-opt-outs").call(
      redis,
      `dropcast:{${number}}`,
      from,
      to,
      person,
      scope,
    );
  const head = Number(await redis.get(deploymentKeys().optOutsHead));
  const [entry] = early?.entries ?? [];
  if (entry === undefined) throw new Error("There was no page.");

  // Read before the removal, told after it.
  expect(await run(0, early?.to ?? 0, entry.person, "all")).toBe(head);
  // Read from further than the copy has come.
  expect(await run(head + 3, head + 4, entry.person, "all")).toBe(head);
  expect(await redis.exists(bench.keys.suppressed)).toBe(0);
  expect(await redis.get(bench.keys.optOutsAt)).toBe(String(head));
});

test("a list of several pages reaches the copy whole", async () => {
  const bench = await openBench();
  const people = Array.from({ length: 2_345 }, (_, at) => optOut(testPhone(at + 1)));
  await bench.list.add(people);
  await bench.store.optOuts.catchUp();
  expect(await bench.redis.hlen(bench.keys.suppressed)).toBe(2_345);
  expect(await bench.all()).toHaveLength(2_345);
});

test("an erased person's opt-out stays as a digest, and an added or removed one finds it", async () => {
  const bench = await openBench();
  const phone = "48600000001";
  await bench.list.add([optOut(phone, { scope: "marketing", atMs: 1_700_000_000_000 })]);
  await bench.list.erase(phone);
  await bench.list.erase("48600000009");
  await bench.store.optOuts.catchUp();

  expect(await bench.all()).toEqual([
    {
      phone: null,
      scope: "marketing",
      source: "erased",
      at: 1_700_000_000_000,
      origin: null,
      who: "",
    },
  ]);
  const again = await bench.list.add([optOut(phone, { scope: "marketing" })]);
  expect(again.changes).toEqual([{ before: "marketing", now: "marketing" }]);
  const wider = await bench.list.add([optOut(phone)]);
  expect(wider.changes).toEqual([{ before: "marketing", now: "all" }]);
  expect((await bench.all()).map((entry) => entry.phone)).toEqual([phone]);
  await bench.list.remove([phone]);
  await bench.store.optOuts.catchUp();
  expect(await bench.redis.exists(bench.keys.suppressed)).toBe(0);
});

test("the check of an import knows opt-outs by category, and 131026 by its age", async () => {
  const bench = await openBench();
  const phones = [1, 2, 3, 4].map(testPhone);
  await bench.list.add([optOut(testPhone(1)), optOut(testPhone(2), { scope: "marketing" })]);
  await bench.store.optOuts.catchUp();
  const id = await bench.import(4);
  await bench.send(id, 3, "failed", { code: 131026 });
  await bench.send(id, 4, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131026, recipient: testPhone(4) });
  const check = (category: "marketing" | "utility", skipUndeliverableMs: number | null) =>
    bench.store.optOuts.check(
      { category, recipients: { ...testDefinition("n").recipients, skipUndeliverableMs } },
      phones,
    );

  expect(await check("marketing", null)).toEqual(["opted_out", "opted_out", null, null]);
  expect(await check("utility", 3_600_000)).toEqual([
    "opted_out",
    null,
    "undeliverable",
    "undeliverable",
  ]);
  await bench.status("wamid.A", "delivered", { recipient: testPhone(4) });
  expect((await check("utility", 3_600_000))[3]).toBeNull();
  await bench.redis.zadd(
    bench.keys.undeliverable,
    Date.now() - 7_200_000,
    bench.store.ledger.person(testPhone(3)),
  );
  expect((await check("utility", 3_600_000))[2]).toBeNull();
});

test("undeliverable numbers are forgotten after a year", async () => {
  const bench = await openBench();
  await bench.redis.zadd(
    bench.keys.undeliverable,
    Date.now() - 366 * 86_400_000,
    "old",
    Date.now(),
    "new",
  );
  await bench.store.optOuts.trim();
  expect(await bench.redis.zrange(bench.keys.undeliverable, "0", "-1")).toEqual(["new"]);
});

test("who was claimed just before the opt-out is waited for until the message can no longer start", async () => {
  const bench = await openBench();
  const id = await bench.import(2);
  await bench.grant(id, 1);
  const wait = await bench.store.optOuts.claimsEndInMs([testPhone(2), testPhone(1)], 2_000);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(2_000);
  expect(await bench.store.optOuts.claimsEndInMs([testPhone(2)], 2_000)).toBe(0);
});

test("a number is opened without a trace, and enters the register when it joins", async () => {
  const { redis, list } = await openBench();
  const number = testNumber();
  const store = await createNumberStore({ redis, number });
  await store.campaigns.live();
  expect(await list.numbers()).not.toContain(number);
  expect(await redis.keys(`${slotKey(number)}:*`)).toEqual([]);

  await store.join();

  expect(await list.numbers()).toContain(number);
  expect(await redis.exists(numberKeys(number).optOutsAt)).toBe(0);
});

test("a number that is opened later knows what was taken back before", async () => {
  const first = await openBench();
  await first.list.add([optOut(testPhone(1))]);
  await first.list.remove([testPhone(1)]);
  const later = await openBench(first.server);
  const person = later.store.ledger.person(testPhone(1));
  const at = Number(await later.redis.hget(later.keys.optedIn, person));
  expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
});
