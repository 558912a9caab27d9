import { expect, test } from "vitest";
import { ERROR_CODES, HTTP_ANSWERS } from "../../src/core/error-codes.ts";
import { checkRetryCodes, describeFailure, notRetried } from "../../src/core/failure.ts";
import { REASONS } from "../../src/core/reasons.ts";

test.each([
  [0, "not_sent_dns", "Not sent after 8 attempts: the API's name could not be resolved"],
  [0, "not_sent_connect", "Not sent after 8 attempts: the API could not be reached"],
  [0, "not_sent_tls", "Not sent after 8 attempts: no secure connection to the API could be made"],
  [0, "not_sent_other", "Not sent after 8 attempts: the request could not be made"],
  [0, "decided", "Marked as failed by an operator"],
  [0, "failed_without_code", "WhatsApp reported a failure without a code"],
  [131026, "decided", "Message undeliverable"],
] as const)("a failure with the code %i by the reason %s says so", (code, reason, title) => {
  expect(describeFailure({ code, reason: REASONS[reason] }).title).toBe(title);
});

test("a failure of an older version without code and reason claims no cause", () => {
  expect(describeFailure({ code: 0, reason: 0 }).title).toBe("Failed without a code");
});

test("what a retry may send is offered, what it sends in vain, too early or never is not", () => {
  const advice = (code: number) => describeFailure({ code, reason: 0 }).advice;

  expect(advice(131000)).toMatch(/A `retry` may succeed\.$/);
  expect(advice(131042)).toBe("Fix the payment method in WhatsApp Manager. Then `retry` it.");
  expect(advice(131026)).toMatch(/A `retry` of the same message would fail again\.$/);
  expect(advice(131049)).toMatch(/`retry` it after 24 hours/);
  expect(advice(131050)).not.toMatch(/retry/);
  expect(advice(999_999)).toMatch(/Do not `retry` it before that\.$/);
});

test("no text of the table tells by itself to retry or to resume: that depends on what happened", () => {
  for (const { advice, code } of [...ERROR_CODES, ...HTTP_ANSWERS]) {
    expect(`${code}: ${advice}`).not.toMatch(/resume|retry|nothing to do: sending/i);
  }
});

test("no message that failed with an opt-out is retried, ever", () => {
  expect(notRetried(131050, 0, 10 ** 13)).toBe("opted_out");
  expect(checkRetryCodes(new Set([131026, 131050]))).toMatchObject({
    ok: false,
    refusal: { code: "retry_opted_out" },
  });
  expect(checkRetryCodes(new Set([131026])).ok).toBe(true);
  expect(checkRetryCodes(new Set()).ok).toBe(true);
});

test("a message that WhatsApp chose not to deliver waits 24 hours, to the millisecond", () => {
  const failedAtMs = 1_700_000_000_000;
  const day = 24 * 3_600_000;

  expect(notRetried(131049, failedAtMs, failedAtMs + day - 1)).toBe("too_early");
  expect(notRetried(131049, failedAtMs, failedAtMs + day)).toBeNull();
  expect(notRetried(131026, failedAtMs, failedAtMs)).toBeNull();
  expect(notRetried(0, failedAtMs, failedAtMs)).toBeNull();
});
