/**
 * Every Redis key of Dropcast is built here, or in shared-keys.ts, and nowhere else. (The Lua
 * scripts build theirs from the prefix they are given, with the same suffixes, declared in their
 * headers.) hashes.ts documents the hashes with many fields.
 *
 * All keys of one number share the hash tag `{<number>}`, so scripts stay atomic and the ledger is
 * ready for a Redis Cluster. A number is capped at 1,000 messages a second upstream, so one slot
 * for each is enough.
 */
import type { Mode } from "../core/mode.ts";

/**
 * The name of a number in keys and queues. The sandbox has key spaces of its own, so nothing it
 * does (opt-outs, suspensions, backoff, waiting for people) affects live data, and no worker sees
 * campaigns of the other mode. A number's name contains no dot, so it cannot equal a sandbox's.
 */
export function keySpace(number: string, mode: Mode): string {
  return mode === "live" ? number : `${number}.sandbox`;
}

/** The KEYS[1] of every script: it fixes the slot, and every other key starts with it. */
export function slotKey(number: string): string {
  return `dropcast:{${number}}`;
}

/** The KEYS[2] of every script; it never exists (scripts/runner.ts says why there are two). */
export function neverKey(number: string): string {
  return `${slotKey(number)}:never`;
}

/** The prefix of BullMQ's keys: the jobs of a number are in its hash slot, too. */
export function queuePrefix(number: string): string {
  return `${slotKey(number)}:bull`;
}

/** Keys of one number, by its {@link keySpace}: type, owner, expiry (none unless stated). */
export function numberKeys(number: string) {
  const prefix = `${slotKey(number)}:`;
  return {
    /** zset: campaign id -> created at, ms. Written by import-begin. */
    campaigns: `${prefix}campaigns`,
    /** zset: campaign -> when it ended, ms; +inf while it has not. Written with the status. */
    byEnd: `${prefix}by-end`,
    /** zset: ended campaign whose rows are still there -> when it ended, ms. */
    withRows: `${prefix}with-rows`,
    /** string: how the keys of this number are laid out; see schema.ts. */
    schema: `${prefix}schema`,
    /** string: the serial of the newest campaign. Written by import-begin. */
    serial: `${prefix}serial`,
    /** hash: digest of (number, name, bytes) -> campaign id. Written by the import scripts. */
    imports: `${prefix}imports`,
    /** zset: running campaign -> its pass in the weighted turn. Written with the status. */
    running: `${prefix}running`,
    /** zset: scheduled campaign -> start, ms. Written by import-finish, emptied by dispatch. */
    scheduled: `${prefix}scheduled`,
    /** zset: campaign with `endBy` -> that time, ms. Emptied by dispatch. */
    endings: `${prefix}endings`,
    /** zset: campaign whose canary or probe waits for outcomes -> until when, ms, own clock. */
    trials: `${prefix}trials`,
    /** hash: digest of wamid (8 bytes) -> events that wait for their message. */
    parked: `${prefix}parked`,
    /** zset: digest of wamid -> when the parked events are forgotten, ms. */
    parkedUntil: `${prefix}parked-until`,
    /** hash: digest of a person -> digests of wamids parked for that person. */
    parkedFor: `${prefix}parked-for`,
    /** zset: digest of a person -> when a failure parked for them may be matched, ms. */
    failuresDue: `${prefix}failures-due`,
    /** hash: digest of a person -> the one open attempt to that person. */
    claimed: `${prefix}claimed`,
    /** zset: attempt on the wire -> when its lease ends, ms. */
    leases: `${prefix}leases`,
    /** hash: rate, next free send time, backoff, slow-down, probe after a suspension: hashes.ts. */
    pace: `${prefix}pace`,
    /** list: `from|until|why` of its latest backoffs, ms; 200 at most. */
    backoffs: `${prefix}backoffs`,
    /** hash: worker -> the rate it is configured with, and when it said so: rates.lua. */
    rates: `${prefix}rates`,
    /** hash: campaign -> its pass and weight, and `now`: which one is next (share.lua). */
    shares: `${prefix}shares`,
    /** zset: campaign -> when it last found no send time, ms. Dropped after a minute. */
    asking: `${prefix}asking`,
    /** hash: `offset` and `mark` of the number's own clock, ms (scripts/lib/base.lua). */
    clock: `${prefix}clock`,
    /** hash: why nothing may be sent from this number; absent when it may. */
    halt: `${prefix}halt`,
    /** hash: the claim counter, and the facts of a rollback: hashes.ts. */
    guard: `${prefix}guard`,
    /** zset: process -> the last count it received. */
    told: `${prefix}told`,
    /** zset: unknown message of an at-least-once campaign -> since when, ms. */
    resends: `${prefix}resends`,
    /** hash: digest of a person -> scope of the opt-out, `marketing` or `all`: a copy. */
    suppressed: `${prefix}suppressed`,
    /** hash: digest of a person -> when their opt-out was last taken back, ms. */
    optedIn: `${prefix}opted-in`,
    /** string: how far this number has applied the deployment's list of opt-outs. */
    optOutsAt: `${prefix}opt-outs-at`,
    /**
     * zset: `<campaign>|<row>` that failed with 131050, not yet in the deployment's list -> when.
     */
    optOutOutbox: `${prefix}opt-out-outbox`,
    /** zset: digest of a person -> when WhatsApp last said 131026, ms. Trimmed after a year. */
    undeliverable: `${prefix}undeliverable`,
    /** zset: failed message whose job has not been added yet -> when it failed, ms. */
    failedOutbox: `${prefix}failed-outbox`,
    /** zset: bulk action -> when it began, ms; a thousand at most. Written by begin-action. */
    actions: `${prefix}actions`,
    /** zset: the same, of those that run. */
    actionsLive: `${prefix}actions-live`,
    /** hash: a bulk action: hashes.ts. Expires 90 days after its end. */
    action: (id: string) => `${prefix}action:${id}`,
    /** string: its messages, packed (actions/packed-rows.ts). Deleted when it ends. */
    actionRows: (id: string) => `${prefix}action-rows:${id}`,
    /** list: `campaign|what|when|detail` for the workers' log (news.ts); a thousand at most. */
    news: `${prefix}news`,
    /** hash: end of the minute (`until`), its `lines`, counts of lines not logged. By take-news. */
    newsMinute: `${prefix}news-minute`,
    /**
     * string: `events` or `all` (failed messages as well) while an endpoint for webhooks out is
     * configured. By register-endpoints.
     */
    notify: `${prefix}notify`,
    /** stream: `campaign|what|when|detail` to be told to endpoints; ten thousand at most. */
    notices: `${prefix}notices`,
    /** stream: `campaign|row|when|code|reason` of failed messages; a hundred thousand at most. */
    noticesFailed: `${prefix}notices-failed`,
    /** zset: endpoint -> when a worker last had it in its configuration, ms. */
    endpoints: `${prefix}endpoints`,
    /** hash: what was delivered to an endpoint, and what failed: hashes.ts. */
    endpoint: (id: string) => `${prefix}endpoint:${id}`,
    /** zset: delivery -> when it is due, own clock, ms. */
    endpointDue: (id: string) => `${prefix}endpoint-due:${id}`,
    /** zset: delivery -> its place: the lowest is dropped when too many wait. */
    endpointOrder: (id: string) => `${prefix}endpoint-order:${id}`,
    /** hash: delivery -> `tries|type|body`. */
    endpointDeliveries: (id: string) => `${prefix}endpoint-deliveries:${id}`,
    /** hash: unmatched status events, the last webhook, and data of webhook-silence.ts. */
    stats: `${prefix}stats`,
    /** hash: `top`, `bottom`, and per level `size:<L>` and `closed:<L>` of the wamid index. */
    wamidLevels: `${prefix}wamid-levels`,
    /** hash: digest of wamid (8 bytes) -> campaign, row, attempt. Expires 40 days after a write. */
    wamid: (level: number, bucket: number) => `${prefix}wamid:${level}:${bucket}`,
  };
}

