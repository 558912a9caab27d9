import { CODES } from "../../core/error-codes.ts";
import { HISTORY as HISTORY_KINDS } from "../../core/history.ts";
import { STATES } from "../../core/message.ts";
import { REASONS } from "../../core/reasons.ts";
import { STOP_ON as STOP_ON_DEFAULTS } from "../../core/stop-on.ts";
import { layout, named, numbered } from "./layout.ts";

export * from "./protocol-caps.ts";
export * from "./protocol-events.ts";
export * from "./protocol-forms.ts";
export * from "./protocol-limits.ts";
export * from "./protocol-names.ts";

/**
 * Values shared by TypeScript and the Lua scripts. Scripts know each capitalised export by the same
 * name (`FLAG.lateFailed` is `FLAG.late_failed` there): render-lua.ts replaces the names by their
 * values. So no number is written in both languages; test/rules/protocol.test.ts checks that.
 */

export const STATE = STATES;
export const REASON = REASONS;
export const CODE = CODES;
export const HISTORY = HISTORY_KINDS;
export const STOP_ON = STOP_ON_DEFAULTS;

/** CSV rows in a batch, and so in a job, a blob and a ledger hash. */
export const BATCH_ROWS = 100;

/** Bytes of digests of people and messages. 64 bits: a chance of 2^-24 for a clash among 2^20. */
export const DIGEST_BYTES = 8;

/**
 * The ledger value of a row: this header, then 4 bytes for each bit set in `times` (in ticks since
 * the campaign's epoch), then, while sending or unknown, the 8 bytes of the claim's nonce. At most
 * 64 bytes, or the hash of the batch would lose its listpack encoding.
 */
export const LEDGER_HEADER = layout({
  version: "B",
  state: "B",
  flags: "B",
  attempt: "I2",
  tries: "B",
  code: "I3",
  reason: "B",
  price: "B",
  times: "B",
});
export const LEDGER_VERSION = 1;
export const LEDGER_CODE_MAX = 2 ** 24 - 1;
export const ATTEMPT_MAX = 2 ** 16 - 1;
/** Times are stored in hundredths of a second, in 4 bytes: 497 days. */
export const TICK_MS = 10;
export const TICKS_MAX = 2 ** 32 - 1;

/** Bits of `flags`. */
export const FLAG = {
  maybeDuplicate: 1,
  matched: 2,
  decided: 4,
  lateFailed: 8,
  doubleWamid: 16,
  reference: 32,
  held: 64,
  retried: 128,
} as const;

/** The times of a row, in the order after the header; bit n-1 of `times` is time n. */
export const TIME = numbered(["claimed", "accepted", "sent", "delivered", "read", "failed", "due"]);
export const LEDGER_TIMES = 7;
export const LEDGER_TIME = layout({ tick: "I4" });

/** An entry of a row's history (lib/history.lua); `at` is in ticks. Oldest entries give way. */
export const HISTORY_ROW = layout({
  what: "B",
  at: "I4",
  attempt: "I2",
  code: "I3",
  reason: "B",
  http: "I2",
});
export const HISTORY_MAX = 16;

/** A failed row that a person sends again: its failed attempt, and the digest of its person. */
export const RETRY_ROW = layout({ row: "I4", attempt: "I2", person: "c8" });

/** What a retry does with a row. `not_failed`: nothing, it has left `failed` or failed again. */
export const RETRY = { taken: 1, notFailed: 0, suppressed: -1, openAttempt: -2 } as const;

/** Categories by which WhatsApp prices messages; as `encodePrice` stores them. */
export const PRICED = numbered([
  "authentication",
  "authentication_international",
  "marketing",
  "marketing_lite",
  "utility",
  "service",
  "referral_conversion",
  "other",
]);

/** A price is one byte: its category times this, and whether it is billed (`encodePrice`). */
export const PRICE_CATEGORY = 4;

