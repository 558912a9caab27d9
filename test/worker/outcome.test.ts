import { describe, expect, it } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { timings } from "../../src/core/timings.ts";
import type { SendOutcome } from "../../src/livechat/client.ts";
import { toRecord } from "../../src/worker/outcome.ts";

const waits = timings({ answerTimeoutMs: 60_000, timeScale: 1 });

const nothing = { code: 0, reason: 0, waitMs: 0, id: null, held: false, optOut: false };

/** Every kind of outcome, and what the ledger is told; what is left out is nothing. */
const TABLE: readonly [SendOutcome, Partial<ReturnType<typeof toRecord>>][] = [
  [
    { kind: "accepted", id: "wamid.A", isWamid: true, held: false },
    { outcome: "accepted", id: { text: "wamid.A", isWamid: true } },
  ],
  [
    { kind: "accepted", id: "ref-1", isWamid: false, held: true },
    { outcome: "accepted", id: { text: "ref-1", isWamid: false }, held: true },
  ],
  [{ kind: "accepted", id: null, isWamid: false, held: false }, { outcome: "accepted" }],
  [
    { kind: "not_sent", reason: "not_sent_dns" },
    { outcome: "retry", reason: REASONS.not_sent_dns, waitMs: 1_000 },
  ],
  [{ kind: "aborted" }, { outcome: "wait", waitMs: 50 }],
  [
    { kind: "slow", code: 130429, httpStatus: 400, retryAfterMs: null },
    { outcome: "backOff", code: 130429 },
  ],
  [
    { kind: "slow", code: 429, httpStatus: 429, retryAfterMs: 90_000 },
    { outcome: "backOff", code: 429, waitMs: 90_000 },
  ],
  [
    { kind: "slow", code: 429, httpStatus: 429, retryAfterMs: 3_600_000 },
    { outcome: "backOff", code: 429, waitMs: 900_000 },
  ],
  [
    { kind: "later", code: 131057, httpStatus: 400, retryAfterMs: null },
    { outcome: "backOff", code: 131057, waitMs: 120_000 },
  ],
  [
    { kind: "later", code: 131057, httpStatus: 400, retryAfterMs: 7_000 },
    { outcome: "backOff", code: 131057, waitMs: 7_000 },
  ],
  [
    { kind: "pair", code: 131056, httpStatus: 400 },
    { outcome: "pair", code: 131056, waitMs: 1_000 },
  ],
  [
    { kind: "account", code: 190, httpStatus: 401 },
    { outcome: "suspend", code: 190 },
  ],
  [
    { kind: "account", code: 0, httpStatus: 401 },
    { outcome: "suspend", code: 401 },
  ],
  [
    { kind: "restricted", code: 131048, httpStatus: 400 },
    { outcome: "restrict", code: 131048 },
  ],
  [
    { kind: "template", code: 132001, httpStatus: 400 },
    { outcome: "template", code: 132001 },
  ],
  [
    { kind: "failed", code: 131026, httpStatus: 400, optOut: false },
    { outcome: "failed", code: 131026 },
  ],
  [
    { kind: "failed", code: 0, httpStatus: 422, optOut: false },
    { outcome: "failed", code: 422 },
  ],
  [
    { kind: "failed", code: 131050, httpStatus: 400, optOut: true },
    { outcome: "failed", code: 131050, optOut: true },
  ],
  [
    doubt({ reason: "http_5xx", code: 503, httpStatus: 503 }),
    { outcome: "unknown", reason: REASONS.http_5xx, code: 503 },
  ],
  [
    doubt({ reason: "answer_contradicts", code: 130429, id: "wamid.A", isWamid: true }),
    {
      outcome: "unknown",
      reason: REASONS.answer_contradicts,
      code: 130429,
      id: { text: "wamid.A", isWamid: true },
    },
  ],
  [
    doubt({ reason: "answer_contradicts", code: 131050 }),
    { outcome: "unknown", reason: REASONS.answer_contradicts, code: 131050, optOut: true },
  ],
];

function doubt(known: Partial<Extract<SendOutcome, { kind: "unknown" }>>): SendOutcome {
  const none = { code: 0, httpStatus: 200, id: null, isWamid: false };
  return { kind: "unknown", reason: "unheard_of", ...none, ...known };
}

describe("what an answer means in the ledger", () => {
  it.each(TABLE)("%o is %o", (outcome, told) => {
    const http = "httpStatus" in outcome ? outcome.httpStatus : 0;

    expect(toRecord(outcome, waits)).toEqual({ ...nothing, http, ...told });
  });

  it("is said of every kind of outcome", () => {
    const kinds: Record<SendOutcome["kind"], true> = {
      accepted: true,
      not_sent: true,
      aborted: true,
      slow: true,
      pair: true,
      later: true,
      account: true,
      restricted: true,
      template: true,
      failed: true,
      unknown: true,
    };

    expect(new Set(TABLE.map(([{ kind }]) => kind))).toEqual(new Set(Object.keys(kinds)));
  });
});
