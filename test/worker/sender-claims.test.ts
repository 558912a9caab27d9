import { expect, onTestFinished, test, vi } from "vitest";
import type { CampaignToSend } from "../../src/store/campaigns/campaign-reader.ts";
import type { ClaimGate } from "../../src/store/index.ts";
import type { BatchRun, DueMessage } from "../../src/worker/batch-run.ts";
import type { Delivered } from "../../src/worker/deliver.ts";
import { createFlight } from "../../src/worker/flight.ts";
import { createSender } from "../../src/worker/sender.ts";
import { createSignal } from "../../src/worker/signal.ts";
import { testDefinition } from "../support/campaigns.ts";

const ALL_GRANTED: Delivered = { kind: "claimed", again: [], waitMs: 0, waits: "" };
const REDIS_TROUBLE: Delivered = { kind: "redis_trouble" };
const gate = (gate: ClaimGate, waitMs = 0): Delivered => ({ kind: "gate", gate, waitMs });

interface Claim {
  readonly campaign: string;
  readonly rows: readonly number[];
  /** Of this process, ms. */
  readonly at: number;
  answer(delivered: Delivered): Promise<void>;
}

/** What a claim asked for, without when. */
const asked = ({ campaign, rows }: Claim) => [campaign, ...rows];

/**
 * A sender whose claims wait for the answer of the test, on a clock that the test sets. `onWire`:
 * messages of the number that are on the wire already.
 */
function openSender(onWire = 0) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const claims: Claim[] = [];
  const ended: string[] = [];
  const wanted = createSignal();
  const flight = createFlight(10, wanted.raise);
  for (let count = 0; count < onWire; count++) {
    flight.granted();
    flight.started();
  }
  const sender = createSender({
    ...{ flight, wanted },
    deliver: (run, rows) =>
      new Promise((resolve) => {
        claims.push({
          ...{ campaign: run.campaign.id, rows: rows.map(({ row }) => row), at: performance.now() },
          async answer(delivered) {
            resolve(delivered);
            await settle();
          },
        });
      }),
  });
  sender.start();
  return {
    ...{ sender, claims, ended, flight },
    /** The claim that was asked next. */
    next(): Claim {
      const claim = claims.shift();
      if (claim === undefined) throw new Error("No claim is under way.");
      return claim;
    },
    async add(id: string, rows: number, batch = 0): Promise<BatchRun> {
      const campaign = { id, definition: testDefinition("main") } as CampaignToSend;
      const run: BatchRun = {
        ...{ campaign, batch, run: 1, waiting: messages(batch, rows) },
        ...{ claiming: 0, granted: 0, putOff: [], budgetAtMs: null },
        ...{ beganAt: performance.now(), endsAt: Number.POSITIVE_INFINITY },
        finish: () => void ended.push(`${id}/${batch}`),
      };
      sender.add(run);
      await settle();
      return run;
    },
  };
}

function messages(batch: number, count: number): DueMessage[] {
  const none = { person: Buffer.alloc(8), plusOne: false, body: "", kept: null, opening: null };
  return Array.from({ length: count }, (_, at) => ({ ...none, row: batch * 100 + at + 1 }));
}

/** Lets everything happen that waits for no clock. */
const settle = () => vi.advanceTimersByTimeAsync(0);

test("the first claim is one message, and later ones double while nothing has to wait, eight at once", async () => {
  const { claims, next, add } = openSender();
  await add("main-1", 100);
  expect(claims.map(asked)).toEqual([["main-1", 1]]);

  await next().answer(ALL_GRANTED);

  expect(claims.map(({ rows }) => rows.length)).toEqual(Array(8).fill(2));
  await next().answer(ALL_GRANTED);
  expect(claims.map(({ rows }) => rows.length)).toEqual([...Array(7).fill(2), 4]);
});

test("a claim asks for no more than has room on the wire, and waits for full room while others are under way", async () => {
  const { claims, next, add, flight } = openSender(192 - 3);
  await add("main-1", 100);
  await next().answer(ALL_GRANTED);
  // Two of the three places are asked for; the third is not worth a claim.
  expect(claims.map(asked)).toEqual([["main-1", 2, 3]]);

  await next().answer(ALL_GRANTED);
  expect(claims.map(asked)).toEqual([["main-1", 4, 5, 6]]);

  // They go to the wire: nothing more is asked for until one lands.
  const granted = next();
  for (const _ of granted.rows) {
    flight.granted();
    flight.started();
  }
  await granted.answer(ALL_GRANTED);
  expect(claims).toEqual([]);
  flight.ended();
  await settle();
  expect(claims.map(asked)).toEqual([["main-1", 7]]);
});

