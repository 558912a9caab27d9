/**
 * The state machine of a message: one pure table.
 *
 * A row of the CSV is always in exactly one of the thirteen states below. `MOVES` lists where each
 * event leads from each state; an event without an entry changes nothing. That makes repeated,
 * late or out-of-order webhooks harmless: ranks only rise (accepted, sent, delivered, read), and
 * an event of a lower rank has no entry.
 *
 * The Lua scripts do not repeat this table: store/scripts/render-lua.ts renders it into them as it
 * loads them. The scripts add guards: which attempt an event belongs to, and whether the campaign
 * is closed.
 *
 * Races the table settles:
 * - A status webhook overtakes the POST's answer: the event is stored as unmatched while the row is
 *   `sending`, and applied by the `accept` that follows.
 * - The lease ends while the worker lives (a frozen process): `lease_end` makes the row `unknown`,
 *   and the late answer of that attempt (`accept`, `refuse`, `release`) still settles it.
 * - `failed`, then `delivered` (WhatsApp does not guarantee order): `delivered` corrects it.
 * - `delivered`, then `failed`: the recipient has the message, so nothing changes.
 * - An operator marks an unknown message as failed, then its answer or a webhook shows that it was
 *   sent, or the other way round: evidence overrules the operator (`OVERRULES`).
 */

/** Every state, in display order. The ledger stores the number. */
export const STATES = {
  rejected: 1,
  duplicate: 2,
  suppressed: 3,
  pending: 4,
  sending: 5,
  accepted: 6,
  sent: 7,
  delivered: 8,
  read: 9,
  failed: 10,
  unknown: 11,
  cancelled: 12,
  expired: 13,
} as const;

export type State = keyof typeof STATES;

export const STATE_NAMES = Object.keys(STATES) as readonly State[];

/** How many rows of a campaign are in each state, zeros included. */
export type Counts = Record<State, number>;

/**
 * What can happen to a message.
 *
 * - `claim`: a worker takes it, just before the POST.
 * - `accept`: a complete 2xx. `refuse`: the API refused this message. `release`: it was certainly
 *   not sent. `doubt`: it may have been sent. `lease_end`: the worker never reported an outcome.
 * - `status_*`: a signed webhook about the row's current attempt.
 * - `retry`: an operator sends a failed message again. `resend`, `decide_sent`, `decide_failed`: an
 *   operator's decision on an unknown one.
 * - `rollback`: Redis was rolled back, and the message may have been sent before that.
 * - `correct`: an operator corrected a rejected row and dropped it again.
 * - `suppress`: the recipient opted out before the claim. `cancel`, `expire`: the campaign closed.
 */
export const EVENTS = [
  "claim",
  "accept",
  "refuse",
  "release",
  "doubt",
  "lease_end",
  "status_sent",
  "status_delivered",
  "status_read",
  "status_failed",
  "retry",
  "correct",
  "resend",
  "decide_sent",
  "decide_failed",
  "rollback",
  "suppress",
  "cancel",
  "expire",
] as const;

export type Event = (typeof EVENTS)[number];

/**
 * Where each event leads from each state. `pending` takes evidence too: if an operator asked to
 * send a message again and late evidence shows that the earlier attempt succeeded, the row leaves
 * `pending` and is not sent again.
 */
export const MOVES: { readonly [from in State]?: { readonly [event in Event]?: State } } = {
  rejected: { correct: "pending" },
  pending: {
    claim: "sending",
    rollback: "unknown",
    suppress: "suppressed",
    cancel: "cancelled",
    expire: "expired",
    accept: "accepted",
    status_sent: "sent",
    status_delivered: "delivered",
    status_read: "read",
  },
  sending: {
    accept: "accepted",
    refuse: "failed",
    release: "pending",
    doubt: "unknown",
    lease_end: "unknown",
  },
  unknown: {
    accept: "accepted",
    refuse: "failed",
    release: "pending",
    resend: "pending",
    decide_sent: "accepted",
    decide_failed: "failed",
    status_sent: "sent",
    status_delivered: "delivered",
    status_read: "read",
    status_failed: "failed",
  },
  accepted: {
    status_sent: "sent",
    status_delivered: "delivered",
    status_read: "read",
    status_failed: "failed",
  },
  sent: { status_delivered: "delivered", status_read: "read", status_failed: "failed" },
  delivered: { status_read: "read" },
  failed: { retry: "pending", status_delivered: "delivered", status_read: "read" },
};

/**
 * Further moves if an operator decided the state: any evidence overrules an operator. A failure
 * reported by WhatsApp or the API stands against a late `accept` or `sent`, which preceded it.
 */
export const OVERRULES: typeof MOVES = {
  failed: { accept: "accepted", status_sent: "sent", status_failed: "failed" },
  accepted: { refuse: "failed" },
};

/** The state after `event`, or `undefined` if the event changes nothing. */
export function nextState(from: State, event: Event): State | undefined {
  return MOVES[from]?.[event];
}

/** Counts with every state at zero. */
export function zeroCounts(): Counts {
  return Object.fromEntries(STATE_NAMES.map((state) => [state, 0])) as Counts;
}

/** A message fails after this many consecutive attempts that could not be sent. */
export const TRIES_MAX = 8;
