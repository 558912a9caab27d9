import { expect, test } from "vitest";
import {
  EVENTS,
  type Event,
  MOVES,
  nextState,
  STATE_NAMES,
  STATES,
  type State,
  zeroCounts,
} from "../../src/core/message.ts";

/** What every event does to every state, written from the description of the machine. */
const EXPECTED: Record<State, Partial<Record<Event, State>>> = {
  // Only a person brings it back.
  rejected: { correct: "pending" },
  duplicate: {},
  suppressed: {},
  cancelled: {},
  expired: {},
  read: {},
  pending: {
    claim: "sending",
    rollback: "unknown",
    suppress: "suppressed",
    cancel: "cancelled",
    expire: "expired",
    // Late evidence for the attempt before calls back what waits to be sent again.
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
    status_sent: "sent",
    status_delivered: "delivered",
    status_read: "read",
    status_failed: "failed",
    resend: "pending",
    decide_sent: "accepted",
    decide_failed: "failed",
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

const STATUS_EVENTS = ["status_sent", "status_delivered", "status_read", "status_failed"] as const;
const RANK: Partial<Record<State, number>> = { accepted: 0, sent: 1, delivered: 2, read: 3 };

test.each(STATE_NAMES)("from %s each event leads where the machine says", (from) => {
  const actual = Object.fromEntries(EVENTS.map((event) => [event, nextState(from, event)]));
  const expected = Object.fromEntries(EVENTS.map((event) => [event, EXPECTED[from][event]]));
  expect(actual).toEqual(expected);
});

test("no order of status events lowers a rank", () => {
  for (const from of STATE_NAMES) {
    for (const event of STATUS_EVENTS) {
      const before = RANK[from];
      const after = RANK[nextState(from, event) ?? from];
      if (before !== undefined && after !== undefined) expect(after).toBeGreaterThanOrEqual(before);
    }
  }
});

test("a failed event takes nothing from somebody who has the message", () => {
  expect(nextState("delivered", "status_failed")).toBeUndefined();
  expect(nextState("read", "status_failed")).toBeUndefined();
});

test("a status event that comes twice changes nothing the second time", () => {
  for (const from of STATE_NAMES) {
    for (const event of STATUS_EVENTS) {
      const once = nextState(from, event);
      if (once !== undefined) expect(nextState(once, event)).toBeUndefined();
    }
  }
});

test("a message on the wire moves by its answer or the end of its lease, and by nothing else", () => {
  const events = Object.keys(MOVES.sending ?? {}).sort();
  expect(events).toEqual(["accept", "doubt", "lease_end", "refuse", "release"]);
});

test("only a claim puts a message on the wire, and only from pending", () => {
  const ways = STATE_NAMES.flatMap((from) =>
    EVENTS.filter((event) => nextState(from, event) === "sending").map((event) => [from, event]),
  );
  expect(ways).toEqual([["pending", "claim"]]);
});

test("what was left out, or was closed, stays what it is", () => {
  for (const state of ["duplicate", "suppressed", "cancelled", "expired"] as const) {
    expect(EVENTS.filter((event) => nextState(state, event) !== undefined)).toEqual([]);
  }
});

test("the table names only the thirteen states and the known events", () => {
  expect(STATE_NAMES).toHaveLength(13);
  for (const [from, moves] of Object.entries(MOVES)) {
    expect(STATE_NAMES).toContain(from);
    for (const [event, to] of Object.entries(moves)) {
      expect(EVENTS).toContain(event);
      expect(STATE_NAMES).toContain(to);
    }
  }
});

test("the stored numbers of the states are 1 to 13, in the order they are shown", () => {
  expect(Object.values(STATES)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(zeroCounts()).toEqual(Object.fromEntries(STATE_NAMES.map((state) => [state, 0])));
});