/**
 * The tag of keys that belong to no number: the opt-outs and related data. A number's name contains
 * no dot, so it cannot equal the tag.
 */
export const ALL_NUMBERS = "all.numbers";

/** Keys of the whole deployment in one mode, in a slot of their own. */
export function deploymentKeys(mode: Mode = "live") {
  const prefix = `${slotKey(keySpace(ALL_NUMBERS, mode))}:`;
  return {
    /** hash: phone, or `#` and the digest of an erased person -> scope, when, source. */
    optOuts: `${prefix}opt-outs`,
    /** zset: the same fields -> the position of their last change: numbers apply them so. */
    optOutsOrder: `${prefix}opt-outs-order`,
    /** string: the position of the newest change. */
    optOutsHead: `${prefix}opt-outs-head`,
    /** hash: origin of an entry, or `removed` -> entries. Written with them by change-opt-outs. */
    optOutsBy: `${prefix}opt-outs-by`,
    /** set: every number that ever joined. An opt-out holds once all of them have applied it. */
    numbers: `${prefix}numbers`,
    /** zset: number -> the position of its last wake-up (wake-ups.ts). Written by wake-number. */
    wakeUps: `${prefix}wake-ups`,
    /** string: 32 random bytes that key the digests of phones. Never changes. */
    pepper: `${prefix}pepper`,
    /** hash: process -> its description, JSON (processes.ts). Written by note-process. */
    processes: `${prefix}processes`,
    /** zset: process -> when it was last seen, ms; forgotten after an hour. The same. */
    processesSeen: `${prefix}processes-seen`,
    /**
     * hash: number, or `*` for the address that numbers share -> webhooks with a wrong signature
     * (wrong-signatures.ts). Written by note-signatures.
     */
    wrongSignatures: `${prefix}wrong-signatures`,
    /**
     * hash: name of a token of the HTTP API -> `role|createdAt|expiresAt|digest`; of one that is
     * limited `role@|createdAt|expiresAt|numbers|digest` (tokens.ts).
     */
    tokens: `${prefix}tokens`,
    /** hash: SHA-256 of a token, hex -> its name. Written by change-tokens. */
    tokensByDigest: `${prefix}tokens-by-digest`,
    /** hash: name of a token -> when it was last used, ms, to the minute. By use-token. */
    tokensUsed: `${prefix}tokens-used`,
    /**
     * hash: name of a user -> `role|numbers|createdAt|disabled|mark|hash of the password`
     * (users.ts). By change-users.
     */
    users: `${prefix}users`,
    /** hash: name of a user -> when they last used the dashboard, ms, to the minute. */
    usersUsed: `${prefix}users-used`,
    /**
     * hash: SHA-256 of a session's secret, hex -> `role|numbers|mark|createdAt|usedAt|from|who`
     * (sessions.ts); 2,000 at most. By begin-session and use-session.
     */
    sessions: `${prefix}sessions`,
    /** string: the session that an answer of the provider began. Expires after 15 minutes. */
    signIn: (digest: string) => `${prefix}sign-ins:${digest}`,
    /** stream: what people did, JSON (act-log.ts); a year or 100,000 lines. Written by note-act. */
    audit: `${prefix}audit`,
    /**
     * hash: a request with an Idempotency-Key: digest of what was asked (`body`), the try that acts
     * (`token`, `until`), the campaign it began, its `answer`. Expires after 24 hours.
     */
    request: (digest: string) => `${prefix}requests:${digest}`,
    /** hash: producer -> its drop folder, JSON; zset: producer -> when confirmed. By note-drops. */
    dropReports: `${prefix}drop-reports`,
    dropReportsSeen: `${prefix}drop-reports-seen`,
    /** zset: recurring campaign file -> when a producer last saw it, ms. By note-recurring. */
    recurringFiles: `${prefix}recurring-files`,
    /** hash: its schedule and its last run: hashes.ts. Expires 400 days after the file is gone. */
    recurring: (name: string) => `${prefix}recurring:${name}`,
    /** zset: `drop` and `bytes` with their id or digest -> their due time, ms. The same. */
    recurringPast: (name: string) => `${prefix}recurring-past:${name}`,
  };
}

