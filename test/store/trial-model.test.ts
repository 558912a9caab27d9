import fc from "fast-check";
import { expect, test } from "vitest";
import type { State } from "../../src/core/message.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import {
  type Granted,
  openTestStore,
  type TestStore,
  testDefinition,
  testPhone,
} from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

/**
 * Random sequences of what workers, webhooks, people and the clock do to a campaign with a canary,
 * with first rows, or with both, against a plain model: which rows may go now. The states of rows
 * are read from the ledger, which conservation.test.ts checks.
 */
const NAME = "trial-model";
const SEQUENCES = volume(500);
const WAIT_MS = 60_000;

/** Nine people in three batches; all other rows are rejected. */
const ROWS = [1, 2, 3, 101, 102, 103, 201, 202, 203];
const LAST_ROW = 203;
const CANARY = [2, 102, 202];

interface Setup {
  readonly canary: { readonly minDelivered: number; readonly after: "go" | "ask" } | null;
  /** Rows up to this one are the first N. */
  readonly first: number | null;
}

type Command =
  | { readonly do: "claim" | "retry"; readonly row: number }
  | { readonly do: "record"; readonly grant: number; readonly outcome: Outcome }
  | {
      readonly do: "status";
      readonly grant: number;
      readonly status: "sent" | "delivered" | "failed";
    }
  | { readonly do: "probe"; readonly size: number }
  | { readonly do: "pause" | "resume" | "sweep" | "later" | "close" | "cancel" };

type Outcome = "accepted" | "wait" | "failed" | "unknown";

interface Judged {
  readonly kind: string;
  readonly rows: readonly number[];
  readonly minDelivered: number;
  readonly after: "go" | "ask";
}

interface Model {
  readonly campaign: string;
  judged: Judged | null;
  first: readonly number[] | null;
  grants: Granted[];
}

const setups: fc.Arbitrary<Setup> = fc.record({
  canary: fc.option(
    fc.record({
      minDelivered: fc.constantFrom(0.3, 0.6, 1),
      after: fc.constantFrom("go" as const, "ask" as const),
    }),
  ),
  first: fc.option(fc.constantFrom(3, 102, 201)),
});

const row = fc.constantFrom(...ROWS);
const grant = fc.nat({ max: 8 });
const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 180, arbitrary: fc.record({ do: fc.constant("claim" as const), row }) },
  {
    weight: 160,
    arbitrary: fc.record({
      ...{ do: fc.constant("record" as const), grant },
      outcome: fc.constantFrom("accepted" as const, "wait", "failed", "unknown", "accepted"),
    }),
  },
  {
    weight: 160,
    arbitrary: fc.record({
      ...{ do: fc.constant("status" as const), grant },
      status: fc.constantFrom("sent" as const, "delivered", "failed", "delivered"),
    }),
  },
  { weight: 40, arbitrary: fc.record({ do: fc.constant("retry" as const), row }) },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("probe" as const),
      size: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 140,
    arbitrary: fc.record({
      do: fc.constantFrom("pause" as const, "resume", "sweep", "later", "close", "resume"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const) }) },
);

test.each(seedsOf(NAME))(
  "whatever happens, no row outside of a trial goes, and each trial ends",
  async (given) => {
    const { seed } = seeded(NAME, given);
    const redis = (await startOwnRedis({ args: ["--appendonly", "no"] })).connect();
    const bench = await openTestStore({ personBusyMs: 1, unknownBudget: 1_000 }, redis);
    const sequences = fc.tuple(
      setups,
      fc.array(commands, { minLength: 40, maxLength: 40, size: "max" }),
    );
    await fc.assert(
      fc.asyncProperty(sequences, async ([setup, steps]) => {
        const model = await start(bench, setup);
        for (const step of steps) {
          await run(bench, model, step);
          await check(bench, model, step);
        }
        await finish(bench, model);
      }),
      { seed, numRuns: SEQUENCES },
    );
    published(NAME, seed, { sequences: SEQUENCES });
  },
);

