import { expect, test } from "vitest";
import { shortPauseWords } from "../../src/export/pause-words.ts";

const FIGURES = { size: 12, sent: 12, delivered: 4, failed: 0, needed: 10, until: null };
const CANARY = { kind: "canary" as const, ...FIGURES };

test.each([
  ["same_code:131026", "131026 in a row"],
  ["failures:0", "failures in a row"],
  ["account:190", "account error 190"],
  ["restricted:131048", "restricted by WhatsApp 131048"],
  ["failure_share:15/50:131026", "15 of 50 failed"],
  ["category:marketing", "charged as marketing"],
  ["operator", "by an operator"],
  ["canary:late:4:12:10:0", "canary: 4 of 12 delivered, needs 10"],
  ["constructor:1", "constructor:1"],
  ["", "no reason stored"],
])("a campaign paused with the reason %j in mid-canary is told of as %s", (reason, words) => {
  expect(shortPauseWords({ reason, status: "paused", trial: CANARY }, String)).toBe(words);
});
