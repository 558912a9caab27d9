import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  campaignFile,
  type Fleet,
  listOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";

const NUMBER = testNumber();
const LATENCY_MS = 500;
let fleet: Fleet;
let lists = 0;
const PEOPLE_OF_A_LIST = 10_000;

// One set of processes for all: each test sends its own people, and ends with its campaigns over.
beforeAll(async () => {
  fleet = await startFleet({
    redisUrl: redisUrl(),
    number: NUMBER,
    ratePerSecond: 50,
    workers: 2,
    knobs: { latencyMs: String(LATENCY_MS), webhookDelayMs: "20-100" },
  });
});
afterAll(() => fleet.stage.close());

async function send(o: {
  rows: number;
  startAt?: Date;
}): Promise<ShownCampaign & { list: number }> {
  const list = ++lists;
  const name = `Sale ${list}`;
  fleet.stage.write(`${list}.yaml`, campaignFile({ number: NUMBER, name, ...o }));
  fleet.stage.write(`${list}.csv`, listOf(o.rows, list * PEOPLE_OF_A_LIST));
  const sent = await fleet.json<ShownCampaign>(["send", `${list}.yaml`, `${list}.csv`]);
  return { ...sent, list };
}

/** Instants of the POSTs from the given one on. */
function timesFrom(first: number): number[] {
  return fleet
    .posts()
    .slice(first)
    .map(({ at }) => at);
}

/** Instants of the POSTs to the people of one list. */
function timesOf(list: number): number[] {
  const isOfList = (to: string | null): boolean =>
    Math.floor(Number(to?.slice(-6)) / PEOPLE_OF_A_LIST) === list;
  return fleet.posts().flatMap(({ at, to }) => (isOfList(to) ? [at] : []));
}

const over = ({ status, counts }: ShownCampaign): boolean =>
  (status === "finished" || status === "cancelled") && counts.sending === 0;

test("a pause stops the POSTs after what was claimed, resume goes on, and cancel leaves nothing pending", async () => {
  const { id } = await send({ rows: 1_500 });
  await fleet.posted(50);
  await fleet.json(["pause", id]);
  const paused = await fleet.until(id, ({ counts }) => counts.sending === 0);
  const before = fleet.posts().length;
  expect(paused).toMatchObject({ status: "paused", reasonCode: "operator" });
  expect(paused.counts.pending).toBe(1_500 - before);
  // The silence itself is what is measured.
  await sleep(1_000);
  expect(fleet.posts().length).toBe(before);

  await fleet.json(["resume", id]);
  await fleet.posted(before + 50);
  await fleet.json(["cancel", id]);
  const cancelled = await fleet.show(id);
  expect(cancelled.status).toBe("cancelled");
  expect(cancelled.counts.pending).toBe(0);
  expect(cancelled.counts.cancelled).toBeGreaterThan(0);

  const last = await fleet.until(id, over);
  expect(last.counts.cancelled).toBe(1_500 - fleet.posts().length);
  // Of those that were claimed then, a worker may have given back some that it did not send in time.
  const { cancelled: atOnce, sending } = cancelled.counts;
  expect(last.counts.cancelled).toBeGreaterThanOrEqual(atOnce);
  expect(last.counts.cancelled).toBeLessThanOrEqual(atOnce + sending);
});

test("a refused token suspends the number and pauses its campaigns; once it is mended, resume sends one message first and then the rest", async () => {
  const before = fleet.posts().length;
  const [one, other] = [await send({ rows: 300 }), await send({ rows: 300 })];
  await fleet.posted(before + 20);
  await fleet.turn({ unauthorizedAfter: String(fleet.posts().length) });

  const halted = await fleet.until(one.id, ({ status }) => status === "paused");
  expect(halted).toMatchObject({ reasonCode: "account:401", halt: { code: 401 } });
  expect(halted.reason).toContain("DROPCAST_API_TOKEN");
  const peer = await fleet.until(other.id, ({ counts }) => counts.sending === 0);
  expect(peer).toMatchObject({ status: "paused", reasonCode: "account:401" });
  const settled = await fleet.until(one.id, ({ counts }) => counts.sending === 0);
  // Nobody's message is burnt by it.
  expect(settled.counts.failed + settled.counts.unknown).toBe(0);
  expect(peer.counts.failed + peer.counts.unknown).toBe(0);

  const asked = fleet.posts().length;
  await fleet.turn({ unauthorizedAfter: "" });
  const resumed = await fleet.json<{ haltLifted: boolean }>(["resume", one.id]);
  expect(resumed.haltLifted).toBe(true);
  await fleet.posted(asked + 20);
  const [first = 0, second = 0] = timesFrom(asked);
  // The second waits for the answer of the first.
  expect(second - first).toBeGreaterThanOrEqual(LATENCY_MS - 5);

  await fleet.json(["resume", other.id]);
  for (const { id } of [one, other]) {
    const last = await fleet.until(id, over);
    expect(last.counts.failed + last.counts.unknown).toBe(0);
  }
});

test("a campaign with a startAt sends nothing before it, and starts by itself", async () => {
  const startAt = new Date(Date.now() + START_IN_MS);
  const { id, status, list } = await send({ rows: 30, startAt });
  // A machine that stood still until then stored the list when it was due.
  if (Date.now() < startAt.getTime()) expect(status).toBe("scheduled");

  const last = await fleet.until(id, over);
  const [first = 0] = timesOf(list);
  expect(first).toBeGreaterThanOrEqual(startAt.getTime());
  expect(Date.parse(last.startedAt ?? "")).toBeGreaterThanOrEqual(startAt.getTime());
});

/** Long enough for the command to have stored the list before. */
const START_IN_MS = 8_000;
