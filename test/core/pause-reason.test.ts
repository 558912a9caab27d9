import { expect, test } from "vitest";
import { describePause } from "../../src/core/pause-reason.ts";

test.each([
  ["operator", "Paused by an operator."],
  ["account:190", "The account cannot send (190: WhatsApp access token expired)."],
  ["account:401", "The account cannot send (401: API token refused (HTTP 401))."],
  ["restricted:131048", "WhatsApp restricts the number (131048: "],
  ["template:132001", "The template cannot be sent (132001: "],
  ["same_code:131008", "Too many messages in a row failed with the same error (131008: "],
  ["same_code:0", "failed with the same error (no error code)."],
  ["failure_share:15/50", "Too many messages failed: 15 of 50 consecutive ones."],
  ["failure_share:15/50:131026", "15 of 50 consecutive ones, all with the same error (131026: "],
  ["category:marketing", "WhatsApp charges the messages as marketing, which"],
  ["failures:131008", "Too many messages in a row failed (131008: "],
  ["unknown_budget", "Too many API answers did not show"],
  ["other_sender", "imported for a different WhatsApp number or API"],
  ["double_wamid", "The API gave one message two ids"],
  ["from_a_newer_version:7", "Paused (from_a_newer_version:7)."],
  ["", "Paused."],
])("the reason %s has words", (reason, words) => {
  expect(describePause(reason).words).toContain(words);
});

test("every reason comes with what to do, and says once to resume", () => {
  const reasons = ["operator", "account:190", "account:131042", "restricted:368", "same_code:0"];

  for (const { advice } of [
    ...reasons,
    "unknown_budget",
    "double_wamid",
    "other_sender",
    "template:132001",
    "failure_share:15/50",
    "failure_share:15/50:131026",
    "category:marketing",
    "new",
  ].map(describePause)) {
    expect(advice.match(/resume/gi)).toHaveLength(1);
  }
});
