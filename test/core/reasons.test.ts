import { expect, it } from "vitest";
import { describeReason, REASONS, type Reason, reasonName } from "../../src/core/reasons.ts";

it("the numbers of the reasons never change: ledgers hold them", () => {
  expect(REASONS).toEqual({
    lease_ended: 1,
    answer_timeout: 2,
    reset_after_request: 3,
    answer_cut: 4,
    answer_too_long: 5,
    answer_unreadable: 6,
    answer_contradicts: 7,
    http_5xx: 8,
    http_408: 9,
    http_421: 10,
    http_425: 11,
    ambiguous_code: 12,
    unheard_of: 13,
    drained: 14,
    rollback: 15,
    answer_unclear: 16,
    http_409: 17,
    http_3xx: 18,
    not_sent_dns: 32,
    not_sent_connect: 33,
    not_sent_tls: 34,
    not_sent_other: 35,
    not_sent_attempts: 36,
    failed_without_code: 48,
    decided: 64,
    window_missed: 65,
    opted_out: 66,
    undeliverable: 67,
    erased: 68,
    repeated: 69,
    capped: 70,
    counters_differ: 96,
  });
});

it("every reason fits a byte, is found by its number, and has words", () => {
  for (const [name, stored] of Object.entries(REASONS)) {
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(256);
    expect(reasonName(stored)).toBe(name);
    expect(describeReason(name as Reason)).toMatch(/^[A-Z].*\.$/);
  }
  expect(reasonName(0)).toBeUndefined();
  expect(reasonName(255)).toBeUndefined();
});
