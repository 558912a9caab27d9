import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import type { AttemptRecord } from "../../src/store/ledger/attempt-rows.ts";
import { UNOBSERVED } from "../../src/worker/observer.ts";
import { createRecorder } from "../../src/worker/recorder.ts";
import { SOON } from "../support/soon.ts";

type Record = (campaign: string, records: readonly AttemptRecord[]) => Promise<string>;

/**
 * A recorder on a ledger that answers each call as `answer` does: with the state of every row.
 * `isKept`: whether replicas have the opt-outs of a call.
 */
function openRecorder(answer: Record, isKept = async () => true) {
  const written: [campaign: string, rows: number[]][] = [];
  const failed: object[] = [];
  const troubles: string[] = [];
  const logged: object[] = [];
  const recorder = createRecorder({
    ledger: {
      async record(campaign, records) {
        const state = await answer(campaign, records);
        written.push([campaign, records.map(({ row }) => row)]);
        const told = { states: records.map(() => state), stopped: false };
        const hasOptOut = records.some(({ optOut }) => optOut);
        return (hasOptOut ? { ...told, optOutsKept: isKept() } : told) as never;
      },
    },
    onFailed: async (message) => void failed.push(message),
    logger: pino({}, { write: (line: string) => void logged.push(JSON.parse(line) as object) }),
    troubles: (error) => void troubles.push(String(error)),
    observer: UNOBSERVED,
  });
  return { recorder, written, failed, troubles, logged };
}

function outcome(row: number, optOut = false): AttemptRecord {
  return { row, attempt: 1, optOut } as AttemptRecord;
}

const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("outcomes of one turn are written together, 64 in a call, each campaign by itself", async () => {
  const { recorder, written } = openRecorder(async () => "accepted");
  for (const row of rows(1, 100)) recorder.add("main-1", outcome(row));
  recorder.add("main-2", outcome(1));
  expect(recorder.waiting()).toBe(101);

  await recorder.settled();

  expect(recorder.waiting()).toBe(0);
  expect(written).toEqual([
    ["main-1", rows(1, 64)],
    ["main-1", rows(65, 100)],
    ["main-2", [1]],
  ]);
});

function pendingState() {
  let resolve = (): void => {};
  const promise = new Promise<string>((settled) => {
    resolve = () => settled("accepted");
  });
  return { promise, resolve: () => resolve() };
}

test("outcomes that come while a call is under way go together into the next one", async () => {
  const { promise, resolve } = pendingState();
  const { recorder, written } = openRecorder(async (_, [first]) =>
    first?.row === 1 ? promise : "accepted",
  );
  for (const row of rows(1, 3)) {
    recorder.add("main-1", outcome(row));
    await setImmediate();
  }
  for (const row of rows(101, 164)) recorder.add("main-2", outcome(row));
  resolve();
  await recorder.settled();
  expect(written[0]).toEqual(["main-1", [1]]);
  expect(written[1]).toEqual(["main-1", [2, 3]]);
});

test("a whole call of outcomes does not wait for the one under way", async () => {
  const { promise, resolve } = pendingState();
  const { recorder, written } = openRecorder(async (_, [first]) =>
    first?.row === 1 ? promise : "accepted",
  );
  recorder.add("main-1", outcome(1));
  await setImmediate();
  for (const row of rows(2, 65)) recorder.add("main-1", outcome(row));
  await setImmediate();
  expect(written).toEqual([["main-1", rows(2, 65)]]);
  resolve();
  await recorder.settled();
});

test("what Redis could not take is told again until it holds", async () => {
  let calls = 0;
  const { recorder, written, troubles } = openRecorder(async () => {
    if (++calls < 3) throw new Error("LOADING Redis is loading the dataset in memory");
    return "accepted";
  });
  recorder.add("main-1", outcome(1));

  await recorder.settled();

  expect([calls, troubles.length]).toEqual([3, 2]);
  expect(written).toEqual([["main-1", [1]]]);
});

