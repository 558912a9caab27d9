import { expect, test } from "vitest";
import { ERROR_CODES, HTTP_ANSWERS } from "../../src/core/error-codes.ts";
import {
  checkRetryCodes,
  describeFailure,
  failureReasons,
  isAskedFor,
  notRetried,
} from "../../src/core/failure.ts";
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

  expect(advice(131000)).toMatch(/Sending it again may succeed\.$/);
  expect(advice(131042)).toBe("Fix the payment method in WhatsApp Manager. Then send it again.");
  expect(advice(131026)).toMatch(/The same message would fail again\.$/);
  expect(advice(131049)).toMatch(/Send it again after 24 hours/);
  expect(advice(131050)).not.toMatch(/retry/);
  expect(advice(999_999)).toMatch(/Do not send it again before that\.$/);
});

test("no text of the table tells by itself to retry or to resume: that depends on what happened", () => {
  for (const { advice, code } of [...ERROR_CODES, ...HTTP_ANSWERS]) {
    expect(`${code}: ${advice}`).not.toMatch(/resume|retry|nothing to do: sending/i);
  }
});

test("no message that failed with an opt-out is retried, ever", () => {
  const at = { failedAtMs: 0, nowMs: 10 ** 13 };
  expect(notRetried({ code: 131050, reason: 0 }, at, named(131050))).toBe("opted_out");
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

  const after = (code: number, ms: number) =>
    notRetried({ code, reason: 0 }, { failedAtMs, nowMs: failedAtMs + ms }, named(code));

  expect(after(131049, day - 1)).toBe("too_early");
  expect(after(131049, day)).toBeNull();
  expect(after(131026, 0)).toBeNull();
  expect(after(0, 0)).toBeNull();
});

test("a retry that names nothing leaves out what would fail again, and what may have been sent", () => {
  const at = { failedAtMs: 0, nowMs: 10 ** 13 };
  const why = (code: number, reason = 0) => notRetried({ code, reason }, at, named());

  expect(why(131000)).toBeNull();
  expect(why(131042)).toBeNull();
  expect(why(131049)).toBeNull();
  expect(why(0, REASONS.not_sent_connect)).toBeNull();
  expect(why(131026)).toBe("in_vain");
  expect(why(132016)).toBe("in_vain");
  expect(why(0, REASONS.decided)).toBe("not_known");
  expect(why(999_999)).toBe("not_known");
});

test("failures without a code are asked for by code 0, or each by its reason", () => {
  const { decided, not_sent_dns: dns } = REASONS;
  const asked = (codes: number[], reasons: number[]) =>
    [
      { code: 131000, reason: 0 },
      { code: 0, reason: dns },
      { code: 0, reason: decided },
    ].map((cause) => isAskedFor({ codes: new Set(codes), reasons: new Set(reasons) }, cause));

  expect(asked([], [])).toEqual([true, true, true]);
  expect(asked([0], [])).toEqual([false, true, true]);
  expect(asked([], [dns])).toEqual([false, true, false]);
  expect(asked([131000], [decided])).toEqual([true, false, true]);
  expect(failureReasons(["decided"])).toEqual({ ok: true, value: new Set([decided]) });
  expect(failureReasons(["decided", "window_missed"])).toMatchObject({
    refusal: { code: "retry_unknown_reason" },
  });
});

function named(...codes: number[]) {
  return { codes: new Set(codes) };
}
