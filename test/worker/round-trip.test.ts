import { expect, test } from "vitest";
import { createRoundTrip } from "../../src/worker/round-trip.ts";

test("slots are asked 16 ms and two round trips ahead, and never more than 200 ms", () => {
  const trip = createRoundTrip();
  expect(trip.reachMs()).toBe(18);
  trip.took(20);
  expect(trip.reachMs()).toBe(56);
  trip.took(5_000);
  expect(trip.reachMs()).toBe(200);
});

test("the estimate jumps up with one slow answer, and comes down over some dozens", () => {
  const trip = createRoundTrip();
  trip.took(50);
  const reach = () => Math.round(trip.reachMs());
  const after = [reach()];
  for (let answers = 0; answers < 50; answers++) trip.took(1);
  after.push(reach());
  for (let answers = 0; answers < 300; answers++) trip.took(1);
  after.push(reach());
  expect(after).toEqual([116, 54, 18]);
});
