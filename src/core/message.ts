/**
 * The state machine of a message: one pure table.
 *
 * A row of the CSV is in exactly one of the thirteen states below at every instant. `MOVES` says
 * which event takes it where; an event that has no entry changes nothing. That is what makes a
 * repeated, late or overtaken webhook harmless: ranks only rise (accepted, sent, delivered, read),
 * and a lower event finds no move.
 *
 * The Lua scripts do not repeat this table: it is rendered into them when they are loaded
 * (store/scripts.ts), so the two cannot disagree. What the scripts add are guards: which attempt
 * an event belongs to, and whether the campaign was closed.
 *
 * Races the table settles:
 * - The status webhook overtakes the POST's answer: the event is parked while the row is
 *   `sending`, and applied by the `accept` that follows.
 * - The lease ends although the worker lives (a paused process): `lease_end` makes it `unknown`,
 *   and the late answer of that attempt (`accept`, `refuse`, `release`) still settles it.
 * - `failed`, then `delivered` (WhatsApp does not promise an order): `delivered` corrects it.
 * - `delivered`, then `failed`: the person has the message; nothing moves.
 * - A person calls an unknown message failed, then its answer or a webhook says that it was sent:
 *   evidence overrules a person (`OVERRULES`), and so it does the other way round.
 */

/** Every state, in the order in which they are shown. The number is what the ledger stores. */
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

/** How many rows of a campaign are in each state. All thirteen keys, zeros included. */
export type Counts = Record<State, number>;

/**
 * What can happen to a message.
 *
 * - `claim`: a worker takes it, just before the POST.
 * - `accept`: a complete 2xx. `refuse`: the API refused this message. `release`: it is known that
 *   nothing was sent. `doubt`: nobody can know. `lease_end`: the worker never told.
 * - `status_*`: a signed webhook about the row's current attempt.
 * - `retry`: a person sends a failed message again. `resend`, `decide_sent`, `decide_failed`: a
 *   person's decision on an unknown one.
 * - `rollback`: Redis went back in time, and the message may have been sent in what it forgot.
 * - `mend`: a person corrected a rejected row, and dropped it again.
 * - `suppress`: the person opted out before the claim. `cancel`, `expire`: the campaign closed.
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
  "mend",
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
 * Where each event leads from each state. `pending` takes evidence too: a message that waits to
 * be sent again because a person asked for it is called back when
 * late evidence shows that the earlier attempt got through.
 */
export const MOVES: { readonly [from in State]?: { readonly [event in Event]?: State } } = {
  rejected: { mend: "pending" },
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
 * Where an event leads besides when a person decided the state: any evidence overrules a person. What
 * WhatsApp or the API said of a failure stands against a late `accept` or `sent`, which came before it.
 */
export const OVERRULES: typeof MOVES = {
  failed: { accept: "accepted", status_sent: "sent", status_failed: "failed" },
  accepted: { refuse: "failed" },
};

/** The state after `event`, or `undefined` when the event changes nothing. */
export function nextState(from: State, event: Event): State | undefined {
  return MOVES[from]?.[event];
}

/** Counts with every state at zero. */
export function zeroCounts(): Counts {
  return Object.fromEntries(STATE_NAMES.map((state) => [state, 0])) as Counts;
}

/** So often in a row a message that could not be sent is tried, then it has failed. */
export const TRIES_MAX = 8;
