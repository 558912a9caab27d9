import { expect, test } from "vitest";
import type { CanaryRules } from "../../src/core/trial.ts";
import type { ImportOutcome, ImportRow } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

const WAIT_MS = 600_000;
const RULES: CanaryRules = { size: 5, minDelivered: 0.8, waitMs: WAIT_MS, after: "go" };

/** Five rows spread over five batches of a list with 450 rows. */
const CANARY = [45, 135, 225, 315, 405];

function importCanary(bench: TestStore, rules: Partial<CanaryRules> = {}): Promise<string> {
  const definition = testDefinition(bench.number, { canary: { ...RULES, ...rules } });
  return bench.import(450, { definition, canaryRows: CANARY });
}

function importFirst(bench: TestStore, first: number, outcomes?: Map<number, ImportOutcome>) {
  const { recipients, ...rest } = testDefinition(bench.number);
  const definition = { ...rest, recipients: { ...recipients, first } };
  return bench.import(450, { definition, ...(outcomes === undefined ? {} : { outcomes }) });
}

/** Grants a row, and tells that it was accepted, and what a webhook said then. */
async function send(bench: TestStore, id: string, row: number, ...told: string[]): Promise<void> {
  const wamid = `wamid.${id}-${row}`;
  await bench.send(id, row, "accepted", { wamid });
  for (const status of told) await bench.status(wamid, status as "delivered", { code: 131026 });
}

async function kindOf(bench: TestStore, id: string, row: number): Promise<string> {
  const { ready, open } = bench.own(id);
  const batch = String(Math.floor((row - 1) / 100));
  // As a stale job: the batch is opened by force.
  await bench.redis.zrem(ready, batch);
  await bench.redis.hset(open, batch, 99);
  const result = await bench.claim(id, [row], { run: 99 });
  await bench.store.ledger.close(id, Number(batch), 99);
  return result.kind === "gate" ? result.gate : (result.verdicts[0]?.kind ?? "none");
}

/** The batches with work: in `ready`, and set aside. */
async function batches(bench: TestStore, id: string) {
  const { ready, aside, beyond } = bench.own(id);
  const read = (key: string) => bench.redis.zrange(key, "0", "-1");
  return { ready: await read(ready), aside: [...(await read(aside)), ...(await read(beyond))] };
}

/** The whole state of the trial: nothing of it is left when it is over. */
async function leftovers(bench: TestStore, id: string): Promise<number> {
  const { trial, first, chosen, aside, beyond } = bench.own(id);
  const scheduled = await bench.redis.zscore(bench.keys.trials, id);
  const keys = await bench.redis.exists(trial, first, chosen, aside, beyond);
  return keys + (scheduled === null ? 0 : 1);
}

test("only the batches of the canary are ready, and only its rows are granted, whatever job runs", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1", "2", "3", "4"], aside: [] });
  for (const row of [1, 44, 46, 100, 450]) {
    expect(await kindOf(bench, id, row)).toBe("not_in_trial");
  }
  await send(bench, id, 45);
  expect(await bench.redis.hgetall(bench.own(id).trial)).toMatchObject({
    kind: "canary",
    size: "5",
    4: "4",
    6: "1",
  });
  expect(await bench.counts(id)).toEqual({ pending: 449, accepted: 1 });
});

test("a worker loads no row that a trial keeps back, so it counts none of their people", async () => {
  const bench = await openTestStore();
  const loaded = async (id: string, batch: number) => {
    const { createdAt } = await bench.found(id);
    return (await bench.store.ledger.load(id, batch, createdAt))?.rows.map(({ row }) => row);
  };
  const canary = await importCanary(bench);
  expect(await loaded(canary, 1)).toEqual([135]);
  const first = await importFirst(bench, 102);
  expect(await loaded(first, 1)).toEqual([101, 102]);
  expect(await loaded(first, 2)).toEqual([]);
  expect(await loaded(await bench.import(3), 0)).toEqual([1, 2, 3]);
});

test("a batch whose canary rows are claimed is set aside, and is not opened while the others wait", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45);
  const run = await bench.runOf(id, 0);
  expect(await bench.store.ledger.close(id, 0, run)).toBeGreaterThan(0);
  expect((await batches(bench, id)).aside).toEqual(["0"]);
  await bench.store.campaigns.dispatch("sandbox", 1_000);
  expect(await bench.redis.hexists(bench.own(id).open, "0")).toBe(0);
  expect((await bench.store.campaigns.dispatch("sandbox", 1_000)).opened).toEqual([]);
});

