import {
  DELIVERED,
  failedWith,
  NO_WEBHOOK_FAULTS,
  type Outcome,
  READ,
  refusedWith,
  SENT,
  SUCCESS,
} from "./outcome.ts";

/** A recipient whose last digits force an outcome, regardless of the seed and the knobs. */
interface MagicRecipient {
  /** The last digits of `to`. */
  readonly ending: string;
  /** Shown on docs/sandbox.md and in the command's help. */
  readonly does: string;
  /** What differs from a message that is accepted, sent, delivered and read. `nth` is from 1. */
  readonly outcome: (nth: number) => Partial<Outcome>;
}

/**
 * All magic recipients. Their seven digits include the 555 of film phone numbers, so that generated
 * and random lists do not contain one by accident.
 */
export const MAGIC_RECIPIENTS: readonly MagicRecipient[] = [
  magic(
    "9001",
    "429 with Retry-After on every odd POST, accepted on every even one",
    everyOther({ fault: "reject-429", accepted: false, answer: "too_many_requests", code: 0 }),
  ),
  magic("9002", "accepted, then `failed` with 131026 (undeliverable)", failing(131026)),
  magic("9003", "accepted, then `failed` with 131050 (stopped marketing)", failing(131050)),
  magic("9004", "accepted, but answered 500", ambiguous("accept-then-500", "error_500")),
  magic("9005", "accepted, but the connection is reset", ambiguous("accept-then-reset", "reset")),
  magic("9006", "accepted, but never answered", ambiguous("hang", "hang")),
  magic("9007", "accepted, but the answer is cut off halfway", ambiguous("cut-answer", "cut")),
  magic("9008", "the `sent` webhook arrives before the answer", faulty({ beforeAnswer: true })),
  magic("9009", "every webhook is sent three times", faulty({ duplicate: true })),
  magic(
    "9010",
    "the webhooks arrive in reverse: read, delivered, sent",
    faulty({ outOfOrder: true }),
  ),
  magic("9011", "accepted, but no webhook is ever sent", faulty({ lost: true })),
  magic("9012", "refused with 132000 (wrong number of parameters)", refused(132000)),
  magic(
    "9013",
    "refused with 131056 (pair rate limit) on every odd POST, accepted on every even one",
    everyOther(refusedWith(131056)),
  ),
  magic("9014", "answered `{id}` with an id of LiveChat's own, no wamid", () => ({
    shape: "id-own",
  })),
  magic("9015", "answered 202 without a body", () => ({ shape: "empty" })),
  magic("9016", "refused with 100 (invalid parameter)", refused(100)),
  magic("9017", "delivered, never read", () => ({ statuses: [SENT, DELIVERED] })),
  magic("9018", "the webhooks are late", faulty({ late: true })),
  magic("9019", "`sent`, then `failed` with 131049 (Meta chose not to deliver)", () => ({
    statuses: [SENT, failedWith(131049)],
  })),
  magic("9020", "`failed` with 131026, then `delivered` after all", () => ({
    statuses: [failedWith(131026), DELIVERED],
  })),
  magic("9021", "NOT accepted, and answered 500", dropped("drop-then-500", "error_500")),
  magic("9022", "NOT accepted, and the connection is reset", dropped("drop-then-reset", "reset")),
  magic("9023", "NOT accepted, and never answered", dropped("drop-then-hang", "hang")),
  magic("9024", "accepted and held for quality assessment", () => ({ held: true, shape: "meta" })),
  magic("9025", "NOT accepted: 200, but the body says error 131026", () => ({
    fault: "error-in-200",
    accepted: false,
    answer: "error_code_in_200",
    code: 131026,
  })),
  magic(
    "9026",
    "refused with 130429 (throughput) on every odd POST, accepted on every even one",
    everyOther(refusedWith(130429)),
  ),
  magic("9027", "refused with 131031 (account locked, HTTP 403)", refused(131031)),
  magic("9028", "refused with 131048 (number restricted)", refused(131048)),
  magic("9029", "refused with 132015 (template paused)", refused(132015)),
  magic(
    "9030",
    "refused with 131057 (maintenance, HTTP 500) on every odd POST, accepted on every even one",
    everyOther(refusedWith(131057)),
  ),
  magic("9031", "answered `{id}` with the wamid", () => ({ shape: "id-wamid" })),
  magic("9032", "no wamid in the answer, and an agent's chat with the person meanwhile", () => ({
    shape: "empty",
    webhooks: { ...NO_WEBHOOK_FAULTS, foreign: true },
  })),
  magic("9033", "`read` without `delivered` (the chat was open)", () => ({
    statuses: [SENT, READ],
  })),
  magic(
    "9034",
    "accepted, then `failed` with 131056 (pair rate limit) for every odd POST, delivered for every even one",
    everyOther({ statuses: [failedWith(131056)] }),
  ),
];

function magic(ending: string, does: string, outcome: MagicRecipient["outcome"]): MagicRecipient {
  return { ending: `555${ending}`, does, outcome };
}

/** Odd and even rather than first and later, so that every campaign gets the refusal. */
function everyOther(outcome: Partial<Outcome>): MagicRecipient["outcome"] {
  return (nth) => (nth % 2 === 1 ? outcome : SUCCESS);
}

function refused(code: number): MagicRecipient["outcome"] {
  return () => refusedWith(code);
}

function failing(code: number): MagicRecipient["outcome"] {
  return () => ({ statuses: [failedWith(code)] });
}

function ambiguous(fault: string, answer: Outcome["answer"]): MagicRecipient["outcome"] {
  return () => ({ fault, accepted: true, answer, code: 0 });
}

function dropped(fault: string, answer: Outcome["answer"]): MagicRecipient["outcome"] {
  return () => ({ fault, accepted: false, answer, code: 0 });
}

function faulty(what: Partial<Outcome["webhooks"]>): MagicRecipient["outcome"] {
  return () => ({ webhooks: { ...NO_WEBHOOK_FAULTS, ...what } });
}