/** Keys of one campaign. They live as long as the campaign. */
export function campaignKeys(number: string, campaign: string) {
  const key = `${slotKey(number)}:campaign:${campaign}`;
  return {
    /** hash: the imported definition, status and times: hashes.ts. */
    campaign: key,
    /** hash: state number -> rows in it. Moved in the script that moves the row. */
    counts: `${key}:counts`,
    /** hash: error code, or the negative number of a reason without one -> failed rows with it. */
    errors: `${key}:errors`,
    /**
     * hash: `<minute>:<state number>` -> rows that entered the state in that minute; a day after
     * the start in those ten minutes, a week after it in that hour.
     */
    timeline: `${key}:timeline`,
    /** hash: `first <field of errors>` and `last <the same>` -> when it was seen, ms. */
    seen: `${key}:seen`,
    /** hash: `from` and `step`, ms; `<n>` -> granted in that step, `a<n>` -> rate allowed then. */
    sends: `${key}:sends`,
    /** list: `when|what|detail` of the campaign's latest events; 200 at most. */
    events: `${key}:events`,
    /** hash: price byte (ledger-value.ts) -> messages priced so. */
    pricing: `${key}:pricing`,
    /**
     * hash: what few rows have: `<row>:ref` a reference, `:second` a second wamid, `:w<attempt>` an
     * earlier wamid, `:o<attempt>` an opt-out that was applied,
     * `:again` how many further tries it had (lib/again.lua), `:h` its history (lib/history.lua).
     */
    side: `${key}:side`,
    /** zset: unknown row -> since when, ms. */
    unknown: `${key}:unknown`,
    /** zset: row that waits for a further try after an error code -> when it is due, own clock. */
    again: (code: number, nth = 1) => `${key}:again:${code}:${nth}`,
    /** zset: batch -> the earliest time it has work, ms. */
    ready: `${key}:ready`,
    /** hash: batch that a job works on -> run number. */
    open: `${key}:open`,
    /** hash: a canary or probe that is on (scripts/lib/trial.lua): hashes.ts. */
    trial: `${key}:trial`,
    /** set: the rows of that canary or probe. */
    chosen: `${key}:chosen`,
    /** zset: batch with work, but without such a row -> the earliest time it has work, ms. */
    aside: `${key}:aside`,
    /** hash: the first N rows, while they alone may go: hashes.ts. */
    first: `${key}:first`,
    /** zset: batch with work, but beyond these rows -> the earliest time it has work, ms. */
    beyond: `${key}:beyond`,
    /**
     * string: the rows of the batch, deflated JSON. After the import only `correct-rows` and the
     * erasure change it.
     */
    batch: (batch: number) => `${key}:batch:${batch}`,
    /** hash: bucket of people -> their rows in PEOPLE_BATCHES batches (lib/people.lua). */
    people: (segment: number) => `${key}:people:${segment}`,
    /** hash, kept a listpack: row of the batch -> ledger value; 100 + row -> wamid. */
    ledger: (batch: number) => `${key}:ledger:${batch}`,
  };
}