test("once enough are delivered the rest goes at once, with canary rows still pending", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  for (const row of CANARY.slice(0, 3)) await send(bench, id, row, "delivered");
  expect((await bench.found(id)).trial).toEqual({
    ...{ kind: "canary", size: 5, sent: 3, delivered: 3, failed: 0, needed: 4, until: null },
  });
  await send(bench, id, 315, "read");
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
  expect(await leftovers(bench, id)).toBe(0);
  const { news } = await bench.store.takeNews({ takenMax: 9, linesMax: 9, minuteMs: 60_000 });
  expect(news.at(-1)).toMatchObject({ kind: "passed", reason: "canary:passed:4:5:4:0" });
  for (const row of [1, 100, 405]) await bench.grant(id, row);
});

test("then: ask pauses with the figures, and resume sends the rest", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench, { after: "ask" });
  for (const row of CANARY.slice(0, 4)) await send(bench, id, row, "delivered");
  expect(await bench.found(id)).toMatchObject({
    status: "paused",
    reason: "canary:passed:4:5:4:0",
  });
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "running" });
  expect(await leftovers(bench, id)).toBe(0);
  await bench.grant(id, 1);
});

test("it stops at once when too many have failed, and resume is a person's decision to go on", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45, "failed");
  expect((await bench.found(id)).status).toBe("running");
  await send(bench, id, 135, "failed");
  const paused = { status: "paused", reason: "canary:failed:0:5:4:2" };
  expect(await bench.found(id)).toMatchObject(paused);
  await bench.status(`wamid.${id}-45`, "delivered");
  expect(await bench.found(id)).toMatchObject(paused);
  await bench.store.campaigns.resume(id);
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
  await bench.grant(id, 1, 2, 3);
});

test("accepted and unknown do not count as delivered; the wait counts from the last claim", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  for (const row of CANARY.slice(0, 4))
    await send(bench, id, row, row === 45 ? "sent" : "delivered");
  await bench.later(WAIT_MS + 1);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
  await bench.send(id, 405, "unknown");
  const { trial } = await bench.found(id);
  expect(Math.abs((trial?.until ?? 0) - Date.now() - WAIT_MS)).toBeLessThan(5_000);
  await bench.later(WAIT_MS - 5_000);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
  await bench.later(5_000);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "canary:late:3:5:4:0" });
  await bench.store.campaigns.dispatch("sandbox", 1_000);
  expect(await bench.redis.zcard(bench.keys.trials)).toBe(0);
});

test("a canary row that is sent again starts the wait again, and finds its batch ready", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  for (const row of CANARY.slice(0, 4)) await send(bench, id, row);
  for (const batch of [0, 1, 2, 3]) {
    await bench.store.ledger.close(id, batch, await bench.runOf(id, batch));
  }
  const [granted] = await bench.grant(id, 405);
  await bench.store.ledger.close(id, 4, await bench.runOf(id, 4));
  expect((await batches(bench, id)).aside).toEqual(["0", "1", "2", "3", "4"]);
  await bench.record(granted, "wait", { waitMs: 1_000 });
  expect(await batches(bench, id)).toEqual({ ready: ["4"], aside: ["0", "1", "2", "3"] });
  await bench.later(WAIT_MS);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
  await bench.grant(id, 405);
  await bench.store.campaigns.dispatch("sandbox", 0);
  expect((await bench.found(id)).status).toBe("running");
});

test("a pause keeps the canary, and a cancel ends it", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45, "delivered");
  await bench.store.campaigns.pause(id, "operator");
  for (const row of CANARY.slice(1, 4)) expect(await kindOf(bench, id, row)).toBe("paused");
  await bench.store.campaigns.resume(id);
  expect(await kindOf(bench, id, 1)).toBe("not_in_trial");
  expect((await bench.found(id)).trial).toMatchObject({ kind: "canary", delivered: 1 });
  await bench.store.campaigns.cancel(id);
  expect(await bench.found(id)).toMatchObject({ status: "cancelled", trial: null });
  expect(await bench.counts(id)).toEqual({ delivered: 1, cancelled: 449 });
});

