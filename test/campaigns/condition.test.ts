import { expect, test } from "vitest";
import { conditionOf } from "../../src/campaigns/condition.ts";
import type { ConditionFacts, ConditionKind } from "../../src/campaigns/condition-facts.ts";
import { shortCondition } from "../../src/campaigns/condition-short.ts";
import { saidText } from "../../src/campaigns/said.ts";
import { zeroCounts } from "../../src/core/message.ts";
import { STOP_ON } from "../../src/core/stop-on.ts";
import type { Campaign } from "../../src/store/index.ts";

/** 10:42 UTC. */
const AT = Date.parse("2026-11-29T10:42:00Z");
const HOUR = 3_600_000;
const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

const CAMPAIGN: Campaign = {
  id: "main-1",
  number: "main",
  name: "Spring sale",
  status: "running",
  reason: "",
  mode: "live",
  isTest: false,
  category: "marketing",
  guarantee: "at-most-once",
  charged: {},
  stopOn: STOP_ON,
  file: "list.csv",
  rows: 5_000,
  counts: zeroCounts(),
  closed: false,
  errors: [],
  ratePerSecond: null,
  ramp: null,
  pool: null,
  capped: { putOff: 0, skipped: 0, untilMs: null },
  budgetAtMs: null,
  createdAt: AT - HOUR,
  startAt: null,
  delegatedTo: null,
  endBy: null,
  hours: null,
  startedAt: AT - HOUR,
  pausedAt: null,
  finishedAt: null,
  awaitsApprovalOf: null,
  rowsDeletedAt: null,
  trial: null,
};

const FACTS: ConditionFacts = {
  campaign: CAMPAIGN,
  unsafe: undefined,
  rollback: undefined,
  isSettling: false,
  suspension: undefined,
  stall: undefined,
  waitsFor: null,
  pace: {
    ratePerSecond: null,
    configured: { lowest: 80, highest: 80 },
    holdUntilMs: null,
    holdReason: "too_fast",
    slowed: null,
    portfolio: null,
    caps: null,
    clock: { wallMs: AT, nowMs: AT },
  },
  rates: { nowPerSecond: 80, fullPerSecond: 80, slowed: null, ramp: null, differs: null },
  budget: { now: null, waitsUntilMs: null },
  tries: [],
  sentPerSecond: 78,
  doneAtMs: AT + HOUR,
  dueAtMs: null,
  pausedBy: null,
};

const WAITING = { pending: 3_212, delivered: 1_700, failed: 50 };
const ROLLBACK = {
  noticedAt: AT,
  wentBackTo: AT - HOUR,
  lost: 30,
} as unknown as NonNullable<ConditionFacts["rollback"]>;

type Changes = Partial<Omit<ConditionFacts, "campaign">> & {
  readonly counts?: Partial<Campaign["counts"]>;
  readonly campaign?: Partial<Campaign>;
};

function conditionWith({ counts = WAITING, campaign = {}, ...facts }: Changes) {
  return conditionOf({
    ...FACTS,
    ...facts,
    campaign: { ...CAMPAIGN, counts: { ...zeroCounts(), ...counts }, ...campaign },
  });
}

const paused = (reason: string, more: Partial<Campaign> = {}): Partial<Campaign> => ({
  status: "paused",
  reason,
  pausedAt: AT,
  ...more,
});
const trial = (kind: "canary" | "first", until: number | null) => ({
  ...{ kind, size: 20, sent: 20, delivered: 12, failed: 3, needed: kind === "first" ? null : 16 },
  until,
});
const SUSPENSION = { code: 131031, reason: 0, at: AT, campaign: "main-1" };
const TRIES = { code: 131049, nth: 2, count: 12, firstAt: AT + HOUR };
const FEW = { delivered: 900, failed: 88 };

