/**
 * With `replicas:R` nothing is acted on that a failover could lose. The replicas here are real ones:
 * one that is frozen by SIGSTOP is connected and confirms nothing.
 */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { createDurable } from "../../src/store/durability.ts";
import { createNumberStore, DEFAULT_LIMITS } from "../../src/store/number-store.ts";
import { startAnswering } from "../support/answering-redis.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openReplicated } from "../support/replicas.ts";

const BEHIND = { kind: "gate", gate: "replicas" };

test("a claim is granted when the replicas have it", async () => {
  const bench = await openReplicated({ count: 2, wanted: 2 });
  const id = await bench.import(1);
  await bench.grant(id, 1);
  const before = bench.store.counter.reading();
  expect(before).toMatch(/^\d/);
  expect(bench.store.replicasBehind()).toBeUndefined();
});

test("a claim that a replica does not have is not acted on, and not remembered", async () => {
  const bench = await openReplicated();
  const id = await bench.import(2);
  await bench.grant(id, 1);
  const before = bench.store.counter.reading();
  const thaw = bench.freeze();

  expect(await bench.claim(id, [2])).toMatchObject(BEHIND);
  expect(bench.store.counter.reading()).toBe(before);
  expect(bench.store.replicasBehind()).toMatchObject({ code: "redis_replicas_behind" });
  expect(bench.store.ledger.closed()).toMatchObject(BEHIND);

  thaw();
  await expect.poll(() => bench.store.ledger.closed()).toBeUndefined();
});

test("a frequency cap that a replica does not have counted lets nothing be claimed", async () => {
  const bench = await openReplicated();
  const id = await bench.import(1);
  const limits = { marketing: [{ messages: 1, hours: 24 }] };
  const capped = { category: "marketing", caps: { limits, outcome: null } } as const;
  const thaw = bench.freeze();
  expect(await bench.claim(id, [1], { capped })).toMatchObject(BEHIND);
  expect(await bench.state(id, 1)).toBe("pending");
  thaw();
  await bench.inStep();
  expect(await bench.claim(id, [1], { capped })).toMatchObject({ kind: "rows" });
  expect(await bench.state(id, 1)).toBe("sending");
});

test("a record with an opt-out is written at once, and says when the replicas have it", async () => {
  const bench = await openReplicated();
  const id = await bench.import(2);
  const [granted, other] = await bench.grant(id, 1, 2);
  const told = { code: 131_050, optOut: true };
  const thaw = bench.freeze();

  const behind = await bench.record(granted, "failed", told);

  expect(await bench.state(id, 1)).toBe("failed");
  expect(await behind.optOutsKept).toBe(false);
  expect((await bench.record(other, "accepted", { wamid: "wamid.A" })).optOutsKept).toBe(undefined);
  thaw();
  await bench.inStep();
  const again = await bench.record(granted, "failed", told);
  expect(await again.optOutsKept).toBe(true);
  expect(await bench.redis.zcard(bench.keys.optOutOutbox)).toBe(1);
});

test("what was not acted on is given back by its nonce, and is claimed again", async () => {
  const bench = await openReplicated();
  const id = await bench.import(1);
  const thaw = bench.freeze();
  const nonce = randomBytes(8);
  expect(await bench.claim(id, [1], { nonce })).toMatchObject(BEHIND);
  expect(await bench.state(id, 1)).toBe("sending");
  const person = bench.store.ledger.person("48600000001");
  await bench.record({ campaign: id, row: 1, attempt: 0, nonce, person }, "wait");
  expect(await bench.state(id, 1)).toBe("pending");
  thaw();
  await bench.inStep();
  await bench.grant(id, 1);
});

test.each([
  { count: 0, wanted: 1 },
  { count: 1, wanted: 2 },
])("with $count of $wanted replicas nothing is granted", async (fleet) => {
  const bench = await openReplicated(fleet);
  const id = await bench.import(1);
  expect(await bench.claim(id, [1])).toMatchObject(BEHIND);
  expect(bench.store.replicasBehind()?.message).toContain(`${fleet.count} of the ${fleet.wanted}`);
});

test("a claim that is repeated on another connection is proved anew", async () => {
  const bench = await openReplicated();
  const id = await bench.import(1);
  const run = await bench.runOf(id, 0);
  bench.freeze();
  const nonce = randomBytes(8);
  await bench.claim(id, [1], { nonce, run });

  const redis = bench.primary.connect();
  const durability = { kind: "replicas", replicas: 1 } as const;
  const other = await openTestStore({}, redis, { durability, number: bench.number });

  expect(await other.claim(id, [1], { nonce, run })).toMatchObject(BEHIND);
});

test("if the connection ends before the proof, the claim counts as not answered", async () => {
  const bench = await openReplicated();
  const id = await bench.import(1);
  const run = await bench.runOf(id, 0);
  bench.freeze();
  const claimed = bench.claim(id, [1], { run });
  const admin = bench.primary.connect();
  await expect.poll(() => admin.client("LIST")).toContain("cmd=wait");
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await expect(claimed).rejects.toThrow();
});

test("to prove what is kept does not say that this is the database from before", async () => {
  const { redis, number, keys } = await openTestStore();
  const durability = { kind: "replicas", replicas: 0 } as const;
  const store = await createNumberStore({ redis, number, durability });
  await redis.hset(keys.guard, "database", "another");

  expect(await store.isKept()).toBe(true);
  expect(await redis.hget(keys.guard, "database")).toBe("another");
});

