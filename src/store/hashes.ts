import { ALWAYS, CAMPAIGN_HASHES, type Field } from "./campaign-hashes.ts";

/**
 * The hashes that have fields with names: for each field its meaning, the scripts that write it
 * (files of scripts/ and scripts/lib/), and when it is absent. A name that ends or begins with a
 * colon has a campaign, a level or a row on that side. test/rules/hashes.test.ts checks that
 * scripts and TypeScript use only these fields, and that the writers are correct. The fields of
 * all other hashes are data (a person, a row, a code): keys.ts says which.
 *
 * Times are ms since 1970 by Redis TIME (which people read), or ms of the number's own clock where
 * noted (waits; scripts/lib/base.lua explains the two clocks).
 */
export const HASHES = {
  ...CAMPAIGN_HASHES,
  /** `pace` */
  pace: {
    rate: ["messages a second, set by a person", "set-rate", "as configured"],
    tat: ["the next free send time, us, own clock", "pace", "none was granted"],
    hold: ["end of the backoff, own clock", "stops", "there was none"],
    holds: ["backoffs in a row", "stops", "0"],
    holdReason: ["too_fast or unreachable", "stops", "there was none"],
    lowest: ["of the rates that the workers are configured with", "rates", "no worker has run"],
    highest: ["the same", "rates", "no worker has run"],
    portfolio: ["what some worker counts; empty: nothing", "rates", "no worker has run"],
    backedOff: ["why: the log knows of it, and is told of the recovery", "pace rates", "recovered"],
    slow: ["share of the rate after too_fast; recovers", "pace set-rate", "1"],
    slowAt: ["since when, own clock", "pace", "there was none"],
    unreached: ["requests in a row that did not leave", "stops", "0"],
    probing: ["open, or the attempt that goes first", "base claim resume-campaign", "all may go"],
  },
  /** `shares`, besides a campaign: its pass and weight. */
  shares: { now: ["the pass of the message granted last", "share", "only one campaign runs"] },
  /** `halt` */
  halt: {
    code: ["error code; 0 none", "stops note-audit", "the number is not suspended"],
    reason: ["number of core/reasons.ts", "stops note-audit", "the same"],
    at: ["time", "stops note-audit", "the same"],
    campaign: ["whose message or counters did it", "stops note-audit", "the same"],
    why: ["as a campaign's `reason`", "stops note-audit", "the same"],
  },
  /** `guard` */
  guard: {
    count: ["the claim counter", "guard accept-rollback", "0"],
    acts: ["changes by people among it", "guard accept-rollback", "0"],
    at: ["time of the last of either", "guard accept-rollback", "there was none"],
    claimedAt: ["the last claim, own clock", "guard accept-rollback", "there was none"],
    run: ["run id of Redis that is known to be complete", "guard accept-rollback", "none yet"],
    database: [
      "digest that names this database; first by `join`",
      "accept-rollback",
      "no role has joined",
    ],
    // A start of Redis that no worker has confirmed.
    newRun: ["its run id", "guard", "there is none"],
    newRunAt: ["when it was first seen, own clock", "guard", "there is none"],
    vouched: ["1: a worker that remembers the last claim confirmed it", "guard", "none has"],
    unconfirmed: ["1: none came in time, a person is asked", "guard", "no question"],
    restored: ["1: it came from a backup, a person is asked", "ask-after-restore", "it did not"],
    // A rollback that a person has not accepted.
    noticedAt: ["time", "guard", "no rollback"],
    wentBackTo: ["time of the last change that Redis has", "guard", "no rollback"],
    seen: ["the highest count that a process remembers", "guard", "none remembers more"],
    lost: ["claims and changes that are missing", "guard", "none remembers more"],
    lostActs: ["changes by people among them", "guard", "none remembers more"],
    lastSerial: ["the highest serial that is remembered", "guard", "none remembers more"],
    serial: ["the newest campaign's, when it was noticed", "guard", "no rollback"],
    "open:": ["of a campaign: its open batches then, by commas", "guard", "it had none"],
    reserved: ["1: serials were skipped for what may be lost", "guard", "they were not"],
  },
  /** `stats` */
  stats: {
    orphans: ["status events whose message was never found", "status", "0"],
    lastWebhookAt: ["time", "apply-status", "none has come"],
    heardAt: ["the same, own clock", "apply-status", "none has come"],
    confirmedAt: ["last webhook about our message, own clock", "apply-status outcome", "0"],
    quiet: ["messages accepted since then", "outcome", "0"],
    quietSince: ["when the first of them was, own clock", "outcome", "0"],
    quietLast: ["when the last of them was, own clock", "outcome", "0"],
    silenceToldAt: ["when the silence began that was noted last", "note-silence", "none was"],
    noticesDropped: ["failed messages that no endpoint was told of", "ledger", "0"],
  },
  /** `news-minute`, besides a kind of news: how many lines of it were only counted. */
  newsMinute: {
    until: ["end of the minute, own clock", "take-news", "none has begun"],
    lines: ["that were logged in it", "take-news", "none yet"],
  },
  /** `wamid-levels` */
  wamidLevels: {
    top: ["the newest level of the index", "wamid", "0"],
    bottom: ["the oldest that may have entries", "wamid", "0"],
    "size:": ["of a level: its entries", "wamid", "it has none"],
    "closed:": ["of a level: since when the next one is used, own clock", "wamid", "it is the top"],
  },
  /** `endpoint:<id>`, of webhooks out */
  endpoint: {
    name: ["its host, and the start of its id", "register-endpoints", ALWAYS],
    delivered: ["deliveries it has taken", "settle-delivery", "0"],
    deliveredAt: ["time of the last of them", "settle-delivery", "none was"],
    failedAt: ["time of the last try that failed", "settle-delivery", "none did"],
    failure: ["why it failed, in words", "settle-delivery", "none did"],
    givenUp: ["deliveries that failed at their last try", "settle-delivery", "0"],
    dropped: ["deliveries that made room for newer ones", "queue-event", "0"],
    disabledAt: ["since when it wants no more (410)", "settle-delivery", "it is enabled"],
  },
  /** `recurring:<name>` */
  recurring: {
    schedule: ["its pattern and time zone", "note-recurring", "the file is gone"],
    info: ["for people, JSON: source, next run, problem", "note-recurring", "the file is gone"],
    handled: [
      "the last due time that is done with; time",
      "note-recurring commit-recurring end-recurring",
      ALWAYS,
    ],
    lease: ["token of the producer that looks for a list", "take-recurring", "none does"],
    leaseUntil: ["time", "take-recurring", "none does"],
    tried: ["the last due time that a producer began with", "take-recurring", "none yet"],
    drop: ["id of the last list that was committed", "commit-recurring", "none yet"],
    etag: ["of the last answer of the source; empty: none", "commit-recurring", "none yet"],
    etagOf: ["the address it is of", "commit-recurring", "none yet"],
    // The last run.
    due: ["its due time", "commit-recurring end-recurring", "none yet"],
    at: ["time of its outcome", "commit-recurring end-recurring", "none yet"],
    outcome: ["RunOutcome of recurring.ts", "commit-recurring end-recurring", "none yet"],
    campaign: ["that it became; empty: none", "commit-recurring end-recurring", "none yet"],
    detail: ["why, for people; may be empty", "commit-recurring end-recurring", "none yet"],
  },
  /** `pool:<id>` */
  pool: {
    name: ["as the campaign file says", "pool-begin", ALWAYS],
    members: ["its numbers and their weights, JSON", "pool-begin", ALWAYS],
    file: ["name of the list's file", "pool-begin", ALWAYS],
    columns: ["header of the list, JSON", "pool-begin", ALWAYS],
    delimiter: ["of the list's cells", "pool-begin", "empty: it was not noted"],
    definition: ["the campaign file, read: JSON", "pool-begin", ALWAYS],
    createdAt: ["time", "pool-begin", ALWAYS],
    digest: ["of numbers, name and bytes", "pool-begin", ALWAYS],
    againOf: ["pool that the same bytes were before", "pool-begin", "they were none"],
    status: ["importing, stored, rejected or cancelled", "pool-begin pool-end", ALWAYS],
    reason: ["why it is rejected", "pool-end", "the same as empty"],
    importer: ["token of who imports it", "pool-begin", ALWAYS],
    lease: ["until when, own clock", "pool-begin pool-fill", ALWAYS],
    children: ["its campaigns, in the order of its numbers, JSON", "pool-fill", "none has begun"],
    rows: ["all of the list", "pool-fill", "it is being read"],
    finish: ["what starts each of its campaigns, JSON", "pool-end", "it is being imported"],
  },
  /** `action:<id>` */
  action: {
    plan: ["ActionPlan of core/action.ts, JSON", "begin-action", ALWAYS],
    campaign: ["whose messages it is about", "begin-action", ALWAYS],
    kind: ["retry or resolve", "begin-action", ALWAYS],
    decision: ["resend, sent or failed; empty: a retry", "begin-action", ALWAYS],
    createdAt: ["time", "begin-action", ALWAYS],
    state: ["ActionState of core/action.ts", "begin-action action", ALWAYS],
    why: ["ActionEnd of core/action.ts; empty: it did all", "action", "it runs"],
    endedAt: ["time", "action", "it runs"],
    cursor: ["how many bytes of its messages are done", "begin-action step-action", ALWAYS],
    movedAt: ["time of its last step", "step-action", "none yet"],
    runner: ["process that takes its steps", "step-action", "none does"],
    until: ["when another may, own clock", "step-action", "none does"],
    // Its messages.
    total: ["all", "begin-action", ALWAYS],
    done: ["decided as it says", "step-action", "0"],
    changed: ["that were no longer as it found them", "step-action", "0"],
    suppressed: ["whose person opted out since", "step-action", "0"],
    openAttempt: ["whose person has another open attempt", "step-action", "0"],
    failed: ["that it could not reach: the campaign was closed", "step-action", "0"],
  },
  /** `requests:<key>`, of the HTTP API */
  request: {
    body: ["digest of what was asked", "begin-request", ALWAYS],
    token: ["names the process and the try that acts", "begin-request", "none acts"],
    until: ["until when, time", "begin-request", "none acts"],
    campaign: ["that a try has begun", "end-request", "none has"],
    answer: ["what is answered from now on, JSON", "end-request", "it has not ended"],
  },
  /** `clock` */
  clock: {
    offset: ["how far Redis TIME has stepped back, ms", "base", "0"],
    mark: ["the latest time of the own clock, give or take 1 s", "base", "0"],
  },
} as const satisfies Record<string, Record<string, Field>>;

export type HashName = keyof typeof HASHES;
type FieldOf<Hash extends HashName> = keyof (typeof HASHES)[Hash] & string;

/** The name of a field of the hash, checked by the compiler. */
export function fieldOf<Hash extends HashName>(_hash: Hash, field: FieldOf<Hash>): FieldOf<Hash> {
  return field;
}

/** Names of fields for HMGET and the like, checked by the compiler. */
export function fieldsOf<Hash extends HashName>(
  _hash: Hash,
  ...fields: FieldOf<Hash>[]
): FieldOf<Hash>[] {
  return fields;
}

/** The answer of HGETALL for such a hash. */
export type HashFields<Hash extends HashName> = Partial<Record<FieldOf<Hash>, string>>;