test("a person who resumes after another pause is told first that the canary has failed", async () => {
  const bench = await openTestStore();
  const id = await importCanary(bench);
  await send(bench, id, 45);
  await send(bench, id, 135);
  await bench.store.campaigns.pause(id, "operator");
  await bench.status(`wamid.${id}-45`, "failed");
  await bench.status(`wamid.${id}-135`, "failed");
  expect((await bench.found(id)).reason).toBe("operator");
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "paused" });
  expect((await bench.found(id)).reason).toBe("canary:failed:0:5:4:2");
  expect(await bench.store.campaigns.resume(id)).toMatchObject({ status: "running" });
});

test("canary rows that opted out make it smaller; one of none but such is told so", async () => {
  const bench = await openTestStore();
  const optOut = (row: number) =>
    bench.redis.hset(bench.keys.suppressed, bench.store.ledger.person(testPhone(row)), "all");
  const id = await importCanary(bench);
  await optOut(45);
  await bench.claim(id, [45]);
  expect((await bench.found(id)).trial).toMatchObject({ size: 5, needed: 4 });
  await optOut(135);
  await bench.claim(id, [135]);
  expect((await bench.found(id)).trial).toMatchObject({ size: 5, needed: 3 });
  for (const row of [225, 315, 405]) {
    await optOut(row);
    await bench.claim(id, [row]);
  }
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "canary:none:0:0:1:0" });
});

test("a list that is all canary is finished, never paused, and keeps nothing of it", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, { canary: RULES });
  const id = await bench.import(3, { definition, canaryRows: [1, 2, 3] });
  for (const row of [1, 2, 3]) await send(bench, id, row);
  expect(await bench.found(id)).toMatchObject({ status: "finished", trial: null });
  expect(await leftovers(bench, id)).toBe(0);
});

test("the first 150 rows that may go are sent, then the campaign asks", async () => {
  const bench = await openTestStore();
  const duplicate: ImportOutcome = { kind: "duplicate", phone: testPhone(1), of: 2 };
  const id = await importFirst(
    bench,
    150,
    new Map([
      [1, duplicate],
      [101, duplicate],
    ]),
  );
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1"], aside: ["2", "3", "4"] });
  expect((await bench.found(id)).trial).toMatchObject({ kind: "first", size: 150, needed: null });
  expect(await kindOf(bench, id, 153)).toBe("not_in_trial");
  for (let row = 2; row <= 151; row++) if (row !== 101) await send(bench, id, row);
  expect((await bench.found(id)).status).toBe("running");
  const [last] = await bench.grant(id, 152);
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(last, "unknown");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:150" });
  await bench.store.campaigns.resume(id);
  expect(await leftovers(bench, id)).toBe(0);
  await bench.grant(id, 401);
  await bench.grant(id, 153);
});

test("the first N are counted over the chunks of an import, and once more if it begins again", async () => {
  const bench = await openTestStore();
  const { recipients, ...rest } = testDefinition(bench.number);
  const { imports } = bench.store;
  const begin = async (first: number) => {
    const begun = await imports.begin({
      ...{ digest: `list of ${bench.number}`, again: false, file: "list.csv", mode: "sandbox" },
      columns: ["phone"],
      definition: { ...rest, recipients: { ...recipients, first } },
    });
    if (begun.kind !== "begun") throw new Error(begun.kind);
    return begun;
  };
  const rowsOf = (batch: number): ImportRow[] =>
    Array.from({ length: 100 }, (_, place) => {
      const phone = testPhone(batch * 100 + place + 1);
      // Every second row is of a person who is on the list already.
      const outcome: ImportOutcome =
        place % 2 === 0 ? { kind: "duplicate", phone, of: 1 } : { kind: "pending", phone };
      return { cells: [phone], outcome };
    });
  const chunk = (begun: { campaign: string; token: string }, firstBatch: number, count: number) =>
    imports.chunk({
      ...{ ...begun, firstBatch },
      batches: Array.from({ length: count }, (_, at) => ({ rows: rowsOf(firstBatch + at) })),
    });

  await chunk(await begin(75), 0, 2);
  await bench.later(10_000);
  const begun = await begin(120);
  for (const [first, count] of [
    [0, 1],
    [1, 2],
    [1, 2],
    [3, 1],
  ] as const) {
    await chunk(begun, first, count);
  }
  const id = begun.campaign;
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1", "2"], aside: ["3"] });
  await imports.finish({ ...begun, rows: 400, batches: 4 });
  const { first } = bench.own(id);
  // The 20th of the third batch.
  expect(await bench.redis.hmget(first, "kind", "size", "upTo")).toEqual(["first", "120", "240"]);
  expect(await kindOf(bench, id, 242)).toBe("not_in_trial");
  expect(await kindOf(bench, id, 240)).toBe("granted");
});

