import fc from "fast-check";

/**
 * What can be done to the campaign of the model: by workers (claim, record, close, sweep), webhooks
 * (status, foreign) and people. `grant` picks one of the grants so far, the newest or an old one.
 */

/** Rows of the model's campaign. */
export const ROWS = 5;

const OUTCOMES = ["accepted", "retry", "pair", "wait", "failed", "unknown"] as const;
export type Outcome = (typeof OUTCOMES)[number];
const STATUSES = ["sent", "delivered", "read", "failed"] as const;
export type Status = (typeof STATUSES)[number];

export type Command =
  | { readonly do: "claim"; readonly row: number }
  | {
      readonly do: "record";
      readonly grant: number;
      readonly outcome: Outcome;
      readonly id: boolean;
    }
  | { readonly do: "status"; readonly grant: number; readonly status: Status }
  | { readonly do: "foreign"; readonly status: Status }
  | { readonly do: "retry"; readonly row: number; readonly attempt: number }
  | {
      readonly do: "resolve";
      readonly row: number;
      readonly decision: "resend" | "sent" | "failed";
    }
  | { readonly do: "sweep" | "pause" | "resume" | "cancel" | "expire" | "close" }
  /** From now on short forms are written (store/schema.ts). */
  | { readonly do: "shorten" };

export function commands(): fc.Arbitrary<Command> {
  const row = fc.integer({ min: 1, max: ROWS });
  const grant = fc.nat({ max: 11 });
  const status = fc.constantFrom(...STATUSES);
  const outcome = fc.constantFrom(...OUTCOMES);
  const decision = fc.constantFrom("resend" as const, "sent" as const, "failed" as const);
  const rare = fc.constantFrom(
    "sweep" as const,
    "pause" as const,
    "resume" as const,
    "close" as const,
  );
  const last = fc.constantFrom("cancel" as const, "expire" as const);
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant("claim" as const), row }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("record" as const),
        grant,
        outcome,
        id: fc.boolean(),
      }),
    },
    { weight: 8, arbitrary: fc.record({ do: fc.constant("status" as const), grant, status }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("foreign" as const), status }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("retry" as const),
        row,
        attempt: fc.integer({ min: 1, max: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("resolve" as const), row, decision }) },
    { weight: 4, arbitrary: fc.record({ do: rare }) },
    { weight: 1, arbitrary: fc.record({ do: last }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("shorten" as const) }) },
  );
}
