import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import { createTroubleLog } from "../../src/core/trouble-log.ts";
import { createLivechatClient } from "../../src/livechat/client.ts";
import { createFenceClock } from "../../src/livechat/fence-clock.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import type { ClaimResult } from "../../src/store/ledger/ledger.ts";
import { createSparing } from "../../src/telemetry/sparing.ts";
import { createBatchLoader } from "../../src/worker/batch-run.ts";
import { createDeliver } from "../../src/worker/deliver.ts";
import { createFlight } from "../../src/worker/flight.ts";
import {
  neverThrowing,
  observedByBoth,
  type SendObserver,
  UNOBSERVED,
} from "../../src/worker/observer.ts";
import { createRecorder } from "../../src/worker/recorder.ts";
import { createRedisClock } from "../../src/worker/redis-clock.ts";
import { createRoundTrip } from "../../src/worker/round-trip.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { openReplicated } from "../support/replicas.ts";
import { SOON } from "../support/soon.ts";

/** A number at 10 a second: of two messages the second has its slot 100 ms after the first. */
const RATE = 10;
/** The fence is long, so that a busy machine does not miss it. */
const waits = { ...timings({ answerTimeoutMs: 60_000, timeScale: 1 }), startFenceMs: SOON.timeout };

/**
 * What a worker delivers with, a campaign of two messages, and a machine that can be suspended. `frozen` is what happens
 * after Redis has granted a claim, and before the worker goes on with it.
 */
async function openDeliver(
  frozen: (claimed: ClaimResult) => Promise<unknown> = async () => {},
  observer: SendObserver = UNOBSERVED,
  opened?: TestStore,
) {
  const bench = opened ?? (await openTestStore());
  const sandbox = createSandbox({ latencyMs: 0 });
  const { url } = await sandbox.start();
  const wall = { aheadMs: 0 };
  const token = Buffer.from("sandbox-account:sandbox-pat").toString("base64");
  const client = createLivechatClient({
    apiUrl: url,
    numberId: "sandbox-number",
    token,
    connections: 4,
    answerTimeoutMs: waits.answerTimeoutMs,
    startFenceMs: waits.startFenceMs,
    now: createFenceClock(
      () => performance.now(),
      () => performance.now() + wall.aheadMs,
    ),
  });
  onTestFinished(async () => {
    await client.close();
    await sandbox.stop();
  });
  const logger = pino({ level: "silent" });
  const troubles = createTroubleLog({ logger, isAway: () => false, now: () => performance.now() });
  const { ledger, campaigns } = bench.store;
  const recorder = createRecorder({
    ledger,
    onFailed: async () => {},
    logger,
    troubles,
    observer,
  });
  const flight = createFlight(RATE, () => {});
  const roundTrip = createRoundTrip();
  // Slots are granted as far ahead as they ever are.
  roundTrip.took(1_000);
  const deliver = createDeliver({
    ledger: {
      ...ledger,
      claim: async (ask) => {
        const result = await ledger.claim(ask);
        await frozen(result);
        return result;
      },
    },
    ...{
      roundTrip,
      redisClock: createRedisClock(),
      client,
      recorder,
      mode: "sandbox",
      timings: waits,
      troubles,
      flight,
    },
    ratePerSecond: RATE,
    observer,
  });
  const id = await bench.import(2);
  const run = await bench.runOf(id, 0);
  const loaded = await createBatchLoader({
    ...{ campaigns, ledger, startFenceMs: waits.startFenceMs },
  })(id, 0);
  if (loaded.kind !== "loaded") throw new Error(`The batch is ${loaded.kind}.`);
  const batchRun = {
    ...{ campaign: loaded.campaign, batch: 0, run, waiting: [], finish: () => {} },
    ...{
      claiming: 0,
      granted: 0,
      putOff: [],
      budgetAtMs: null,
      beganAt: performance.now(),
      endsAt: Number.POSITIVE_INFINITY,
    },
  };
  return {
    bench,
    id,
    posts: () => sandbox.stats().posts,
    deliver: () => deliver(batchRun, loaded.due),
    /** The machine is suspended for so long; `performance.now()` stands still meanwhile. */
    suspend: (ms: number) => {
      wall.aheadMs += ms;
    },
    settled: () =>
      vi.waitFor(() => expect(flight.now()).toBe(0), SOON).then(() => recorder.settled()),
  };
}

