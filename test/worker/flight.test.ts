import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { createFlight } from "../../src/worker/flight.ts";

function send(flight: ReturnType<typeof createFlight>, tookMs?: number): void {
  flight.granted();
  flight.started();
  flight.ended(tookMs);
}

test("slow answers are noticed within a few, quick ones are trusted over dozens", () => {
  const flight = createFlight(10, () => {});
  expect(flight.answerMs()).toBe(0);
  send(flight, 100);
  expect(flight.answerMs()).toBe(100);
  for (let count = 0; count < 10; count++) send(flight, 10_000);
  expect(flight.answerMs()).toBeGreaterThan(8_000);
  for (let count = 0; count < 10; count++) send(flight, 100);
  expect(flight.answerMs()).toBeGreaterThan(6_000);
});

test("what was refused or timed out says nothing about how long an answer takes", () => {
  const flight = createFlight(10, () => {});
  send(flight, 100);
  send(flight);
  expect(flight.answerMs()).toBe(100);
});

test("a process takes on what its rate and the quickest answers need, within bounds", () => {
  const flight = createFlight(1_000, () => {});
  expect(flight.free()).toBe(400);
  send(flight, 20);
  expect(flight.free()).toBe(192);
  flight.setRate(100_000);
  expect(flight.free()).toBe(192);
});

test("time that claims wait for answers is counted once", () => {
  const flight = createFlight(10, () => {});
  flight.capped(20);
  flight.capped(20);
  expect([flight.takeCappedMs(), flight.takeCappedMs()]).toEqual([40, 0]);
});

test("landing wakes whoever waits for room, once for all that land in one turn", async () => {
  let landed = 0;
  const flight = createFlight(10, () => landed++);
  send(flight, 100);
  send(flight, 100);
  expect(flight.now()).toBe(0);
  await setImmediate();
  expect(landed).toBe(1);
  send(flight, 100);
  await setImmediate();
  expect(landed).toBe(2);
});

test("a slower answer weighs a fifth, a quicker one a fiftieth", () => {
  const flight = createFlight(10, () => {});
  const after = (tookMs: number): number => {
    send(flight, tookMs);
    return flight.answerMs();
  };
  expect([after(100), after(200), after(20)]).toEqual([100, 120, 118]);
});

test("what is on the wire takes room, what waits for its send time does not, and what landed gives it back", () => {
  const flight = createFlight(10, () => {});
  flight.granted();
  expect([flight.now(), flight.free()]).toEqual([1, 192]);
  flight.started();
  expect([flight.now(), flight.free()]).toEqual([1, 191]);
  flight.ended();
  expect([flight.now(), flight.free()]).toEqual([0, 192]);
});

test("a process takes on 2,048 messages at most, and counts with no more than 1,000 a second", () => {
  const flight = createFlight(100_000, () => {});
  expect(flight.free()).toBe(400);
  flight.setRate(500);
  expect(flight.free()).toBe(200);
  flight.setRate(100_000);
  expect(flight.free()).toBe(400);
  slowFlight(1_000, 600, (free) => expect(free).toEqual([400, 400, 400, 2_048]));
});

/** How many more may go, after answers that took so long, in windows of ten seconds. */
function slowFlight(rate: number, tookMs: number, told: (free: number[]) => void): void {
  const clock = { now: 1_000 };
  const spy = vi.spyOn(performance, "now").mockImplementation(() => clock.now);
  onTestFinished(() => spy.mockRestore());
  const flight = createFlight(rate, () => {});
  const free: number[] = [];
  for (const [now, took] of [
    [1_000, 100],
    [11_001, tookMs],
    [21_001, tookMs],
    [21_002, tookMs],
  ] as const) {
    clock.now = now;
    send(flight, took);
    free.push(flight.free());
  }
  told(free);
}

test("the quickest answer of the last ten seconds counts: an API that became slower gets more messages at once", () => {
  slowFlight(1_000, 300, (free) => expect(free).toEqual([400, 400, 400, 1_200]));
});

test("a quicker answer counts at once", () => {
  slowFlight(1_000, 60, (free) => expect(free).toEqual([400, 240, 240, 240]));
});