const CASES: readonly (readonly [
  what: string,
  changes: Changes,
  kind: ConditionKind,
  sentence: string,
])[] = [
  [
    "an import",
    { campaign: { status: "importing", rows: 1_200 } },
    "importing",
    "Its list is being imported: 1,200 rows so far. Nothing is sent before all of it is stored.",
  ],
  [
    "a list that was refused",
    { campaign: { status: "rejected", reason: "Too many rows are rejected" } },
    "rejected",
    "The list was refused, and nothing was sent: Too many rows are rejected.",
  ],
  [
    "a start to come",
    { campaign: { status: "scheduled", startAt: AT + HOUR } },
    "scheduled",
    "Starts at 11:42: 3,212 people wait until then.",
  ],
  [
    "a start to come of delegated messages",
    { campaign: { status: "scheduled", startAt: AT, delegatedTo: AT + HOUR } },
    "scheduled",
    "Starts at 10:42: 3,212 people wait until then. LiveChat sends them at 11:42.",
  ],
  ["sending", {}, "sending", "Sending 78 messages a second; done about 11:42."],
  [
    "sending slowly",
    { sentPerSecond: 0.5 },
    "sending",
    "Sending 30 messages a minute; done about 11:42.",
  ],
  [
    "sending at a lower rate after too fast",
    { rates: { ...FACTS.rates, slowed: { share: 0.75, untilMs: AT } } },
    "sending",
    'Sending 78 messages a second (75 % of the rate, because LiveChat said "too fast"); done about 11:42.',
  ],
  [
    "sending while it ramps up",
    {
      sentPerSecond: 20,
      rates: {
        ...FACTS.rates,
        ramp: { from: 1, to: 80, overMs: HOUR, sinceMs: AT, fullMs: AT + HOUR },
      },
    },
    "sending",
    "Sending 20 messages a second, growing to 80 messages a second; done about 11:42.",
  ],
  [
    "a start of which nothing is measured yet",
    { sentPerSecond: null, doneAtMs: null },
    "sending",
    "Sending 80 messages a second; 3,212 people wait.",
  ],
  [
    "running without a message leaving",
    { sentPerSecond: 0 },
    "idle",
    "Running, but nothing was handed over in the last half minute. 3,212 people wait.",
  ],
  [
    "the last messages",
    { counts: { sending: 2, delivered: 10 } },
    "last_messages",
    "The last 2 messages are being handed over.",
  ],
  [
    "the end time with messages on the way",
    { counts: { sending: 1, expired: 10 }, campaign: { closed: true } },
    "last_messages",
    "Its end time has passed: 1 message on the way is still being recorded.",
  ],
  [
    "closed hours",
    {
      waitsFor: {
        opensAtMs: Date.parse("2026-11-30T08:00:00Z"),
        place: { country: "PL", zones: ["Europe/Warsaw"] },
        people: 3_000,
      },
    },
    "window",
    "Waits until Mon 09:00 Europe/Warsaw: its sending hours are closed; it opens for 3,000 people then. 3,212 people wait.",
  ],
  [
    "a full budget of people",
    {
      budget: {
        now: { name: "shop", used: 8_000, limit: 8_000, nextAtMs: AT + HOUR },
        waitsUntilMs: AT + HOUR,
      },
    },
    "budget",
    "Waits until 11:42: the daily limit of people of portfolio shop is used up (8,000 of 8,000 people in 24 hours). 3,212 people wait.",
  ],
  [
    "a canary that is being sent",
    { campaign: { trial: { ...trial("canary", null), sent: 12 } } },
    "trial",
    "Sends 20 as a canary first: 12 handed over. 3,212 people wait.",
  ],
  [
    "a canary that waits for outcomes",
    { campaign: { trial: trial("canary", AT + HOUR) } },
    "trial",
    "Waits for its canary: 12 of 20 delivered, 3 failed; 16 needed by 11:42. 3,212 people wait.",
  ],
  [
    "the first rows",
    { campaign: { trial: trial("first", null) } },
    "trial",
    "Sends only the first 20: 20 handed over. Then it asks before the rest goes; 3,212 people wait.",
  ],
  [
    "a backoff of the number",
    { pace: { ...FACTS.pace, holdUntilMs: AT + 5_000 } },
    "backoff",
    "Waits until 10:42: number main is backing off because LiveChat says that it is too fast. 3,212 people wait.",
  ],
  [
    "an API that cannot be reached",
    { pace: { ...FACTS.pace, holdUntilMs: AT, holdReason: "unreachable" } },
    "backoff",
    "Waits until 10:42: number main is backing off because LiveChat's API cannot be reached, and nothing was sent. 3,212 people wait.",
  ],
  [
    "no worker",
    { stall: "Nothing is sent: no worker of number main is running." },
    "no_worker",
    "Nothing is sent: no worker of number main is running. 3,212 people wait.",
  ],
  [
    "a Redis that is not safe",
    { unsafe: "appendonly is off." },
    "unsafe",
    "Nothing is sent: Redis is not safe. 3,212 people wait.",
  ],
  [
    "a rollback",
    { rollback: ROLLBACK },
    "rollback",
    "Nothing is sent since 10:42: Redis went back in time, and a person must decide. 3,212 people wait.",
  ],
  [
    "a Redis that has just restarted",
    { isSettling: true },
    "settling",
    "Nothing is sent for a moment. 3,212 people wait.",
  ],
  [
    "messages that all wait for a further try",
    { counts: { pending: 12, delivered: 5 }, tries: [TRIES] },
    "further_tries",
    "12 wait for their second try (131049), the first at 11:42. All others are done.",
  ],
  [
    "messages that were put off",
    { dueAtMs: AT + HOUR },
    "due_later",
    "Waits until 11:42: its next messages are due then. 3,212 people wait.",
  ],
  [
    "a pause by a person",
    { campaign: paused("operator"), pausedBy: "ana" },
    "paused",
    "Paused by ana at 10:42. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "a pause by a person of whom nothing is known",
    { counts: { pending: 1 }, campaign: paused("operator", { pausedAt: null }) },
    "paused",
    "Paused by a person. Nothing is being sent; 1 person waits.",
  ],
  [
    "a suspended number",
    { campaign: paused("account:131031"), suspension: SUSPENSION },
    "suspended",
    "Number main is suspended since 10:42 (131031: Business account locked). Nothing is being sent; 3,212 people wait.",
  ],
  [
    "too many failures with one code",
    { campaign: paused("failure_share:31/100:131026") },
    "stopped",
    "Paused by itself at 10:42: 31 % of the last 100 messages failed, all with 131026 (Message undeliverable). Nothing is being sent; 3,212 people wait.",
  ],
  [
    "too many failures with several codes",
    {
      campaign: paused("failure_share:15/50", {
        errors: [{ code: 131026, reason: 0, count: 9 }],
      }),
    },
    "stopped",
    "Paused by itself at 10:42: 30 % of the last 50 messages failed, most with 131026 (Message undeliverable). Nothing is being sent; 3,212 people wait.",
  ],
  [
    "failures in a row",
    { campaign: paused("same_code:131008") },
    "stopped",
    "Paused by itself at 10:42: too many messages in a row failed with 131008 (Required parameter missing). Nothing is being sent; 3,212 people wait.",
  ],
  [
    "a template that cannot be sent",
    { campaign: paused("template:132001") },
    "stopped",
    "Paused by itself at 10:42: the template cannot be sent, 132001 (Template does not exist in this language). Nothing is being sent; 3,212 people wait.",
  ],
  [
    "messages charged as marketing",
    { campaign: paused("category:marketing") },
    "stopped",
    "Paused by itself at 10:42: WhatsApp charges the messages as marketing, which the campaign file does not say. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "too many unknown",
    { campaign: paused("unknown_budget") },
    "stopped",
    "Paused by itself at 10:42: too many API answers did not show whether the message was sent. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "two ids for one message",
    { campaign: paused("double_wamid") },
    "stopped",
    "Paused by itself at 10:42: the API gave one message two ids, so its recipient may have got it twice. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "another sender",
    { campaign: paused("other_sender") },
    "stopped",
    "Paused by itself at 10:42: it was imported for a different WhatsApp number or API than the one configured now. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "rows that cannot be read",
    { campaign: paused("unreadable") },
    "stopped",
    "Paused by itself at 10:42: some of its rows cannot be read, so they cannot be sent. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "a reason of a newer version",
    { campaign: paused("moonrise:7") },
    "stopped",
    "Paused by itself at 10:42: moonrise:7. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "a canary that failed",
    { campaign: paused("canary:late:12:20:16:3") },
    "stopped",
    "Paused by itself at 10:42: only 12 of 20 messages of its canary were delivered in time, 16 are needed; 3 failed. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "a canary that passed and asks",
    { campaign: paused("canary:passed:18:20:16:0") },
    "stopped",
    "Paused by itself at 10:42: 18 of 20 messages of its canary were delivered, and it asks before the rest goes. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "first rows that are sent",
    { campaign: paused("first:500") },
    "stopped",
    "Paused by itself at 10:42: the first 500 are sent, and it asks before the rest goes. Nothing is being sent; 3,212 people wait.",
  ],
  [
    "a cancelled campaign",
    {
      counts: { cancelled: 10, delivered: 5, sent: 2 },
      campaign: { status: "cancelled", finishedAt: AT },
    },
    "cancelled",
    "Cancelled at 10:42: 10 people get nothing; 7 messages had been tried, 2 of them without a final outcome.",
  ],
  [
    "one cancelled before anything was sent",
    { counts: { cancelled: 1 }, campaign: { status: "cancelled", finishedAt: AT } },
    "cancelled",
    "Cancelled at 10:42: 1 person gets nothing; nothing was sent.",
  ],
  [
    "a campaign whose end time has passed",
    {
      counts: { expired: 10, read: 5 },
      campaign: { status: "finished", closed: true, finishedAt: AT },
    },
    "expired",
    "Ended at 10:42 by its end time: 10 people get nothing; 5 messages had been tried.",
  ],
  [
    "everything handed over, with outcomes open",
    { counts: { ...FEW, sent: 9, unknown: 3 }, campaign: { status: "finished", finishedAt: AT } },
    "finished",
    "Everything is handed over since 10:42; 12 messages without a final outcome, 3 of them unknown.",
  ],
  [
    "every outcome there",
    { counts: FEW, campaign: { status: "finished", finishedAt: AT } },
    "finished",
    "Finished at 10:42: 900 of 988 people reached, 88 failed.",
  ],
  [
    "a list of which no row could be sent",
    { counts: { rejected: 4 }, campaign: { status: "finished", finishedAt: AT } },
    "finished",
    "Finished at 10:42: no row of the list could be sent.",
  ],
];