/** The process gets no CPU for so long: nothing else of it runs. */
function stall(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test("both messages of a claim are sent, each at its slot", async () => {
  const { bench, id, posts, deliver, settled } = await openDeliver();
  const startedAt = performance.now();

  expect(await deliver()).toMatchObject({ kind: "claimed", again: [] });
  await settled();

  expect(posts()).toBe(2);
  expect(performance.now() - startedAt).toBeGreaterThan(90);
  expect(await bench.counts(id)).toEqual({ accepted: 2 });
});

test("a worker that was suspended between claim and POST sends nothing: somebody else may have", async () => {
  const { bench, id, posts, deliver, suspend, settled } = await openDeliver();

  await deliver();
  suspend(waits.leaseMs);
  await settled();

  expect(posts()).toBe(0);
  expect(await bench.counts(id)).toEqual({ pending: 2 });
});

test("a worker that wakes up after its lease has ended and a person has sent again POSTs nothing", async () => {
  const { bench, id, posts, deliver, suspend, settled } = await openDeliver(async () => {
    suspend(waits.leaseMs);
    await bench.endLeases();
    expect(await bench.store.ledger.sweep()).toMatchObject({ unknown: 2 });
    for (const row of [1, 2]) await bench.store.campaigns.resolve(id, row, "resend");
    await bench.send(id, 1, "accepted");
  });

  await deliver();
  await settled();

  expect(posts()).toBe(0);
  expect(await bench.counts(id)).toEqual({ accepted: 1, pending: 1 });
  expect((await bench.row(id, 1)).value.attempt).toBe(2);
});

test("messages whose slots have passed while the number is at its rate are given back, not sent late", async () => {
  // As on a quiet machine of a number at its rate, however long the claim took on this one.
  const atRate = async (claimed: ClaimResult) => {
    if (claimed.kind !== "rows") throw new Error(claimed.gate);
    Object.assign(claimed, { atRate: true });
    for (const verdict of claimed.verdicts) Object.assign(verdict, { slotMs: 100 });
  };
  const { bench, id, posts, deliver, settled } = await openDeliver(atRate);

  await deliver();
  stall(300);
  await settled();

  expect(posts()).toBe(0);
  expect(await bench.counts(id)).toEqual({ pending: 2 });
});

test("below the rate a message may go out late, within the fence", async () => {
  const { bench, id, posts, deliver, settled } = await openDeliver();

  await deliver();
  stall(150);
  await settled();

  expect(posts()).toBe(2);
  expect(await bench.counts(id)).toEqual({ accepted: 2 });
});

test("messages whose claim a replica does not have are not sent, but given back", async () => {
  const replicated = await openReplicated();
  const { bench, id, posts, deliver, settled } = await openDeliver(
    ...([undefined, UNOBSERVED, replicated] as const),
  );
  const thaw = replicated.freeze();

  expect(await deliver()).toEqual({ kind: "redis_trouble" });
  expect(await deliver()).toMatchObject({ kind: "gate", gate: "replicas" });
  await settled();
  expect(posts()).toBe(0);
  expect(await bench.counts(id)).toEqual({ pending: 2 });

  thaw();
  await expect.poll(() => bench.store.ledger.closed()).toBeUndefined();
  for (const row of [1, 2]) await bench.makeDue(id, row);
  expect(await deliver()).toMatchObject({ kind: "claimed", again: [] });
  await settled();
  expect(posts()).toBe(2);
});

const STEPS = ["claiming", "granted", "sending", "posting", "answered", "ended"] as const;

test.each([...STEPS, "recording", "recorded"])(
  "an observer that throws at %s changes nothing, and the other one is told all the same",
  async (step) => {
    const told: string[] = [];
    const logged: unknown[] = [];
    const sparing = createSparing({ debug: (...line: unknown[]) => void logged.push(line) });
    const bad = neverThrowing(telling([], step), sparing);
    const observer = observedByBoth(bad, telling(told, ""));
    const { bench, id, posts, deliver, settled } = await openDeliver(undefined, observer);

    expect(await deliver()).toMatchObject({ kind: "claimed", again: [] });
    await settled();

    expect(posts()).toBe(2);
    expect(await bench.counts(id)).toEqual({ accepted: 2 });
    expect(new Set(told)).toEqual(new Set([...STEPS, "recording", "recorded"]));
    expect(logged).toEqual([[{ error: "RangeError" }, "metrics or traces failed; work continues"]]);
  },
);

/** Notes what it is told, and throws at one step. */
function telling(told: string[], badStep: string): SendObserver {
  const tell = (step: string) => {
    told.push(step);
    if (step === badStep) throw new RangeError("of foreign code");
  };
  return {
    claiming() {
      tell("claiming");
      return {
        granted: () => tell("granted"),
        capped: () => tell("capped"),
        unanswered: () => tell("unanswered"),
        sending() {
          tell("sending");
          return {
            posting: () => tell("posting"),
            answered: () => tell("answered"),
            ended: () => tell("ended"),
          };
        },
      };
    },
    recording() {
      tell("recording");
      return () => tell("recorded");
    },
  };
}
