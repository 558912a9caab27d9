import { CODES } from "../../core/error-codes.ts";
import { STATES } from "../../core/message.ts";
import { REASONS } from "../../core/reasons.ts";
import { LATE_STATUS_DAYS } from "../../core/timings.ts";
import { layout } from "./layout.ts";

/**
 * What TypeScript and the Lua scripts must agree on. Everything exported here in capitals is known to
 * the scripts by the same name (`FLAG.lateFailed` is `FLAG.late_failed` there): render-lua.ts puts the
 * values in where a script names them. So no number stands in both languages;
 * test/rules/protocol.test.ts holds that.
 */

export const STATE = STATES;
export const REASON = REASONS;
export const CODE = CODES;

/** How many CSV rows share a batch, hence a job, a blob and a ledger hash. */
export const BATCH_ROWS = 100;

/** Digests that stand for people and messages in keys. 64 bits: 2^-24 for a clash among 2^20. */
export const DIGEST_BYTES = 8;

/**
 * The ledger value of a row: this header, then 4 bytes for each bit that is set in `times` (in ticks
 * since the campaign's epoch), then, while sending or unknown, the 8 bytes of the claim's nonce. At
 * most 64 bytes, or the whole hash of the batch would leave the listpack encoding.
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
/** Times are kept in hundredths of a second, in 4 bytes: 497 days. */
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

/** The times of a row, in the order in which they follow the header; bit n-1 of `times` is time n. */
export const TIME = numbered(["claimed", "accepted", "sent", "delivered", "read", "failed", "due"]);
export const LEDGER_TIMES = 7;

/** A row that asks for a claim: who it is for, by digest. */
export const CLAIM_ROW = layout({ row: "I4", person: "c8" });

/**
 * When a row may leave, by its campaign's window: from `opens` to before `closes`, seconds since 1970
 * on Redis's clock. While a batch is closed `closes` is when its only opening ends, 0 for never.
 */
export const ROW_OPENING = layout({ row: "I4", opens: "I4", closes: "I4" });

/** Why no row of a claim is granted. `rollback` and `settling` are the claim counter's. */
export const GATE = named([
  "rollback",
  "settling",
  "gone",
  "mode",
  "sender",
  "closed",
  "paused",
  "ended",
  "halt",
  "hold",
  "run",
  "cap",
  "probe",
]);

/** Why one row of a claim is not granted. */
export const VERDICT = {
  not_pending: -1,
  not_due: -2,
  no_slot_yet: -3,
  opted_out: -4,
  person_busy: -5,
  not_open: -6,
} as const;

/** How an attempt ended, followed by the bytes of the wamid as it is stored. */
export const RECORD_ROW = layout({
  row: "I4",
  attempt: "I2",
  nonce: "c8",
  outcome: "B",
  code: "I3",
  reason: "B",
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
 * - `accepted`. `failed`: refused for good. `unknown`: nobody can tell whether it was sent.
 * - Not sent: `retry` and `pair` back off by the wait x 2^tries and x 4^tries; `wait` comes back after
 *   the wait; `hold` also holds the number back; `halt` stops it; `restrict` and `template` come back
 *   after the wait, and pause campaigns.
 */
export const OUTCOME = numbered([
  "accepted",
  "retry",
  "pair",
  "wait",
  "hold",
  "halt",
  "restrict",
  "template",
  "failed",
  "unknown",
]);

/** Bits of `marks`: the id is a reference only; held for quality; an opt-out; there is an id. */
export const MARK = { reference: 1, held: 2, optOut: 4, id: 8 } as const;

/** What scripts that people's commands run begin their answer with. */
export const ANSWER = {
  done: 1,
  unchanged: 0,
  noCampaign: -1,
  noRow: -2,
  closed: -3,
  /** Rows were rewritten since the caller read them. */
  rewritten: -4,
} as const;

/** How far purge-campaign came: it is not time, there are more batches, nothing is left. */
export const PURGE = { early: 0, more: 1, done: 2 } as const;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Slots are granted no further ahead: what is granted and not yet sent is in doubt. */
export const REACH_MAX_MS = 200;
export const REACH_MAX_US = REACH_MAX_MS * 1_000;

/** The longest that a number waits because the API says that it is too fast or busy. */
export const BACKOFF_MAX_MS = 15 * MINUTE_MS;
/** The longest that it waits when the API names no time. */
export const OWN_BACKOFF_MAX_MS = MINUTE_MS;
/** The longest wait of a message between two tries, before jitter. */
export const RETRY_WAIT_MAX_MS = 5 * MINUTE_MS;

/** The wamid index keeps an entry for so long: WhatsApp delivers, and reports, up to 30 days late. */
export const WAMID_KEPT_MS = LATE_STATUS_DAYS * 24 * HOUR_MS;

/**
 * So long after its claim an attempt without a wamid may still be told of: WhatsApp holds messages
 * back for an hour or so (template and portfolio pacing), then lets them go or fails them.
 */
export const OPEN_MS = 2 * HOUR_MS;
/** WhatsApp reports within seconds; minutes are for LiveChat's queue, and for messages in doubt. */
export const SOON_MS = 15 * MINUTE_MS;
/** How far Redis TIME and WhatsApp's clock may differ. */
export const EARLY_MS = MINUTE_MS;
/** Of a claim that Redis lost, only the time in which it was made is known. */
export const LOST_MS = 24 * HOUR_MS;

/** How long, and how many, status events wait for their message. */
export const PARKED_MS = 10 * MINUTE_MS;
export const PARKED_MAX = 100_000;

function numbered<const Name extends string>(
  names: readonly Name[],
): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, at) => [name, at + 1])) as Record<Name, number>;
}

function named<const Name extends string>(names: readonly Name[]): { readonly [one in Name]: one } {
  return Object.fromEntries(names.map((name) => [name, name])) as { [one in Name]: one };
}
