import { expect, test } from "vitest";
import { createNumberStore } from "../../src/store/number-store.ts";
import { openTestStore, type TestStore, testPhone } from "../support/campaigns.ts";
import { testNumber } from "../support/redis.ts";

const LIMITS = { takenMax: 100, linesMax: 60, minuteMs: 60_000 };

/** Another worker of the same number. */
const secondWorker = ({ redis, number }: TestStore) => createNumberStore({ redis, number });

const dispatch = (store: Pick<TestStore["store"], "campaigns">, ratePerSecond: number) =>
  store.campaigns.dispatch("sandbox", 4, ratePerSecond);

async function told(bench: TestStore): Promise<string[]> {
  const { news } = await bench.store.takeNews(LIMITS);
  return news.filter(({ campaign }) => campaign === "").map((one) => `${one.kind} ${one.reason}`);
}

/** The gap between two send times that a worker with this rate is given, ms. */
async function gapMs(bench: TestStore, campaign: string, ratePerSecond: number): Promise<number> {
  const result = await bench.claim(campaign, [1, 2], { ratePerSecond });
  if (result.kind === "gate") throw new Error(result.gate);
  const [first, second] = result.verdicts.map((one) => (one.kind === "granted" ? one.slotMs : 0));
  return (second ?? 0) - (first ?? 0);
}

test("of two workers with different rates the lower one holds for both, and it is told once", async () => {
  const bench = await openTestStore();
  const other = await secondWorker(bench);
  const id = await bench.import(2);
  await dispatch(bench.store, 80);
  expect(await told(bench)).toEqual([]);
  for (let turns = 0; turns < 3; turns++) {
    await dispatch(other, 20);
    await dispatch(bench.store, 80);
  }

  expect(await told(bench)).toEqual(["rates_differ 20 80"]);
  expect(await bench.store.pace.read()).toMatchObject({ configured: { lowest: 20, highest: 80 } });
  expect(await bench.store.pace.rate(80)).toBe(20);
  expect(await gapMs(bench, id, 80)).toBeCloseTo(50, 0);
});

test("a worker that was killed stops counting after some minutes", async () => {
  const bench = await openTestStore();
  const other = await secondWorker(bench);
  const id = await bench.import(2);
  await dispatch(other, 20);
  await bench.later(170_000);
  await dispatch(bench.store, 80);
  expect(await bench.store.pace.rate(80)).toBe(20);
  await bench.later(20_000);
  expect((await bench.store.pace.read()).configured).toEqual({ lowest: 80, highest: 80 });
  await dispatch(bench.store, 80);

  expect(await bench.redis.hlen(bench.keys.rates)).toBe(1);
  expect(await gapMs(bench, id, 80)).toBeCloseTo(12.5, 0);
});

test("a worker that stops takes its rate back at once", async () => {
  const bench = await openTestStore();
  const other = await secondWorker(bench);
  await dispatch(other, 20);
  await dispatch(bench.store, 80);
  await other.campaigns.leave();
  await dispatch(bench.store, 80);

  expect(await bench.store.pace.rate(80)).toBe(80);
});

test("while Redis was away no worker could report, so the lowest rate holds until all had time to", async () => {
  const bench = await openTestStore();
  const other = await secondWorker(bench);
  await dispatch(other, 20);
  await dispatch(bench.store, 80);
  await bench.later(3_600_000);
  await dispatch(bench.store, 80);
  await dispatch(bench.store, 80);
  expect(await bench.store.pace.rate(80)).toBe(20);

  await bench.later(170_000);
  await dispatch(bench.store, 80);
  await bench.later(20_000);
  await dispatch(bench.store, 80);
  expect(await bench.store.pace.rate(80)).toBe(80);
});

test("a worker whose rate was lowered and that was restarted slows the others at its first turn", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await dispatch(bench.store, 80);
  await dispatch(bench.store, 0.1);
  expect(await bench.store.pace.rate(80)).toBe(0.1);
  expect(await gapMs(bench, id, 80)).toBeCloseTo(10_000, 0);
});

test("a rate that a person set counts, whatever the workers are configured with", async () => {
  const bench = await openTestStore();
  const other = await secondWorker(bench);
  const id = await bench.import(2);
  await dispatch(bench.store, 80);
  await dispatch(other, 20);
  await bench.store.pace.setNumberRate(500);
  expect(await gapMs(bench, id, 80)).toBeCloseTo(2, 0);
});