test.each(CASES)("%s is told in one sentence", (_, changes, kind, sentence) => {
  const condition = conditionWith(changes);

  expect(saidText(condition.words, clock)).toBe(sentence);
  expect(condition.kind).toBe(kind);
});

test("of several obstacles the one that a person has to remove is told", () => {
  const all = {
    ...{ unsafe: "appendonly is off.", rollback: ROLLBACK, isSettling: true, stall: "No worker." },
    pace: { ...FACTS.pace, holdUntilMs: AT },
  };

  const { unsafe: _, ...safe } = all;
  const { rollback: __, ...kept } = safe;

  expect(conditionWith(all).kind).toBe("unsafe");
  expect(conditionWith(safe).kind).toBe("rollback");
  expect(conditionWith({ ...kept, isSettling: false }).kind).toBe("no_worker");
});

test("a campaign that waits for a second person is not said to have paused by itself", () => {
  const { kind, words, advice } = conditionWith({ campaign: paused("approval") });

  expect(kind).toBe("paused");
  expect(saidText(words, clock)).toBe(
    "It waits for the approval of a second person. Nothing is being sent; 3,212 people wait.",
  );
  expect(advice).toMatch(/^Another user/);
});

const SHORT: readonly (readonly [short: string, changes: Changes])[] = [
  ["running: nothing is sent", { rollback: ROLLBACK, stall: "No worker." }],
  ["running: no worker", { stall: "No worker.", budget: { now: null, waitsUntilMs: AT } }],
  ["backs off until 10:42", { pace: { ...FACTS.pace, holdUntilMs: AT } }],
  ["waits for budget: 11:42", { budget: { now: null, waitsUntilMs: AT + HOUR } }],
  ["waits for Sun 10:42 UTC", { waitsFor: { opensAtMs: AT, place: null, people: 3 } }],
  [
    "running: canary: 12 of 20 delivered, 3 failed, needs 16 by 10:42",
    {
      campaign: { trial: trial("canary", AT) },
    },
  ],
  ["paused: by an operator", { campaign: paused("operator"), stall: "No worker." }],
  ["finished", { campaign: { status: "finished", finishedAt: AT }, stall: "No worker." }],
  ["running", {}],
];

test.each(SHORT)(
  "a list says %s for what the page of the campaign says in a sentence",
  (short, changes) => {
    const { counts = WAITING, campaign = {}, ...facts } = changes;
    const its = { ...CAMPAIGN, counts: { ...zeroCounts(), ...counts }, ...campaign };

    expect(shortCondition(its, { ...FACTS, ...facts }, clock)).toBe(short);
  },
);

test("a paused campaign says what else keeps it from being sent", () => {
  const { advice } = conditionWith({ campaign: paused("operator"), unsafe: "appendonly is off." });

  expect(advice).toMatch(/Redis is not safe either/);
});