test("a claim that has full room is asked for while others are under way", async () => {
  const { claims, next, add } = openSender(192 - 4);
  await add("main-1", 100);
  await next().answer(ALL_GRANTED);
  expect(claims.map(asked)).toEqual([
    ["main-1", 2, 3],
    ["main-1", 4, 5],
  ]);
});

test("a run whose messages are all in claims gives way to the next run of its campaign", async () => {
  const { claims, next, add } = openSender();
  await add("main-1", 3);
  await next().answer(ALL_GRANTED);
  await add("main-1", 3, 1);
  expect(claims.map(asked)).toEqual([
    ["main-1", 2, 3],
    ["main-1", 101, 102],
    ["main-1", 103],
  ]);
});

test("with one place on the wire one message is claimed", async () => {
  const { claims, add } = openSender(192 - 1);
  await add("main-1", 5);
  expect(claims.map(asked)).toEqual([["main-1", 1]]);
});

test("messages without a send time are claimed again before the others, in their order", async () => {
  const { claims, next, add } = openSender();
  const run = await add("main-1", 10);
  await next().answer(ALL_GRANTED);
  const first = next();
  for (const claim of claims.splice(0)) await claim.answer(REDIS_TROUBLE);
  await vi.advanceTimersByTimeAsync(500);
  claims.splice(0);
  const again = messages(0, 3).slice(1);
  await first.answer({ kind: "claimed", again, waitMs: 100, waits: "number" });

  expect(run.waiting.slice(0, 2).map(({ row }) => row)).toEqual([2, 3]);
});

test("a message that gets no send time costs its campaign no turn", async () => {
  const { claims, next, add } = openSender();
  const paced = (again: DueMessage[]): Delivered => ({
    ...{ kind: "claimed", again, waitMs: 10, waits: "number" },
  });
  await add("main-1", 5);
  await next().answer(paced([]));
  await add("main-2", 5);
  // Both are at the same place, so the one that came first goes first.
  for (let claim = 0; claim < 2; claim++) {
    await vi.advanceTimersByTimeAsync(10);
    expect(claims.map(({ campaign }) => campaign)).toEqual(["main-1"]);
    const { rows, answer } = next();
    await answer(paced(messages(0, 5).filter(({ row }) => rows.includes(row))));
  }
  await vi.advanceTimersByTimeAsync(10);
  await next().answer(paced([]));
  await vi.advanceTimersByTimeAsync(10);
  expect(claims.map(({ campaign }) => campaign)).toEqual(["main-2"]);
});

test("a campaign that waits for its own pace keeps the number's others from nothing", async () => {
  const { claims, next, add } = openSender();
  await add("main-1", 5);
  const claim = next();
  await add("main-2", 5);
  await claim.answer({ kind: "claimed", again: messages(0, 1), waitMs: 300, waits: "campaign" });
  expect(claims.map(asked)).toEqual([["main-2", 1]]);
  await next().answer({ kind: "claimed", again: messages(0, 1), waitMs: 400, waits: "campaign" });
  expect(claims).toEqual([]);

  await vi.advanceTimersByTimeAsync(299);
  expect(claims).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(claims.map(asked)).toEqual([["main-1", 1]]);
});

test.each([
  ["backoff", 200, 200],
  ["backoff", 60_000, 500],
  ["cap", 20, 20],
  ["probe", 200, 200],
  ["settling", 0, 1],
  ["budget", 1_000, 500],
] as const)(
  "after the gate %s with %i ms the same messages are asked for again in %i ms",
  async (closed, waitMs, afterMs) => {
    const { claims, next, add, ended, flight } = openSender();
    await add("main-1", 3);
    const { at, answer } = next();
    await answer(gate(closed, waitMs));
    await vi.advanceTimersByTimeAsync(afterMs - 1);
    expect(claims).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);

    expect(claims.map(asked)).toEqual([["main-1", 1]]);
    expect((claims[0]?.at ?? 0) - at).toBe(afterMs);
    expect(ended).toEqual([]);
    expect(flight.takeCappedMs()).toBe(closed === "cap" ? waitMs : 0);
  },
);