test("claims at the same time share their waits", async () => {
  const bench = await openReplicated();
  const id = await bench.import(20);
  const run = await bench.runOf(id, 0);
  await bench.redis.config("RESETSTAT");
  const rows = Array.from({ length: 20 }, (_, at) => at + 1);
  const results = await Promise.all(rows.map((row) => bench.claim(id, [row], { run })));
  expect(results.every(({ kind }) => kind === "rows")).toBe(true);
  const stats = await bench.redis.info("commandstats");
  const waits = Number(/cmdstat_wait(?:aof)?:calls=(\d+)/.exec(stats)?.[1]);
  expect(waits).toBeLessThan(10);
});

test("a claim that grants nothing waits for nobody", async () => {
  const bench = await openReplicated();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  const run = await bench.runOf(id, 0);
  bench.freeze();
  expect(await bench.claim(id, [1], { run })).toMatchObject({
    verdicts: [{ kind: "not_pending" }],
  });
});

test("dispatch does not remember claims that a failover can still lose", async () => {
  const bench = await openReplicated();
  const id = await bench.import(2);
  await bench.grant(id, 1);
  const before = bench.store.counter.reading();
  bench.freeze();
  const other = await createNumberStore({
    ...{ redis: bench.primary.connect(), number: bench.number, limits: DEFAULT_LIMITS },
  });
  const run = await bench.runOf(id, 0);
  await other.ledger.claim({
    ...{ campaign: id, batch: 0, run, nonce: randomBytes(8), mode: "sandbox" },
    ...{ ratePerSecond: 1_000, reachMs: 60_000, answerMs: 0 },
    rows: [{ row: 2, person: other.ledger.person("48600000002") }],
  });

  await bench.store.campaigns.dispatch("sandbox", 10);

  expect(bench.store.counter.reading().split(" ")[0]).toBe(before.split(" ")[0]);
});

/** A Redis that answers `WAITAOF` with what `answer` says of the nth question. */
async function watchDisks(answer: (nth: number) => readonly [own: number, others: number]) {
  const asked: string[] = [];
  const port = await startAnswering((words) => {
    if (words[0] !== "waitaof") return "+OK\r\n";
    const [own, others] = answer(asked.push(words.join(" ")));
    return `*2\r\n:${own}\r\n:${others}\r\n`;
  });
  const redis = new Redis({ port, enableReadyCheck: false, protocol: 2 });
  onTestFinished(() => redis.disconnect());
  await redis.ping();
  const { watch } = createDurable(redis, { kind: "replicas", replicas: 2 });
  return { asked, isProved: () => watch()() };
}

test.each([
  { own: 1, others: 2, proved: true },
  { own: 1, others: 1, proved: false },
  { own: 0, others: 2, proved: false },
])(
  "where WAITAOF is known, $own disk of Redis and $others of replicas prove it: $proved",
  async ({ own, others, proved }) => {
    const { isProved } = await watchDisks(() => [own, others]);

    expect(await isProved()).toBe(proved);
  },
);

test("replicas are asked again within the time that they have: by themselves they report each second", async () => {
  const late = await watchDisks((nth) => [1, nth < 3 ? 0 : 2]);
  expect(await late.isProved()).toBe(true);
  expect(late.asked).toEqual(["waitaof 1 2 20", "waitaof 1 2 40", "waitaof 1 2 80"]);

  const never = await watchDisks(() => [1, 0]);
  expect(await never.isProved()).toBe(false);
  const waits = never.asked.map((words) => Number(words.split(" ").at(-1)));
  expect(waits.reduce((sum, ms) => sum + ms)).toBe(1_000);
});

test.each(["NOPERM this user has no permissions", "ERR unknown command", "ERR not here"])(
  "where WAITAOF is refused with %j, WAIT proves it",
  async (refusal) => {
    const port = await startAnswering(([name]) => {
      if (name === "waitaof") return `-${refusal}\r\n`;
      return name === "wait" ? ":1\r\n" : "+OK\r\n";
    });
    const redis = new Redis({ port, enableReadyCheck: false, protocol: 2 });
    onTestFinished(() => redis.disconnect());
    await redis.ping();
    const { watch } = createDurable(redis, { kind: "replicas", replicas: 1 });

    expect(await watch()()).toBe(true);
  },
);

test("a node that takes over behind the same connection is asked for its disks again", async () => {
  let knowsWaitaof = false;
  const port = await startAnswering(([name]) => {
    if (name === "waitaof") return knowsWaitaof ? "*2\r\n:1\r\n:0\r\n" : "-ERR unknown command\r\n";
    return name === "wait" ? ":1\r\n" : "+OK\r\n";
  });
  const redis = new Redis({ port, enableReadyCheck: false, protocol: 2 });
  onTestFinished(() => redis.disconnect());
  await redis.ping();
  const { watch } = createDurable(redis, { kind: "replicas", replicas: 1 });
  expect(await watch()()).toBe(true);
  knowsWaitaof = true;

  const later = performance.now() + 31_000;
  const clock = vi.spyOn(performance, "now").mockReturnValue(later);
  onTestFinished(() => clock.mockRestore());

  // In the memory of a replica, but on no disk.
  expect(await watch()()).toBe(false);
});

test("by default nothing waits for replicas", async () => {
  const own = await startOwnRedis();
  const bench = await openTestStore({}, own.connect());
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  expect(await bench.redis.info("commandstats")).not.toContain("cmdstat_wait");
});
