import { expect, test } from "vitest";
import { numberKeys } from "../../src/store/keys.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { createProcesses, type ProcessInfo } from "../../src/store/recovery/processes.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import { LEDGER_HEADER, SHORT_HEADER } from "../../src/store/scripts/protocol.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";

/** The short and the long form of ledger values and of the wamid index. */

const OLD: Omit<ProcessInfo, "numbers"> = {
  ...{ role: "webhooks", version: "0.9.0", host: "pod-1", pid: 17 },
  startedAt: 1_700_000_000_000,
};

async function ledgerValue(bench: TestStore, id: string, row: number): Promise<Buffer> {
  const value = await bench.redis.hgetBuffer(bench.own(id).ledger(0), String(row - 1));
  if (value === null) throw new Error(`Row ${row} has no value.`);
  return value;
}

/** Bytes of each entry of the index. */
async function indexBytes(bench: TestStore): Promise<number[]> {
  const keys = await bench.redis.keys(`dropcast:{${bench.number}}:wamid:*`);
  const read = async (key: string) => {
    const [fields, values] = [
      await bench.redis.hkeysBuffer(key),
      await bench.redis.hvalsBuffer(key),
    ];
    return fields.map((field, at) => field.length + (values[at]?.length ?? 0));
  };
  return (await Promise.all(keys.map(read))).flat().toSorted((a, b) => a - b);
}

test("a first attempt takes eight bytes less, and half an entry of the index", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.redis.set(bench.keys.schema, 3);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.redis.set(bench.keys.schema, SCHEMA);
  await bench.send(id, 2, "accepted", { wamid: "wamid.B" });

  const [long, short] = [await ledgerValue(bench, id, 1), await ledgerValue(bench, id, 2)];
  expect([long.length, short.length]).toEqual([20, 12]);
  expect(await indexBytes(bench)).toEqual([6 + 5, 8 + 10]);
});

test("what was stored before is read, found and moved on, and is short from then on", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.redis.set(bench.keys.schema, 3);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  const [onWire] = await bench.grant(id, 2);
  await bench.redis.set(bench.keys.schema, SCHEMA);

  const price = { category: "utility", billable: true };
  expect(await bench.status("wamid.A", "sent", price)).toMatchObject({ kind: "moved", row: 1 });
  expect(await bench.status("wamid.A", "read")).toMatchObject({ kind: "moved", row: 1 });
  await bench.record(onWire, "accepted", { wamid: "wamid.B" });

  const { value } = await bench.row(id, 1);
  expect(value).toMatchObject({ state: "read", attempt: 1, code: 0, flags: [], price });
  expect(Object.keys(value.times)).toEqual(["claimed", "accepted", "sent", "read"]);
  expect((await ledgerValue(bench, id, 1)).length).toBe(SHORT_HEADER.bytes + 4 * 4);
  expect((await ledgerValue(bench, id, 2)).length).toBe(SHORT_HEADER.bytes + 2 * 4);
  expect(await bench.counts(id)).toEqual({ accepted: 1, read: 1 });
});

test("what has no place in the short form is written in the long one", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await bench.send(id, 1, "failed", { code: 131026 });
  await bench.send(id, 2, "retry", { reason: 33 });
  await bench.send(id, 3, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131049 });

  for (const row of [1, 2, 3]) expect((await ledgerValue(bench, id, row))[0]).toBe(1);
  expect((await bench.row(id, 1)).value).toMatchObject({ state: "failed", code: 131026 });
  expect((await bench.row(id, 2)).value).toMatchObject({ state: "pending", tries: 1, reason: 33 });
  expect((await bench.row(id, 3)).value).toMatchObject({ state: "failed", code: 131049 });
});

test("a second attempt takes the place of the first in the index, in whatever form that is", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.redis.set(bench.keys.schema, 3);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
  await bench.redis.set(bench.keys.schema, SCHEMA);
  const [second] = await bench.grant(id, 1);
  await bench.record(second, "wait", { waitMs: 60_000 });
  // It calls the retry back, and the message is found under the attempt that took its place.
  expect(await bench.status("wamid.A", "delivered")).toMatchObject({ kind: "moved", row: 1 });
  const read = await bench.status("wamid.A", "read");
  expect(read).toMatchObject({ kind: "moved", state: "read", attempt: 2 });
  expect(await indexBytes(bench)).toEqual([6 + 10, 8 + 10]);
});

test("a new number writes no short forms while a process runs that may not read them, whatever its numbers", async () => {
  const redis = (await startOwnRedis()).connect();
  const processes = createProcesses(redis);
  const layoutOfNew = async () => {
    const number = testNumber();
    await (await createNumberStore({ redis, number })).join();
    return redis.get(numberKeys(number).schema);
  };

  await processes.heartbeat("old", { ...OLD, numbers: ["another"] });
  expect(await layoutOfNew()).toBe("3");
  await processes.heartbeat("old", { ...OLD, numbers: ["another"], layout: SCHEMA - 1 });
  expect(await layoutOfNew()).toBe("3");
  await processes.heartbeat("old", { ...OLD, numbers: ["another"], layout: SCHEMA });
  expect(await layoutOfNew()).toBe(String(SCHEMA));
});

test.each([null, 2])(
  "data of layout %s gets short forms after its start, and not by it",
  async (found) => {
    const bench = await openTestStore({}, (await startOwnRedis()).connect());
    const { redis, keys, store } = bench;
    await bench.import(1);
    if (found === null) await redis.del(keys.schema);
    else await redis.set(keys.schema, found);

    await store.join();
    expect(await redis.get(keys.schema)).toBe("3");
    await store.finishUpgrade();
    expect(await redis.get(keys.schema)).toBe(String(SCHEMA));
    await store.join();
    await store.finishUpgrade();
    expect(await redis.get(keys.schema)).toBe(String(SCHEMA));
  },
);

test("data that lacks earlier steps does not get the last one", async () => {
  const { redis, keys, store } = await openTestStore();
  await redis.set(keys.schema, 2);
  await store.finishUpgrade();
  expect(await redis.get(keys.schema)).toBe("2");
});

test("a slow process does not take back the layout that another has reached", async () => {
  const { redis, keys, number } = await openTestStore();
  const run = createScriptRunner(redis, number);
  await redis.del(keys.schema);
  expect(await run("raise-layout", { layout: 3 })).toBe(3);
  expect(await run("raise-layout", { layout: 4 })).toBe(4);
  expect(await run("raise-layout", { layout: 3 })).toBe(4);
  expect(await redis.get(keys.schema)).toBe("4");
});

test("state and flags are at the same place in both forms, since some scripts read only those", () => {
  expect(SHORT_HEADER.at.state).toBe(LEDGER_HEADER.at.state);
  expect(SHORT_HEADER.at.flags).toBe(LEDGER_HEADER.at.flags);
});