test("a list with no more rows than the first N has no trial", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 450);
  expect((await bench.found(id)).trial).toBeNull();
  expect(await batches(bench, id)).toEqual({ ready: ["0", "1", "2", "3", "4"], aside: [] });
});

/** Rows 2 and 3 are the first two; row 1 was rejected by the import and is correct by now. */
async function importCorrected(bench: TestStore): Promise<string> {
  const rejected: ImportOutcome = { kind: "rejected", code: "phone_missing", column: "phone" };
  const id = await importFirst(bench, 2, new Map([[1, rejected]]));
  const [own, batch] = [
    await bench.store.corrections.campaign(id),
    await bench.store.corrections.batch(id, 0),
  ];
  if (own === undefined || batch === undefined) throw new Error("There is nothing to correct.");
  const rows = [{ row: 1, phone: testPhone(1), cells: [testPhone(1), "Ann"] }];
  await bench.store.corrections.apply(id, batch, { rows, rewrites: own.rewrites });
  return id;
}

test("a corrected row whose claim Redis lost counts as one of the first N, none below zero", async () => {
  const bench = await openTestStore();
  const id = await importCorrected(bench);
  const [second, third] = await bench.grant(id, 2, 3);
  const person = bench.store.ledger.person(testPhone(1));

  await bench.record({ ...second, row: 1, person }, "accepted", { wamid: "wamid.1" });

  const { first } = bench.own(id);
  expect(await bench.redis.hgetall(first)).toMatchObject({ 4: "0", 5: "2", 6: "1" });
  await bench.record(second, "accepted", { wamid: "wamid.2" });
  expect((await bench.found(id)).status).toBe("running");
  await bench.record(third, "accepted", { wamid: "wamid.3" });
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
});

test("a row of the first N that was corrected since waits with the rest", async () => {
  const bench = await openTestStore();
  const id = await importCorrected(bench);
  expect(await kindOf(bench, id, 1)).toBe("not_in_trial");
  await send(bench, id, 2);
  await send(bench, id, 3);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
  await bench.store.campaigns.resume(id);
  await bench.grant(id, 1);
});

test("a canary among the first N goes before them, and they before the rest", async () => {
  const bench = await openTestStore();
  const { recipients, ...rest } = testDefinition(bench.number, { canary: { ...RULES, size: 2 } });
  const definition = { ...rest, recipients: { ...recipients, first: 150 } };
  const id = await bench.import(450, { definition, canaryRows: [38, 113] });
  expect(await kindOf(bench, id, 1)).toBe("not_in_trial");
  await send(bench, id, 38, "delivered");
  await send(bench, id, 113, "delivered");
  expect((await bench.found(id)).trial).toMatchObject({ kind: "first", size: 150, sent: 2 });
  expect(await kindOf(bench, id, 151)).toBe("not_in_trial");
  for (let row = 1; row <= 150; row++) if (row !== 38 && row !== 113) await send(bench, id, row);
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:150" });
});

test("a probe sends some rows that are due, and goes on or pauses again by their outcomes", async () => {
  const bench = await openTestStore();
  const id = await bench.import(450);
  const [other] = await bench.grant(id, 1);
  await bench.record(other, "wait", { waitMs: 60_000 });
  const probe = (size: number) => bench.store.resumeWithProbe(id, { ...RULES, size });
  expect(await probe(2)).toMatchObject({ kind: "unchanged", status: "running" });
  await bench.store.campaigns.pause(id, "failures:131008");
  expect(await probe(2)).toMatchObject({ kind: "changed", status: "running", probe: 2 });
  expect(await bench.redis.smembers(bench.own(id).chosen)).toEqual(["2", "3"]);
  expect(await kindOf(bench, id, 301)).toBe("not_in_trial");
  await send(bench, id, 2, "failed");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "probe:failed:0:2:2:1" });
  await probe(1);
  await send(bench, id, 3, "delivered");
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
  await bench.grant(id, 301);
});

test("a probe takes rows whose window is open before the others", async () => {
  const bench = await openTestStore();
  const id = await bench.import(450);
  await bench.store.campaigns.pause(id, "operator");
  const isOpen = ({ row }: { row: number }) => row % 50 === 7;
  await bench.store.resumeWithProbe(id, { ...RULES, size: 10 }, isOpen);
  const chosen = (await bench.redis.smembers(bench.own(id).chosen)).map(Number);
  expect(chosen.sort((a, b) => a - b)).toEqual([1, 7, 57, 107, 157, 207, 257, 307, 357, 407]);
});