async function start(bench: TestStore, { canary, first }: Setup): Promise<Model> {
  const { claimed, leases, parked, parkedUntil, parkedFor } = bench.keys;
  await bench.redis.del(claimed, leases, parked, parkedUntil, parkedFor);
  const upTo = first ?? LAST_ROW;
  const outcomes = new Map<number, ImportOutcome>();
  for (let at = 1; at <= LAST_ROW; at++) {
    if (!ROWS.includes(at))
      outcomes.set(at, { kind: "rejected", code: "phone_missing", column: "phone" });
  }
  const among = (rows: readonly number[]) => rows.filter((one) => one <= upTo);
  const canaryRows = canary === null ? [] : among(CANARY);
  const { recipients, ...rest } = testDefinition(bench.number, {
    canary: canary === null ? null : { ...canary, size: canaryRows.length, waitMs: WAIT_MS },
  });
  const firstSize = first === null ? null : among(ROWS).length;
  const definition = { ...rest, recipients: { ...recipients, first: firstSize } };
  const campaign = await bench.import(LAST_ROW, { definition, outcomes, canaryRows });
  return {
    ...{ campaign, grants: [], first: first === null ? null : among(ROWS) },
    judged: canary === null ? null : { kind: "canary", rows: canaryRows, ...canary },
  };
}

/** Whether the model lets the row go. */
function mayGo({ judged, first }: Model, one: number): boolean {
  return (judged?.rows.includes(one) ?? true) && (first?.includes(one) ?? true);
}

async function run(bench: TestStore, model: Model, step: Command): Promise<void> {
  const { campaign } = model;
  const { campaigns, ledger } = bench.store;
  const { status, reason } = await bench.found(campaign);
  switch (step.do) {
    case "claim":
      return claim(bench, model, step.row);
    case "record": {
      const granted = model.grants[step.grant % (model.grants.length || 1)];
      const wamid = granted && `wamid.${campaign}-${granted.row}-${granted.attempt}`;
      const told =
        step.outcome === "accepted" && wamid !== undefined ? { wamid } : { code: 131026 };
      if (granted !== undefined) await bench.record(granted, step.outcome, told);
      return;
    }
    case "status": {
      const granted = model.grants[step.grant % (model.grants.length || 1)];
      if (granted === undefined) return;
      const wamid = `wamid.${campaign}-${granted.row}-${granted.attempt}`;
      await bench.status(wamid, step.status, { code: step.status === "failed" ? 131047 : 0 });
      return;
    }
    case "retry": {
      const { value } = await bench.row(campaign, step.row);
      const batch = Math.floor((step.row - 1) / 100);
      const person = bench.store.ledger.person(testPhone(step.row));
      const rows = [{ row: step.row, attempt: value.attempt, person }];
      return void (await campaigns.retryRows(campaign, batch, rows));
    }
    case "resume":
      if (status === "paused") answer(model, reason, false);
      return void (await campaigns.resume(campaign));
    case "probe":
      return probe(bench, model, step.size);
    case "pause":
      return void (await campaigns.pause(campaign, "operator"));
    case "cancel":
      return void (await campaigns.cancel(campaign));
    case "sweep":
      await bench.endLeases();
      return void (await ledger.sweep());
    case "later":
      await bench.later(WAIT_MS / 2);
      return void (await campaigns.dispatch("sandbox", 1));
    case "close":
      for (const [batch, runNumber] of Object.entries(
        await bench.redis.hgetall(bench.own(campaign).open),
      )) {
        await ledger.close(campaign, Number(batch), Number(runNumber));
      }
  }
}

