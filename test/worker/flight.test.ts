import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
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