test("a probe takes no row that waits a day for a further try", async () => {
  const bench = await openTestStore();
  const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority: "normal" } as const;
  const definition = testDefinition(bench.number, { delivery: { ...delivery, retry: [131049] } });
  const id = await bench.import(3, { definition });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  await bench.status("wamid.1", "failed", { code: 131049, recipient: testPhone(1) });
  expect(await bench.state(id, 1)).toBe("pending");
  await bench.store.campaigns.pause(id, "operator");
  expect(await bench.store.resumeWithProbe(id, { ...RULES, size: 5 })).toMatchObject({ probe: 2 });
  await send(bench, id, 2, "delivered");
  await send(bench, id, 3, "delivered");
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
});

test("a probe stays within the first N until a person was told of them", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 2);
  await bench.store.campaigns.pause(id, "operator");
  expect(await bench.store.resumeWithProbe(id, { ...RULES, size: 5 })).toMatchObject({ probe: 2 });
  await send(bench, id, 1, "delivered");
  await send(bench, id, 2, "delivered");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
  expect(await bench.store.resumeWithProbe(id, { ...RULES, size: 5 })).toMatchObject({ probe: 5 });
});

test("when Redis lost a trial's end, what may have gone after it is in doubt, and the wait begins again", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, { canary: RULES });
  const id = await bench.import(1_000, { definition, canaryRows: CANARY });
  await send(bench, id, 45);
  await bench.redis.zadd(bench.own(id).aside, String(Date.now() + WAIT_MS), "9");
  await bench.redis.hset(bench.keys.guard, {
    ...{ noticedAt: Date.now() + 1, wentBackTo: Date.now(), lost: 1, lostActs: 0, serial: 1 },
  });
  const accepted = await bench.store.rollback.accept(1);
  // The batches of the canary, and those that were set aside and due: it may have passed.
  expect(accepted?.unknown).toEqual([{ campaign: id, rows: 899 }]);
  await bench.store.campaigns.dispatch("sandbox", 0);
  const { status, trial } = await bench.found(id);
  expect(status).toBe("running");
  expect(Math.abs((trial?.until ?? 0) - Date.now() - WAIT_MS)).toBeLessThan(5_000);
});

test("a probe after the first N are gone tells of them, and then tries some of the rest", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 2);
  const [last] = await bench.grant(id, 1);
  await send(bench, id, 2);
  await bench.store.campaigns.pause(id, "operator");
  await bench.record(last, "accepted", { wamid: "wamid.1" });
  const probe = () => bench.store.resumeWithProbe(id, { ...RULES, size: 5 });

  expect(await probe()).toEqual({ kind: "changed", status: "paused", haltLifted: false });
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
  expect(await bench.counts(id)).toEqual({ pending: 448, accepted: 2 });
  expect(await bench.redis.exists(bench.own(id).trial, bench.own(id).chosen)).toBe(0);

  expect(await probe()).toMatchObject({ kind: "changed", status: "running", probe: 5 });
  const chosen = (await bench.redis.smembers(bench.own(id).chosen)).map(Number);
  expect(chosen.sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7]);
  expect(await kindOf(bench, id, 8)).toBe("not_in_trial");
});

test("a probe within the first N takes rows that wait, not rows beyond that could go now", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 2);
  await bench.store.campaigns.pause(id, "operator");
  const isOpen = ({ row }: { row: number }) => row > 2;
  const probed = await bench.store.resumeWithProbe(id, { ...RULES, size: 2 }, isOpen);
  expect(probed).toMatchObject({ kind: "changed", status: "running", probe: 2 });
  expect((await bench.redis.smembers(bench.own(id).chosen)).sort()).toEqual(["1", "2"]);
});

test("a probe within the first N leaves out a row that was corrected since", async () => {
  const bench = await openTestStore();
  const id = await importCorrected(bench);
  await send(bench, id, 2);
  await bench.store.campaigns.pause(id, "operator");
  const probed = await bench.store.resumeWithProbe(id, { ...RULES, size: 1 });
  expect(probed).toMatchObject({ kind: "changed", status: "running", probe: 1 });
  expect(await bench.redis.smembers(bench.own(id).chosen)).toEqual(["3"]);
});