test("a record that can never be written keeps none of the others back", async () => {
  const { recorder, written, troubles, logged } = openRecorder(async (_, records) => {
    if (records.some(({ row }) => row === 2)) throw new RangeError("row 2 does not fit");
    return "accepted";
  });
  for (const row of [1, 2, 3]) recorder.add("main-1", outcome(row));

  await recorder.settled();

  expect(written).toEqual([
    ["main-1", [1]],
    ["main-1", [3]],
  ]);
  expect(recorder.waiting()).toBe(0);
  // It is the only word of this message until its lease ends.
  expect(logged).toMatchObject([{ level: 50, campaign: "main-1", row: 2, attempt: 1 }]);
  expect(troubles).toEqual([]);
});

test("a Redis that takes no records is asked again after a while, not without a pause", async () => {
  let calls = 0;
  let isAway = true;
  const { recorder } = openRecorder(async () => {
    calls++;
    if (isAway) throw new Error("LOADING Redis is loading the dataset in memory");
    return "accepted";
  });
  recorder.add("main-1", outcome(1));
  setTimeout(() => {
    isAway = false;
  }, 400);

  await recorder.settled();

  // At 0, 50, 150 and 350 ms, and when it is back; fewer on a busy machine.
  expect(calls).toBeLessThanOrEqual(5);
});

test.each([
  ["a bug of ours", 1, new TypeError("x is undefined")],
  ["a key of another type", 1, new Error("WRONGTYPE Operation against a key")],
  ["an error of the script", 1, new Error("ERR user_script:1: no")],
  ["a Redis whose memory is full", 2, new Error("OOM command not allowed")],
  ["a lost connection", 2, new Error("Connection is closed.")],
] as const)("after %s, a record is tried %s times", async (_, tries, error) => {
  let calls = 0;
  const { recorder } = openRecorder(async () => {
    if (++calls === 1) throw error;
    return "accepted";
  });
  recorder.add("main-1", outcome(1));
  await recorder.settled();
  expect(calls).toBe(tries);
});

test("a failed job that cannot be added is told, and the record holds all the same", async () => {
  const troubles: unknown[] = [];
  const recorder = createRecorder({
    ledger: { record: async () => ({ states: ["failed"], stopped: false }) },
    onFailed: () => Promise.reject(new Error("the queue timed out")),
    logger: pino({ level: "silent" }),
    troubles: (error, _words, fields) => void troubles.push([String(error), fields]),
    observer: UNOBSERVED,
  });
  recorder.add("main-1", outcome(7));
  await recorder.settled();
  const fields = { campaign: "main-1", row: 7, attempt: 1 };
  await vi.waitFor(() => {
    expect(troubles).toEqual([["Error: the queue timed out", fields]]);
  }, SOON);
  expect(recorder.waiting()).toBe(0);
});

test("a failed message gets its job once its record holds", async () => {
  const { recorder, failed } = openRecorder(async () => "failed");
  recorder.add("main-1", outcome(7));
  await recorder.settled();
  expect(failed).toEqual([{ campaign: "main-1", row: 7, attempt: 1 }]);
});

test("opt-outs that replicas lack are recorded again, and keep no other outcome waiting", async () => {
  let areBehind = true;
  const { recorder, written, troubles } = openRecorder(
    async () => "failed",
    async () => !areBehind,
  );
  for (const campaign of ["main-1", "main-2"]) {
    recorder.add(campaign, outcome(1, true));
    recorder.add(campaign, outcome(2));
  }
  const repeated = (campaign: string) =>
    written.filter(([of, rows]) => of === campaign && rows.join() === "1");
  await vi.waitFor(() => expect(repeated("main-1").length).toBeGreaterThan(1), SOON);

  recorder.add("main-3", outcome(7));

  await vi.waitFor(() => expect(recorder.waiting()).toBe(0), SOON);
  expect(written).toContainEqual(["main-3", [7]]);
  expect(recorder.keeping()).toBe(2);
  expect(troubles[0]).toContain("NOREPLICAS");
  areBehind = false;
  await recorder.settled();
  expect(recorder.keeping()).toBe(0);
  expect(repeated("main-2").length).toBeGreaterThan(0);
});
