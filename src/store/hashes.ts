/**
 * The hashes of a number with many fields: for each field its meaning, the scripts that write it
 * (files of scripts/ and scripts/lib/), and when it is absent. test/rules/hashes.test.ts checks
 * that scripts and TypeScript use only these fields, and that the writers are correct.
 *
 * Times are ms since 1970 by Redis TIME (which people read), or ms of the number's own clock where
 * noted (waits; scripts/lib/base.lua explains the two clocks).
 */
type Field = readonly [what: string, writers: string, absent: string];

const ALWAYS = "never";

export const HASHES = {
  /** `campaign:<id>` */
  campaign: {
    // What the importer was given.
    name: ["as the campaign file or the command says", "import-begin", ALWAYS],
    definition: ["the campaign file, read: JSON", "import-begin", ALWAYS],
    columns: ["header of the list, JSON", "import-begin", ALWAYS],
    template: ["name and language of the template, to be compared", "import-begin", ALWAYS],
    category: ["as declared; charged, once resumed", "import-begin resume-campaign", ALWAYS],
    file: ["name of the list's file", "import-begin", ALWAYS],
    mode: ["live or sandbox", "import-begin", ALWAYS],
    guarantee: ["at-most-once or at-least-once", "import-begin", ALWAYS],
    delimiter: ["of the list's cells", "import-begin", "empty: it was not noted"],
    phoneColumn: ["where the phones are", "import-begin", "empty: it was not noted"],
    phoneStyle: ["how the list writes phones, JSON", "import-finish", "it was not accepted"],
    pool: ["the pool that it is a part of", "import-begin", "it is one of its own"],
    test: ["1: a test message", "test-message", "it is a campaign"],
    skipRepeat: ["leaves out who got it within so many ms; 0 no one", "import-begin", ALWAYS],
    weight: ["of its turns, by priority", "import-begin", ALWAYS],
    startAt: ["time; 0 at once", "import-begin", ALWAYS],
    delegatedTo: ["when the API sends; 0 when it gets it", "import-begin", "an old version's"],
    endBy: ["time; 0 none", "import-begin test-message", ALWAYS],
    window: ["hours in which rows may leave, JSON; empty: all", "import-begin", "an old version's"],
    again: [
      "codes sent again by itself, with waits; empty: none",
      "import-begin",
      "an old version's",
    ],
    places: ["its people by time zone, JSON", "import-finish", "it is being imported"],
    sender: [
      "number id and API it goes out from",
      "import-begin dispatch resume-campaign",
      "not known yet: the first worker sets it",
    ],
    ratePerSecond: ["a rate of its own", "import-begin set-rate", "it has none"],
    // The import.
    epoch: ["time from which its ledger counts", "import-begin", ALWAYS],
    createdAt: ["time", "import-begin", ALWAYS],
    digest: ["of number, name and bytes", "import-begin", ALWAYS],
    againOf: ["campaign that the same bytes were before", "import-begin", "they were none"],
    importer: ["token of who imports it", "import-begin", "it is imported"],
    importLease: ["until when, own clock", "import-begin import-chunk", "it is imported"],
    finishToken: ["token of who finished it", "import-finish", "it is being imported"],
    stored: ["batches", "import-begin import-chunk", ALWAYS],
    storedMax: [
      "how far batches of an earlier importer that died may reach",
      "drop-leftovers import-begin",
      "none died after it had stored some",
    ],
    rows: ["all of the list", "import-begin import-chunk", ALWAYS],
    people: ["1: its people are indexed (lib/people.lua)", "import-begin", "an old version's"],
    rewrites: ["how often stored rows were rewritten", "correct-rows erase-rows", "0"],
    // Its state.
    status: [
      "CampaignStatus",
      "base cancel-campaign closing import-begin import-finish resume-campaign",
      "it was deleted",
    ],
    reason: [
      "why it is paused (pause-reason.ts) or rejected; else empty",
      "base closing import-begin import-finish resume-campaign",
      ALWAYS,
    ],
    startedBy: [
      "who imported it, while second persons are asked for",
      "import-begin",
      "they are not",
    ],
    approvalAbove: ["of more messages it waits for a second person", "import-begin", "the same"],
    awaits: [
      "1: it waits for the approval of a second person",
      "correct-rows import-finish",
      "it does not",
    ],
    approvedBy: ["that person", "resume-campaign", "none was needed"],
    closed: ["cancelled or expired: what pending rows read as", "closing", "it may go on"],
    startedAt: ["time", "dispatch import-finish resume-campaign", "it has not"],
    finishedAt: ["time of its end, however it ended", "base closing", "it has not"],
    pausedAt: ["time", "base import-finish", "no person or error paused it since it was resumed"],
    pausedFor: ["its reason when it finished while paused", "base", "it was not paused then"],
    servedAt: ["when it last had a turn, own clock", "base dispatch", "it has not started"],
    runs: ["of batches; numbers the next one", "dispatch test-message", "0"],
    moves: ["how often counters were changed", "moves", "0"],
    attempts: ["that were claimed", "import-begin moves", "Redis may have forgotten some"],
    lastSlot: ["its last send time at its own rate, us, own clock", "pace", "none was granted"],
    ramp: ["how its rate grows (core/ramp.ts)", "import-begin set-rate", "it does not"],
    rampAt: [
      "its first claim, or the first after a trial: the ramp counts from it, own clock",
      "pace",
      "none yet",
    ],
    first: ["so many rows may go at first; 0 all", "import-begin", "an old version's"],
    canary: ["its rules: share|wait ms|go or ask; empty: none", "import-begin", "an old version's"],
    trials: ["first, trial: which are on, the inner one last", "trial", "none was"],
    budgetAt: ["when the budget of people has room, time", "close-batch", "it was never full"],
    nextTryAt: ["no batch is opened before, own clock", "close-batch", "the same"],
    capPutOff: ["messages that a frequency cap put off, once each", "cap-rows", "0"],
    capSkipped: ["messages that one left out", "cap-rows", "0"],
    capUntil: ["when the last of those put off may go, time", "cap-rows", "none was"],
    // What pauses it.
    stopOn: ["its limits: share, sample, same code, category", "import-begin", "the defaults"],
    recent: ["latest outcomes, packed (lib/recent.lua)", "recent", "none since it last started"],
    drift: ["messages charged as marketing that should not be", "recent", "0"],
    doubts: ["when messages became unknown lately, own clock, by commas", "stops", "none"],
    doubles: ["messages that got two wamids", "status", "0"],
    // Whether its counters are right (audit.ts), and retention.
    audited: ["`moves` at which counters and rows agreed", "note-audit set-counts", "not yet"],
    differs: ["where they did not, in words", "note-audit", "they agreed"],
    purgedAt: ["since when its rows are being deleted", "purge-campaign", "they are there"],
    purged: ["batches deleted so far", "purge-campaign", "0"],
  },
  /** `…:trial` and `…:first`, besides the number of a state: its rows in that state. */
  trial: {
    kind: ["canary, probe or first", "trial", "the import has not ended"],
    size: ["rows", "trial", "the same"],
    after: ["go or ask: what follows when it passes", "trial", "the same"],
    share: ["of its rows that must be delivered", "trial", "the first N"],
    waitMs: ["for outcomes, since the last claim", "trial", "the first N"],
    claimedAt: ["last claim, own clock", "trial", "there was none"],
    until: ["end of the wait, time", "trial", "not all its rows are claimed"],
    upTo: ["the last row of the first N", "import-chunk trial", "a canary or probe"],
    shrinks: ["1: without rows that a cap puts off", "trial", "a canary, a probe, before 1.0.0"],
  },
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
  /** `halt` */
  halt: {
    code: ["error code; 0 none", "stops note-audit", "the number is not suspended"],
    reason: ["number of core/reasons.ts", "stops note-audit", "the same"],
    at: ["time", "stops note-audit", "the same"],
    campaign: ["whose message or counters did it", "stops note-audit", "the same"],
    why: ["as a campaign's `reason`", "stops note-audit", "the same"],
  },
  /** `guard`, besides `open:<campaign>`: its open batches when Redis went back, by commas. */
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
