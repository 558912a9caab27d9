import { describe, expect, it } from "vitest";
import { createDecider } from "../../src/sandbox/decide-outcome.ts";
import type { SandboxOptions } from "../../src/sandbox/options.ts";
import { SANDBOX_DEFAULTS, withOptions } from "../../src/sandbox/options.ts";
import { draw, randomStateOf } from "../../src/sandbox/random.ts";

const PHONES = Array.from({ length: 20_000 }, (_, n) => String(48_600_000_000 + n * 7));

function outcomesOf(options: SandboxOptions, seed = 1) {
  const decide = createDecider(withOptions(SANDBOX_DEFAULTS, options));
  return PHONES.map((to) => decide(to, 1, randomStateOf(seed, "sandbox-number", to, 1)));
}

function share(outcomes: readonly unknown[], of: readonly unknown[]): number {
  return outcomes.length / of.length;
}

describe("the outcome of a POST", () => {
  it("is the same for the same seed, recipient and count, and another for another seed", () => {
    const options: SandboxOptions = { reject429: 0.2, hang: 0.1, failStatusCodes: { 131026: 0.3 } };

    expect(outcomesOf(options)).toEqual(outcomesOf(options));
    expect(outcomesOf(options, 2)).not.toEqual(outcomesOf(options));
  });

  it("changes from one POST of a recipient to the next", () => {
    const decide = createDecider(withOptions(SANDBOX_DEFAULTS, { reject429: 0.5 }));
    const faults = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(
      (nth) => decide("48600000000", nth, randomStateOf(1, "a", "48600000000", nth)).fault,
    );

    expect(new Set(faults)).toEqual(new Set(["none", "reject-429"]));
  });

  it("gives every fault its share of the POSTs", () => {
    const shares = {
      acceptThen500: 0.05,
      acceptThenReset: 0.06,
      hang: 0.07,
      cutAnswer: 0.08,
      dropThen500: 0.09,
      dropThenReset: 0.1,
      dropThenHang: 0.11,
      reject429: 0.12,
    };
    const outcomes = outcomesOf({ ...shares, errorCodes: { 131056: 0.13, 100: 0.14 } });
    const expected = {
      "accept-then-500": 0.05,
      "accept-then-reset": 0.06,
      hang: 0.07,
      "cut-answer": 0.08,
      "drop-then-500": 0.09,
      "drop-then-reset": 0.1,
      "drop-then-hang": 0.11,
      "reject-429": 0.12,
      "code-131056": 0.13,
      "code-100": 0.14,
      none: 0.05,
    };

    for (const [fault, wanted] of Object.entries(expected)) {
      const got = share(
        outcomes.filter((outcome) => outcome.fault === fault),
        outcomes,
      );
      expect(got, fault).toBeCloseTo(wanted, 1.7);
    }
  });

  it("does not change for the others when one knob is turned", () => {
    const before = outcomesOf({ failStatusCodes: { 131026: 0.3 }, webhookLost: 0.2 });
    const after = outcomesOf({
      failStatusCodes: { 131026: 0.3 },
      webhookLost: 0.2,
      webhookLate: 0.5,
    });

    expect(after.map((outcome) => outcome.statuses)).toEqual(
      before.map((outcome) => outcome.statuses),
    );
    expect(after.map((outcome) => outcome.webhooks.lost)).toEqual(
      before.map((outcome) => outcome.webhooks.lost),
    );
  });

  it.each([
    ["webhookBeforeAnswer", "beforeAnswer"],
    ["webhookDuplicate", "duplicate"],
    ["webhookOutOfOrder", "outOfOrder"],
    ["webhookLate", "late"],
    ["webhookLost", "lost"],
    ["webhookForeign", "foreign"],
  ] as const)("has %s at its share", (option, disturbance) => {
    const outcomes = outcomesOf({ [option]: 0.25 });

    const hit = outcomes.filter(({ webhooks }) => webhooks[disturbance]);

    expect(share(hit, outcomes)).toBeCloseTo(0.25, 1.7);
  });

  it("has failures and reads at their shares", () => {
    const outcomes = outcomesOf({ failStatusCodes: { 131026: 0.1, 131049: 0.2 }, readShare: 0.5 });
    const last = outcomes.map(({ statuses }) => statuses.at(-1));

    const failed = last.filter((step) => step?.status === "failed");
    const read = last.filter((step) => step?.status === "read");

    expect(share(failed, outcomes)).toBeCloseTo(0.3, 1.7);
    expect(share(read, outcomes)).toBeCloseTo(0.35, 1.7);
    expect(new Set(failed.map((step) => step?.code))).toEqual(new Set([131026, 131049]));
  });

  it("mixes all four shapes when asked to, held answers among them", () => {
    const outcomes = outcomesOf({ answerShape: "mixed", heldShare: 0.5 });

    for (const shape of ["meta", "id-wamid", "id-own", "empty"]) {
      expect(
        share(
          outcomes.filter((outcome) => outcome.shape === shape),
          outcomes,
        ),
      ).toBeCloseTo(0.25, 1.7);
    }
    expect(
      share(
        outcomes.filter((outcome) => outcome.held),
        outcomes,
      ),
    ).toBeCloseTo(0.5, 1.7);
  });
});

it("draws of one state are spread evenly over [0, 1)", () => {
  const tenths = new Array<number>(10).fill(0);

  for (let purpose = 0; purpose < 50_000; purpose++) {
    const bucket = Math.floor(draw(7, purpose) * 10);
    tenths[bucket] = (tenths[bucket] ?? 0) + 1;
  }

  for (const count of tenths) {
    expect(count / 5_000).toBeCloseTo(1, 1);
  }
});