/** A row that asks for a claim, with the digest of its person. */
export const CLAIM_ROW = layout({ row: "I4", person: "c8" });

/**
 * When the campaign's window lets a row leave: from `opens` to before `closes`, in seconds since
 * 1970 on Redis's clock. When a batch closes, `closes` is the end of its only opening, 0 for never.
 */
export const ROW_OPENING = layout({ row: "I4", opens: "I4", closes: "I4" });

/** The index of people (lib/people.lua): the rows of so many batches are one hash. */
export const PEOPLE_BATCHES = 10;
/** Its fields: people are spread over them by their digests. */
export const PEOPLE_BUCKETS = 16;
/** What of a person's digest the index uses: the bucket, modulo their number, and the mark. */
export const PERSON_HEAD = layout({ bucket: "B", mark: "I2" });
/** A row in a field: its place among the rows of the hash, from 0, and its person's mark. */
export const PEOPLE_ROW = layout({ place: "I2", mark: "I2" });

/** Rows in a field of the index, as an import stores them: which hash and field, and how long. */
export const PEOPLE_PART = layout({ segment: "I4", bucket: "B", bytes: "I2" });

/** A row of an import that is not pending: its place in the batch, and its ledger value. */
export const IMPORTED_ROW = layout({ place: "B", value: `c${LEDGER_HEADER.bytes}` });

/** A row of a canary or probe (lib/trial.lua). */
export const TRIAL_ROW = layout({ row: "I4" });

/** Why no row of a claim is granted. The claim counter sets `rollback` and `settling`. */
export const GATE = named([
  "rollback",
  "settling",
  "gone",
  "mode",
  "sender",
  "closed",
  "paused",
  "ended",
  "suspended",
  "backoff",
  "run",
  "cap",
  "probe",
  "budget",
]);

/** Why one row of a claim is not granted. */
export const VERDICT = {
  not_pending: -1,
  not_due: -2,
  no_slot_yet: -3,
  opted_out: -4,
  person_busy: -5,
  not_open: -6,
  not_in_trial: -7,
} as const;

/** What keeps a claim's next row back: the rate of the number, or its campaign. */
export const CLAIM_WAITS = named(["number", "campaign"]);

/** Whether a row got the message of late: a digit for each row (who-got). */
export const RECEIVED = { no: "0", waits: "1", leaveOut: "2", tell: "3" } as const;

/** What a campaign has of a person: it has no rows, no index, or these rows (find-people). */
export const PEOPLE_FOUND = { gone: -1, unindexed: 0, indexed: 1 } as const;

/** The result of an attempt, followed by the bytes of the stored wamid. */
export const RECORD_ROW = layout({
  row: "I4",
  attempt: "I2",
  nonce: "c8",
  outcome: "B",
  code: "I3",
  reason: "B",
  http: "I2",
  waitMs: "I4",
  jitter: "B",
  digest: "c8",
  person: "c8",
  marks: "B",
  wamidBytes: "B",
});

/** `jitter` is a fraction of this. */
export const JITTER_MAX = 255;

/**
 * How an attempt ended.
 *
 * - `accepted`. `failed`: refused permanently. `unknown`: it is not known whether it was sent.
 * - Not sent: `retry` and `pair` wait for the given time x 2^tries and x 4^tries; `wait` for the
 *   given time; `backOff` also starts a backoff of the number; `suspend` suspends it; `restrict`
 *   and `template` retry after the wait, and pause campaigns.
 */
export const OUTCOME = numbered([
  "accepted",
  "retry",
  "pair",
  "wait",
  "backOff",
  "suspend",
  "restrict",
  "template",
  "failed",
  "unknown",
]);

/**
 * Bits of `marks`: the id is only a reference; held for quality; an opt-out; there is an id; the
 * phone begins with +1.
 */
export const MARK = { reference: 1, held: 2, optOut: 4, id: 8, plusOne: 16 } as const;