test.each([
  "rollback",
  "gone",
  "mode",
  "sender",
  "closed",
  "paused",
  "ended",
  "suspended",
] as const)(
  "the gate %s ends all runs of the campaign, and none of another one",
  async (closed) => {
    const { claims, next, add, ended } = openSender();
    await add("main-1", 5);
    const claim = next();
    await add("main-1", 5, 1);
    await add("main-2", 5);

    await claim.answer(gate(closed));

    expect(ended.sort()).toEqual(["main-1/0", "main-1/1"]);
    expect(claims.map(asked)).toEqual([["main-2", 1]]);
  },
);

test("the gate of a run that is over ends that run alone", async () => {
  const { claims, next, add, ended } = openSender();
  await add("main-1", 5);
  const claim = next();
  await add("main-1", 5, 1);

  await claim.answer(gate("run"));

  expect(ended).toEqual(["main-1/0"]);
  expect(claims.map(asked)).toEqual([["main-1", 101]]);
});

test("messages that Redis did not answer about are left to a later run, and nothing is claimed for half a second", async () => {
  const { claims, next, add, ended } = openSender();
  await add("main-1", 2);

  await next().answer(REDIS_TROUBLE);
  await vi.advanceTimersByTimeAsync(499);
  expect(claims).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(claims.map(asked)).toEqual([["main-1", 2]]);
  await next().answer(REDIS_TROUBLE);

  expect(ended).toEqual(["main-1/0"]);
});

test("a run ends once, when its last claim is answered", async () => {
  const { claims, next, add, ended } = openSender();
  await add("main-1", 5);
  await next().answer(ALL_GRANTED);
  expect(claims.map(({ rows }) => rows.length)).toEqual([2, 2]);

  await next().answer(ALL_GRANTED);
  expect(ended).toEqual([]);
  await next().answer(ALL_GRANTED);
  expect(ended).toEqual(["main-1/0"]);
});

test("a run without a message ends at once", async () => {
  const { claims, add, ended } = openSender();
  await add("main-1", 0);
  expect([claims, ended]).toEqual([[], ["main-1/0"]]);
});

test("a sender that stops waits for its claims, whose messages go out, and claims nothing more", async () => {
  const { claims, next, add, ended, sender } = openSender();
  await add("main-1", 5);
  await add("main-2", 5);
  let hasStopped = false;
  const stopping = sender.stop().then(() => {
    hasStopped = true;
  });
  await settle();
  // No claim of it is under way.
  expect(ended).toEqual(["main-2/0"]);
  expect(hasStopped).toBe(false);

  await next().answer({ kind: "claimed", again: messages(0, 1), waitMs: 0, waits: "" });
  await stopping;
  await settle();

  expect(claims).toEqual([]);
  expect(ended).toEqual(["main-2/0", "main-1/0"]);
  // One that is added later ends as it is.
  await add("main-3", 5);
  expect([claims, ended.at(-1)]).toEqual([[], "main-3/0"]);
});

test("a run that waits for its campaign's pace makes room for others after a second, not at once", async () => {
  const { next, add, ended, sender } = openSender();
  await add("main-1", 5);
  sender.share(10);
  const wait = () =>
    next().answer({ kind: "claimed", again: messages(0, 1), waitMs: 500, waits: "campaign" });

  for (const afterMs of [0, 500, 500]) {
    await vi.advanceTimersByTimeAsync(afterMs);
    await wait();
    expect(ended).toEqual([]);
  }
  await vi.advanceTimersByTimeAsync(500);
  await wait();
  expect(ended).toEqual(["main-1/0"]);
});

test("a run that has had its share ends when others begin to wait, even if nothing can be claimed", async () => {
  const { next, add, ended, sender } = openSender();
  await add("main-1", 5);
  await next().answer({ kind: "claimed", again: [], waitMs: 500, waits: "number" });
  expect(ended).toEqual([]);
  sender.share(null);
  expect(ended).toEqual([]);
  sender.share(1);
  expect(ended).toEqual(["main-1/0"]);
});

test("a claim asks for no more than is left of the run's share", async () => {
  const { claims, next, add, ended, sender } = openSender();
  await add("main-1", 20);
  sender.share(4);
  await next().answer(ALL_GRANTED);
  // One is granted and two are asked for: one is left.
  expect(claims.map(({ rows }) => rows.length)).toEqual([2, 1, 1, 1, 1, 1, 1, 1]);
  let granted = 1;
  while (claims.length > 0) {
    const claim = next();
    granted += claim.rows.length;
    await claim.answer(ALL_GRANTED);
  }
  expect(ended).toEqual(["main-1/0"]);
  // One more for each claim that was under way when the share was reached, at most.
  expect(granted).toBeLessThanOrEqual(4 + 7);
});
