import { expect, test } from "vitest";
import { describePause } from "../../src/core/pause-reason.ts";

test.each([
  ["operator", "Paused by an operator."],
  ["account:190", "The account cannot send (190: WhatsApp access token expired)."],
  ["account:401", "The account cannot send (401: API token refused (HTTP 401))."],
  ["restricted:131048", "WhatsApp restricts the number (131048: "],
  ["template:132001", "The template cannot be sent (132001: "],
  ["failures:131008", "Too many messages in a row failed (131008: "],
  ["failures:0", "Too many messages in a row failed (no error code)."],
  ["unknown_budget", "Too many API answers did not show"],
  ["other_sender", "imported for a different WhatsApp number or API"],
  ["double_wamid", "The API gave one message two ids"],
  ["from_a_newer_version:7", "Paused (from_a_newer_version:7)."],
  ["", "Paused."],
])("the reason %s has words", (reason, words) => {
  expect(describePause(reason).words).toContain(words);
});

test("every reason comes with what to do, and says once to resume", () => {
  const reasons = ["operator", "account:190", "account:131042", "restricted:368", "failures:0"];

  for (const { advice } of [
    ...reasons,
    "unknown_budget",
    "double_wamid",
    "other_sender",
    "new",
  ].map(describePause)) {
    expect(advice.match(/resume/gi)).toHaveLength(1);
  }
});