async function probe(bench: TestStore, model: Model, size: number): Promise<void> {
  const { campaign } = model;
  const { status, reason } = await bench.found(campaign);
  const rules = { minDelivered: 0.6, waitMs: WAIT_MS, after: "go" } as const;
  const result = await bench.store.resumeWithProbe(campaign, { ...rules, size });
  if (status !== "paused" || result.kind !== "changed") return;
  const isProbe = result.probe !== undefined;
  answer(model, reason, isProbe);
  if (!isProbe) return;
  const rows = (await bench.redis.smembers(bench.own(campaign).chosen)).map(Number);
  expect(rows.length).toBeLessThanOrEqual(size);
  model.judged = { kind: "probe", rows, ...rules };
}

/** A person who resumes was told of the trial that the campaign is paused for. */
function answer(model: Model, reason: string, isProbe: boolean): void {
  const told = reason.split(":")[0];
  if (model.judged !== null) {
    if (told === model.judged.kind || isProbe) model.judged = null;
  } else if (told === "first") model.first = null;
}

/** Claims by a job of that batch that may be out of date. */
async function claim(bench: TestStore, model: Model, one: number): Promise<void> {
  const { campaign } = model;
  const batch = Math.floor((one - 1) / 100);
  const { open, ready, aside, beyond } = bench.own(campaign);
  await bench.runOf(campaign, batch);
  if ((await bench.redis.hget(open, String(batch))) === null) {
    // A batch that dispatch would not open now.
    for (const key of [ready, aside, beyond]) await bench.redis.zrem(key, batch);
    await bench.redis.hset(open, batch, 999);
  }
  const { state, value } = await bench.row(campaign, one);
  if (state === "pending" && value.times.due !== undefined) await bench.makeDue(campaign, one);
  const nonce = Buffer.from(`nonce${String(model.grants.length).padStart(3, "0")}`);
  const runNumber = Number(await bench.redis.hget(open, String(batch)));
  const result = await bench.claim(campaign, [one], { run: runNumber, nonce });
  const verdict = result.kind === "gate" ? undefined : result.verdicts[0];
  if (verdict?.kind !== "granted") {
    if (verdict?.kind === "not_in_trial") expect(mayGo(model, one)).toBe(false);
    return;
  }
  expect(mayGo(model, one), `row ${one}`).toBe(true);
  const person = bench.store.ledger.person(testPhone(one));
  model.grants = [
    { campaign, row: one, attempt: verdict.attempt, nonce, person },
    ...model.grants,
  ].slice(0, 9);
}

/** As the rules say; undefined while it is not known yet, the wait left aside. */
function judge(
  { rows, minDelivered }: Judged,
  states: ReadonlyMap<number, State>,
): string | undefined {
  const of = (...wanted: State[]): number =>
    rows.filter((one) => wanted.includes(states.get(one) ?? "rejected")).length;
  const needed = Math.max(1, Math.ceil(rows.length * minDelivered - 1e-9));
  if (of("delivered", "read") >= needed) return "passed";
  return rows.length - of("failed") < needed ? "failed" : undefined;
}

async function statesOf(bench: TestStore, campaign: string): Promise<Map<number, State>> {
  const states = await Promise.all(ROWS.map((one) => bench.state(campaign, one)));
  return new Map(ROWS.map((one, at) => [one, states[at] ?? "rejected"]));
}

async function check(bench: TestStore, model: Model, step: Command): Promise<void> {
  const { campaign } = model;
  const [found, states] = await Promise.all([bench.found(campaign), statesOf(bench, campaign)]);
  if (found.status === "cancelled") return;
  const about = `${JSON.stringify(step)} ${found.status} ${found.reason}`;
  const { judged } = model;
  const verdict = judged === null ? undefined : judge(judged, states);
  const isOpen = (one: number): boolean => ["pending", "sending"].includes(states.get(one) ?? "");
  const left = ROWS.filter((one) => states.get(one) === "pending").length;
  if (found.status === "finished") {
    expect(found.trial, about).toBeNull();
    model.judged = null;
    model.first = null;
    return;
  }
  if (
    judged !== null &&
    verdict === "passed" &&
    judged.after === "go" &&
    found.trial?.kind !== judged.kind
  ) {
    model.judged = null;
  }
  if (found.status === "running" && left > 0) {
    if (model.judged !== null) expect(verdict, about).toBeUndefined();
    if (model.judged === null && model.first !== null) {
      expect(model.first.some(isOpen), about).toBe(true);
    }
  }
  if (found.reason.startsWith("first:")) expect(model.judged, about).toBeNull();
  const kind = model.judged?.kind ?? (model.first !== null ? "first" : undefined);
  expect(found.trial?.kind, about).toBe(kind);
  await checkCounts(bench, model, states, about);
  await checkPlaces(bench, model, states, about);
}

