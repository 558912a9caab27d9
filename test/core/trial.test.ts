import { expect, test } from "vitest";
import { validateCampaign } from "../../src/core/campaign-schema.ts";
import { describePause } from "../../src/core/pause-reason.ts";
import { neededOf } from "../../src/core/trial.ts";

function canaryOf(canary: object) {
  const template = { name: "sale", language: { code: "en" } };
  const read = validateCampaign({
    name: "Sale",
    template,
    category: "utility",
    canary: { ...canary },
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.definition.canary;
}

test("a canary needs a size; the rest has defaults", () => {
  expect(canaryOf({ size: 20 })).toEqual({
    ...{ size: 20, minDelivered: 0.8, waitMs: 600_000, after: "go" },
  });
  expect(
    canaryOf(JSON.parse('{ "size": 1, "minDelivered": 1, "wait": "90s", "then": "ask" }')),
  ).toEqual({
    ...{ size: 1, minDelivered: 1, waitMs: 90_000, after: "ask" },
  });
});

test.each([
  [20, 0.8, 16],
  [100, 0.07, 7],
  [10, 0.7, 7],
  [3, 0.8, 3],
  [1, 0.01, 1],
  [0, 0.8, 1],
])("of %i messages and a share of %d, %i are needed", (size, share, needed) => {
  expect(neededOf(size, share)).toBe(needed);
});

test.each([
  ["first:500", "The first 500 were sent; resume goes on with the other 12,400."],
  ["canary:passed:19:20:16:1", "Canary: 19 of 20 delivered; resume sends the rest."],
  ["canary:failed:9:20:16:5", "Canary: 9 of 20 delivered, 5 failed, 16 must be delivered."],
  ["canary:late:12:20:16:0", "Canary: 12 of 20 delivered in time, 0 failed, 16 must be delivered."],
  ["probe:none:0:0:1:0", "Probe: none of its messages could be sent."],
])("%s is described with its figures", (reason, words) => {
  expect(describePause(reason, 12_400).words).toBe(words);
});
