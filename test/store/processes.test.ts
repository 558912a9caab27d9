import { expect, test } from "vitest";
import { stallWords } from "../../src/export/stall-words.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { createProcesses, type ProcessInfo } from "../../src/store/recovery/processes.ts";
import { createUnheardOptOuts, createUnserved } from "../../src/store/recovery/unserved.ts";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";

const WORKER: ProcessInfo = {
  ...{ role: "worker", version: "1.2.3", numbers: ["main"] },
  ...{ host: "pod-1", pid: 17, startedAt: 1_700_000_000_000 },
};

/** The processes are the whole deployment's, so each of these tests has a Redis of its own. */
async function openBench() {
  const redis = (await startOwnRedis()).connect();
  const keys = deploymentKeys();
  const state = async () => ({
    infos: await redis.hgetall(keys.processes),
    seen: await redis.zrange(keys.processesSeen, "0", "-1"),
  });
  /** Makes what was seen at another time. */
  const seenAgo = (id: string, ms: number) => redis.zadd(keys.processesSeen, Date.now() - ms, id);
  return { redis, processes: createProcesses(redis), state, seenAgo };
}

test("a process that reports itself is there, and gone after its clean stop", async () => {
  const { processes, state } = await openBench();
  await processes.heartbeat("a", WORKER);
  await processes.heartbeat("a", WORKER);
  await processes.heartbeat("b", { ...WORKER, role: "webhooks" });

  const both = await state();
  await processes.leave("a");
  await processes.leave("a");
  const one = await state();

  expect(both.infos).toEqual({
    a: JSON.stringify(WORKER),
    b: JSON.stringify({ ...WORKER, role: "webhooks" }),
  });
  expect([...both.seen].sort()).toEqual(["a", "b"]);
  expect(one).toEqual({ infos: { b: both.infos["b"] }, seen: ["b"] });
});

test("what was not seen for an hour, or only by a clock that was fast, is forgotten", async () => {
  const { processes, state, seenAgo } = await openBench();
  for (const id of ["old", "young", "future"]) await processes.heartbeat(id, WORKER);
  await seenAgo("old", 3_600_001);
  await seenAgo("young", 3_500_000);
  await seenAgo("future", -3_660_000);

  await processes.heartbeat("now", WORKER);

  const { infos, seen } = await state();
  expect(Object.keys(infos).sort()).toEqual(["now", "young"]);
  expect(seen).toEqual(["young", "now"]);
});

test("a role is there for a number and in its mode while one was seen within 90 seconds", async () => {
  const { redis, processes, seenAgo } = await openBench();
  const nothing = await processes.presence("worker", "main");
  await processes.heartbeat("a", WORKER);
  await processes.heartbeat("b", WORKER);
  await seenAgo("a", 240_000);

  const live = await processes.presence("worker", "main");
  await seenAgo("b", 91_000);
  const gone = await processes.presence("worker", "main");

  expect(nothing).toEqual({ isLive: false, lastSeenMs: null, others: 0 });
  expect(live.isLive).toBe(true);
  expect(gone.isLive).toBe(false);
  expect(gone.lastSeenMs).toBeGreaterThanOrEqual(91_000);
  expect(gone.lastSeenMs).toBeLessThan(240_000);
  const others = [
    await processes.presence("worker", "other"),
    await createProcesses(redis, "sandbox").presence("worker", "main"),
    await processes.presence("webhooks", "main"),
  ];
  expect(others.map(({ lastSeenMs }) => lastSeenMs)).toEqual([null, null, null]);
});

test("workers for other numbers only are counted, and receivers are not", async () => {
  const { processes } = await openBench();
  await processes.heartbeat("a", WORKER);
  await processes.heartbeat("b", { ...WORKER, numbers: ["main", "second"] });
  await processes.heartbeat("c", { ...WORKER, role: "webhooks" });

  expect(await processes.presence("worker", "second")).toMatchObject({ isLive: true, others: 1 });
  expect(await processes.presence("worker", "third")).toMatchObject({ isLive: false, others: 2 });
});

test("a number is unserved while it has a campaign to send and no live worker has it", async () => {
  const { redis, processes, seenAgo } = await openBench();
  const unserved = createUnserved({ redis, clientOf: () => redis, mode: "live" });
  const first = await openTestStore({}, redis);
  const second = await openTestStore({}, redis);
  await first.import(1);
  expect(await unserved()).toEqual([{ number: first.number, isRunning: true }]);

  await processes.heartbeat("a", { ...WORKER, numbers: [first.number] });
  expect(await unserved()).toEqual([]);
  await seenAgo("a", 91_000);
  const { schedule } = testDefinition(second.number);
  const later = { schedule: { ...schedule, startAtMs: Date.now() + 3_600_000 } };
  await second.import(1, { definition: testDefinition(second.number, later) });

  expect(await unserved()).toEqual(
    expect.arrayContaining([
      { number: first.number, isRunning: true },
      { number: second.number, isRunning: false },
    ]),
  );
});

test("a number whose name waits in a live worker is not told as one that no worker has", async () => {
  const { redis, processes } = await openBench();
  const asked = { redis, clientOf: () => redis, mode: "live" } as const;
  const { number, keys, import: send } = await openTestStore({}, redis);
  await send(1);
  await redis.zadd(keys.optOutOutbox, Date.now(), "c|1");
  await processes.heartbeat("a", { ...WORKER, waiting: { [number]: "1001 at api" } });

  expect(await createUnserved(asked)()).toEqual([]);
  expect(await createUnheardOptOuts(asked)()).toEqual([number]);
  const workers = await processes.presence("worker", number);
  expect(workers).toEqual({ isLive: false, lastSeenMs: null, others: 1, isWaiting: true });
  const words = stallWords({ number, mode: "live" }, workers);
  expect(words).toContain("sends from the same WhatsApp number under another name");
  expect(words).not.toContain("DROPCAST_CONFIG");
});

test("a number whose node is away keeps no other one from being found unserved or unheard", async () => {
  const { redis } = await openBench();
  const away = (await startOwnRedis()).connect();
  const [first, second] = [await openTestStore({}, redis), await openTestStore({}, redis)];
  for (const { import: send, keys } of [first, second]) {
    await send(1);
    await redis.zadd(keys.optOutOutbox, Date.now(), "c|1");
  }
  const clientOf = (space: string) => (space === first.number ? away : redis);
  away.disconnect();

  const asked = { redis, clientOf, mode: "live" } as const;
  expect(await createUnserved(asked)()).toEqual([{ number: second.number, isRunning: true }]);
  expect(await createUnheardOptOuts(asked)()).toEqual([second.number]);
});

test("opt-outs reported to a number that no live worker has are found, without a campaign as well", async () => {
  const { redis, processes } = await openBench();
  const unheard = createUnheardOptOuts({ redis, clientOf: () => redis, mode: "live" });
  const { number, keys, import: send } = await openTestStore({}, redis);
  await send(1);
  expect(await unheard()).toEqual([]);
  await redis.zadd(keys.optOutOutbox, Date.now(), "c|1");
  expect(await unheard()).toEqual([number]);

  await processes.heartbeat("a", { ...WORKER, numbers: [number] });
  expect(await unheard()).toEqual([]);
});