/** The trial's own counts are those of its rows. */
async function checkCounts(
  bench: TestStore,
  { campaign, judged }: Model,
  states: ReadonlyMap<number, State>,
  about: string,
): Promise<void> {
  if (judged === null) return;
  const of = (...wanted: State[]): number =>
    judged.rows.filter((one) => wanted.includes(states.get(one) ?? "rejected")).length;
  const { trial } = await bench.found(campaign);
  expect(trial, about).toMatchObject({
    ...{ size: judged.rows.length, failed: of("failed") },
    ...{ delivered: of("delivered", "read"), sent: of("accepted", "sent", "delivered", "read") },
  });
}

/** The batch of a pending row is in one place, and in one that is looked at if the row may go. */
async function checkPlaces(
  bench: TestStore,
  model: Model,
  states: ReadonlyMap<number, State>,
  about: string,
): Promise<void> {
  const { ready, open, aside, beyond } = bench.own(model.campaign);
  const { redis } = bench;
  for (const batch of [0, 1, 2]) {
    const pending = ROWS.filter(
      (one) => Math.floor((one - 1) / 100) === batch && states.get(one) === "pending",
    );
    if (pending.length === 0) continue;
    const field = String(batch);
    const looked = [await redis.zscore(ready, field), await redis.hget(open, field)];
    const others = [await redis.zscore(aside, field), await redis.zscore(beyond, field)];
    const places = [...looked, ...others].filter((place) => place !== null);
    expect(places, `batch ${batch} after ${about}`).toHaveLength(1);
    if (pending.some((one) => mayGo(model, one))) {
      expect(
        looked.filter((place) => place !== null),
        `batch ${batch} after ${about}`,
      ).toHaveLength(1);
    }
  }
}

/** From any state, work, time and a person who resumes bring the campaign to its end. */
async function finish(bench: TestStore, model: Model): Promise<void> {
  const { campaign } = model;
  const { campaigns, ledger } = bench.store;
  for (let round = 0; round < 12; round++) {
    const { status, reason } = await bench.found(campaign);
    if (status === "finished" || status === "cancelled") return;
    if (status === "paused") {
      answer(model, reason, false);
      await campaigns.resume(campaign);
    }
    await bench.endLeases();
    await ledger.sweep();
    await bench.later(WAIT_MS);
    await campaigns.dispatch("sandbox", 9);
    // A trial that passed meanwhile lets the rest go.
    await check(bench, model, { do: "later" });
    for (const one of ROWS) {
      const { state } = await bench.row(campaign, one);
      const isOpened = await bench.redis.hexists(
        bench.own(campaign).open,
        String(Math.floor((one - 1) / 100)),
      );
      if (state !== "pending" || isOpened === 0) continue;
      const before = model.grants.length === 0 ? undefined : model.grants[0];
      await claim(bench, model, one);
      const granted = model.grants[0];
      if (granted !== undefined && granted !== before) await bench.record(granted, "accepted");
      await check(bench, model, { do: "claim", row: one });
    }
    await run(bench, model, { do: "close" });
  }
  throw new Error(`It does not end: ${JSON.stringify(await bench.found(campaign))}`);
}