test("a backoff is told once, however long it lasts, and so is the recovery of the whole rate", async () => {
  const bench = await openTestStore();
  const id = await bench.import(10);
  await dispatch(bench.store, 80);
  const granted = await bench.grant(id, 1, 2, 3);
  for (const one of granted) await bench.record(one, "backOff", { code: 130429 });
  await dispatch(bench.store, 80);
  await bench.later(1_500);
  await bench.send(id, 4, "backOff", { code: 130429 });
  await dispatch(bench.store, 80);
  expect(await told(bench)).toEqual(["backed_off too_fast"]);

  await bench.later(5_000);
  await dispatch(bench.store, 80);
  expect(await told(bench)).toEqual([]);
  const { slowed } = await bench.store.pace.read();
  expect(slowed?.share).toBeGreaterThan(0.6);
  expect(slowed?.share).toBeLessThan(0.8);
  expect((slowed?.untilMs ?? 0) - Date.now()).toBeGreaterThan(10_000);

  await bench.later((slowed?.untilMs ?? 0) - Date.now());
  await Promise.all([dispatch(bench.store, 80), dispatch(await secondWorker(bench), 80)]);
  expect(await told(bench)).toEqual(["recovered too_fast"]);
  expect((await bench.store.pace.read()).slowed).toBeNull();
});

test("an API that cannot be reached has recovered once it answers, not while it is silent", async () => {
  const bench = await openTestStore();
  const id = await bench.import(20);
  const granted = await bench.grant(id, 1, 2, 3, 4, 5);
  for (const one of granted) await bench.record(one, "retry");
  await bench.later(30_000);
  await dispatch(bench.store, 80);
  expect(await told(bench)).toEqual(["backed_off unreachable"]);

  await bench.send(id, 6, "accepted");
  await dispatch(bench.store, 80);
  expect(await told(bench)).toEqual(["recovered unreachable"]);
});

test.each([80007, 130429, 131048])(
  "a webhook that reports %i slows the number down, once for the reports of a second",
  async (code) => {
    const bench = await openTestStore();
    const id = await bench.import(3);
    for (const row of [1, 2, 3]) {
      await bench.send(id, row, "accepted", { wamid: `wamid.${code}-${row}` });
    }
    for (const row of [1, 2, 3]) await bench.status(`wamid.${code}-${row}`, "failed", { code });
    expect((await bench.store.pace.read()).slowed?.share).toBeCloseTo(0.75, 1);
    expect(await told(bench)).toEqual(["backed_off too_fast"]);
  },
);

test("a webhook that reports another failure changes no rate", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.other" });
  await bench.status("wamid.other", "failed", { code: 131026 });
  expect((await bench.store.pace.read()).slowed).toBeNull();
});

test("a number that was restricted for its quality starts slowly when it is resumed", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  await bench.send(id, 1, "restrict", { code: 131048 });
  await bench.store.campaigns.resume(id);
  expect((await bench.store.pace.read()).slowed?.share).toBeCloseTo(0.75, 1);
});

test("a worker without the caps of another one sends nothing while that one lives, and it is told once", async () => {
  const bench = await openTestStore();
  const caps = { limits: { marketing: [{ messages: 2, hours: 168 }] }, outcome: null };
  const { redis, number } = bench;
  const capped = await createNumberStore({ redis, number, caps });
  const id = await bench.import(2);
  await dispatch(capped, 80);
  for (let turns = 0; turns < 3; turns++) await dispatch(bench.store, 80);

  expect(await told(bench)).toEqual(["budget_differs ~marketing 2 per 7d"]);
  expect(await bench.claim(id, [1])).toMatchObject({ kind: "gate", gate: "budget" });
  expect(await bench.store.pace.read()).toMatchObject({
    ...{ portfolio: null, caps: "marketing 2 per 7d" },
  });
  await capped.campaigns.leave();
  await dispatch(bench.store, 80);
  expect(await bench.claim(id, [1])).toMatchObject({ kind: "rows" });
});

test("a worker with other caps than those that hold leaves out and puts off no row", async () => {
  const bench = await openTestStore();
  const { redis, number } = bench;
  const portfolio = { name: testNumber(), limit: 1_000 };
  const worker = (messages: number) => {
    const caps = { limits: { marketing: [{ messages, hours: 168 }] }, outcome: "skip" } as const;
    return createNumberStore({ redis, number, portfolio, caps });
  };
  const [strict, holding] = [await worker(1), await worker(2)];
  const [first, second] = [await bench.import(1), await bench.import(1)];
  await dispatch(holding, 80);
  await dispatch(strict, 80);
  const claim = async (store: TestStore["store"], campaign: string, nonce: number) =>
    store.ledger.claim({
      ...{ campaign, batch: 0, run: await bench.runOf(campaign, 0), nonce: Buffer.alloc(8, nonce) },
      ...{ mode: "sandbox", ratePerSecond: 80, reachMs: 60_000, answerMs: 0 },
      rows: [{ row: 1, person: store.ledger.person(testPhone(1)) }],
      capped: { category: "marketing", caps: null },
    });
  expect(await claim(holding, first, 1)).toMatchObject({ verdicts: [{ kind: "granted" }] });

  expect(await claim(strict, second, 2)).toMatchObject({ kind: "gate", gate: "budget" });

  expect(await bench.counts(second)).toEqual({ pending: 1 });
});
