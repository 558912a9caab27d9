import { expect, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import type { SendOutcome } from "../../src/livechat/client.ts";
import type { CampaignToSend } from "../../src/store/campaigns/campaign-reader.ts";
import type { ClaimInput, ClaimResult, Ledger } from "../../src/store/ledger/ledger.ts";
import type { BatchRun, DueMessage } from "../../src/worker/batch-run.ts";
import { createDeliver } from "../../src/worker/deliver.ts";
import { createFlight } from "../../src/worker/flight.ts";
import { UNOBSERVED } from "../../src/worker/observer.ts";
import { createRedisClock } from "../../src/worker/redis-clock.ts";
import { createRoundTrip } from "../../src/worker/round-trip.ts";
import { testDefinition } from "../support/campaigns.ts";
import { SOON } from "../support/soon.ts";

const waits = timings({ answerTimeoutMs: 5_000, timeScale: 1 });
const ACCEPTED: SendOutcome = { kind: "accepted", id: "wamid.A", isWamid: true, held: false };
type Verdicts = Extract<ClaimResult, { kind: "rows" }>["verdicts"];

const granted = (slotMs = 0) => ({ kind: "granted", attempt: 1, slotMs }) as const;
const rowsOf = (verdicts: Verdicts, more: object = {}): ClaimResult =>
  ({
    ...{ kind: "rows", verdicts, atRate: false, waitMs: 0, waits: "", budgetAtMs: null },
    ...{ decidedMs: performance.now(), ...more },
  }) as ClaimResult;

function message(row: number, changes: Partial<DueMessage> = {}): DueMessage {
  const person = Buffer.alloc(8, row);
  return {
    row,
    person,
    plusOne: false,
    body: `{"row":${row}}`,
    kept: null,
    opening: null,
    ...changes,
  };
}

/** A worker's delivery; `claim` answers its claims, and `send` its POSTs. */
function openDeliver(
  claim: (ask: ClaimInput, nth: number) => ClaimResult | Promise<ClaimResult>,
  send: () => SendOutcome | Promise<SendOutcome> = () => ACCEPTED,
) {
  const clock = { fence: 1_000 };
  const [asked, recorded, posted]: [ClaimInput[], object[], [body: string, claimedAt: number][]] = [
    [],
    [],
    [],
  ];
  const told: unknown[] = [];
  const flight = createFlight(10, () => {});
  const roundTrip = createRoundTrip();
  const deliver = createDeliver({
    ledger: {
      closed: () => undefined,
      claim: async (ask: ClaimInput) => claim(ask, asked.push(ask)),
    } as unknown as Ledger,
    client: {
      now: () => clock.fence,
      async send(body, claimedAt) {
        posted.push([body, claimedAt]);
        return send();
      },
    },
    recorder: { add: (_: string, record: object) => void recorded.push(record) } as never,
    observer: {
      ...UNOBSERVED,
      claiming: (campaign) => ({
        ...UNOBSERVED.claiming(campaign),
        granted: (messages) => told.push(["granted", messages]),
        capped: (messages) => told.push(["capped", messages]),
        unanswered: () => told.push("unanswered"),
      }),
    },
    ...{
      flight,
      roundTrip,
      redisClock: createRedisClock(),
      ratePerSecond: 10,
      mode: "sandbox",
      timings: waits,
    },
    troubles: (error) => void told.push(String(error)),
  });
  const campaign = { id: "main-1", definition: testDefinition("main") } as CampaignToSend;
  const run: BatchRun = {
    ...{ campaign, batch: 3, run: 7, waiting: [], finish: () => {} },
    ...{ claiming: 0, granted: 0, putOff: [], budgetAtMs: null, beganAt: 0, endsAt: Infinity },
  };
  return {
    ...{ asked, recorded, posted, told, flight, roundTrip, clock, run },
    deliver: (...messages: DueMessage[]) => deliver(run, messages),
    sent: (count: number) => vi.waitFor(() => expect(recorded).toHaveLength(count), SOON),
  };
}

test("a claim names its batch and run, and has a nonce of its own", async () => {
  const { asked, deliver } = openDeliver(() => rowsOf([]));
  await deliver(message(1));
  await deliver(message(2));

  expect(asked).toMatchObject([
    { campaign: "main-1", batch: 3, run: 7, mode: "sandbox", ratePerSecond: 10 },
    { rows: [{ row: 2, person: Buffer.alloc(8, 2) }] },
  ]);
  const [one, other] = asked.map(({ nonce }) => nonce);
  expect([one?.length, other?.length]).toEqual([8, 8]);
  expect(one).not.toEqual(other);
});

test("a claim whose answer is lost is repeated with the same nonce, and its fence begins with the first", async () => {
  const { asked, posted, deliver, sent, clock } = openDeliver((_, nth) => {
    clock.fence += 300;
    if (nth < 3) throw new Error("Command timed out");
    return rowsOf([granted()]);
  });

  expect(await deliver(message(1))).toMatchObject({ kind: "claimed", again: [] });
  await sent(1);

  expect(asked).toHaveLength(3);
  expect(asked.map(({ nonce }) => nonce)).toEqual(Array(3).fill(asked[0]?.nonce));
  expect(posted).toEqual([['{"row":1}', 1_000]]);
});

test("a claim that is not answered for half the fence is given up, and its rows are given back by the nonce", async () => {
  const { asked, recorded, told, posted, deliver, clock } = openDeliver((_, nth) => {
    // At half the fence it is still worth another try.
    clock.fence = 1_000 + (nth === 1 ? waits.startFenceMs / 2 : waits.startFenceMs / 2 + 1);
    throw new Error("Command timed out");
  });

  expect(await deliver(message(4), message(5))).toEqual({ kind: "redis_trouble" });

  expect(asked).toHaveLength(2);
  const { nonce } = asked[0] ?? {};
  const back = { attempt: 0, nonce, outcome: "wait", waitMs: 50 };
  expect(recorded).toMatchObject([
    { row: 4, person: Buffer.alloc(8, 4), ...back },
    { row: 5, person: Buffer.alloc(8, 5), ...back },
  ]);
  expect(told).toEqual([...Array(2).fill("Error: Command timed out"), "unanswered"]);
  expect(posted).toEqual([]);
});

test("rows that replicas may not have are given back, and none of them is sent", async () => {
  const { recorded, told, posted, deliver } = openDeliver(() => ({
    ...{ kind: "gate", gate: "replicas", waitMs: 0 },
  }));
  expect(await deliver(message(4))).toEqual({ kind: "redis_trouble" });
  expect(recorded).toMatchObject([{ row: 4, attempt: 0, outcome: "wait" }]);
  expect(told).toEqual([expect.stringContaining("NOREPLICAS")]);
  expect(posted).toEqual([]);
});

test("a gate is handed on as it is, and gives nothing back", async () => {
  const closed = { kind: "gate", gate: "paused", waitMs: 7 } as const;
  const { recorded, deliver } = openDeliver(() => closed);
  expect(await deliver(message(1))).toEqual(closed);
  expect(recorded).toEqual([]);
});

test("what was granted is sent, what has no send time comes again, and what is refused does neither", async () => {
  const { posted, recorded, told, flight, deliver, sent } = openDeliver(() =>
    rowsOf([
      { kind: "opted_out" },
      granted(),
      { kind: "capped" },
      { kind: "no_slot_yet" },
    ] as never),
  );
  const delivered = await deliver(...[1, 2, 3, 4].map((row) => message(row)));
  await sent(1);

  expect(delivered).toMatchObject({ again: [{ row: 4 }] });
  expect(posted.map(([body]) => body)).toEqual(['{"row":2}']);
  expect(recorded).toMatchObject([{ row: 2, attempt: 1, outcome: "accepted" }]);
  expect(told).toEqual([
    ["granted", 1],
    ["capped", 1],
  ]);
  expect(flight.now()).toBe(0);
});

test("a claim of which no message is capped says nothing of caps", async () => {
  const { told, deliver } = openDeliver(() => rowsOf([{ kind: "no_slot_yet" }] as never));
  await deliver(message(1));
  expect(told).toEqual([["granted", 0]]);
});

test("the next claim waits until half of the reach is free", async () => {
  const { roundTrip, deliver } = openDeliver(() => rowsOf([], { waitMs: 100, waits: "number" }));
  const delivered = await deliver(message(1));
  const waitMs = 100 + roundTrip.reachMs() / 2;
  expect(delivered).toEqual({ kind: "claimed", again: [], waits: "number", waitMs });
});

test("only an accepted message tells how long the API takes", async () => {
  const { flight, deliver, sent } = openDeliver(
    () => rowsOf([granted()]),
    () => ({ kind: "failed", code: 131026, httpStatus: 400, optOut: false }),
  );
  await deliver(message(1));
  await sent(1);
  expect(flight.answerMs()).toBe(0);

  const accepting = openDeliver(() => rowsOf([granted()]));
  await accepting.deliver(message(1));
  await accepting.sent(1);
  expect(accepting.flight.answerMs()).toBeGreaterThan(0);
  expect(accepting.flight.answerMs()).toBeLessThan(SOON.timeout);
});

test("a claim says how much later the API sends the last of its messages", async () => {
  const kept = (inMs: number) => ({ until: "", passedAt: performance.now() + inMs });
  const { asked, deliver } = openDeliver(() => rowsOf([]));
  await deliver(
    message(1),
    message(2, { kept: kept(3_600_000) }),
    message(3, { kept: kept(60_000) }),
  );
  await deliver(message(1), message(2, { kept: kept(-60_000) }));

  const [later = 0, now] = asked.map(({ laterMs }) => laterMs);
  expect(later).toBeGreaterThan(3_600_000 - SOON.timeout);
  expect(later).toBeLessThanOrEqual(3_600_000);
  expect(now).toBe(0);
});

test("a claim names the windows of those of its rows that have one", async () => {
  const opening = { row: 2, opensMs: 1, closesMs: 2 };
  const { asked, deliver } = openDeliver(() => rowsOf([]));
  await deliver(message(1), message(2, { opening }));
  expect(asked[0]?.openings).toEqual([opening]);
});

test.each([
  [60_000, 60_000],
  [3_600_000, 600_000],
])(
  "rows without room in a budget that has it in %i ms are looked at again after %i ms",
  async (roomMs, againMs) => {
    const budgetAtMs = Date.now() + roomMs;
    const { run, deliver } = openDeliver(() =>
      rowsOf([{ kind: "budget" }, { kind: "no_slot_yet" }] as never, { budgetAtMs }),
    );
    const before = Date.now();
    await deliver(message(1), message(2));

    expect(run.budgetAtMs).toBe(budgetAtMs);
    expect(run.putOff).toMatchObject([{ row: 1, closesMs: null }]);
    const opensMs = run.putOff[0]?.opensMs ?? 0;
    expect(opensMs).toBeGreaterThanOrEqual(
      before + againMs - (againMs === roomMs ? SOON.timeout : 0),
    );
    expect(opensMs).toBeLessThanOrEqual(Date.now() + againMs);
  },
);

test("a claim without a budget leaves the run's as it is", async () => {
  const { run, deliver } = openDeliver(() => rowsOf([{ kind: "budget" }] as never));
  await deliver(message(1));
  expect([run.putOff, run.budgetAtMs]).toEqual([[], null]);
});
