import { STATE_NAMES, STATES, type State } from "../core/message.ts";

/**
 * The ledger value of one row: the same layout as scripts/lib/ledger.lua, which documents it. At
 * most 64 bytes, so that a batch's hash stays a listpack. No value at all means pending.
 */
export interface LedgerValue {
  state: State;
  flags: readonly Flag[];
  /** How many POSTs were granted. */
  attempt: number;
  /** Times in a row that nothing could be sent. */
  tries: number;
  /** WhatsApp's error code, 0 for none. */
  code: number;
  /** A number of core/reasons.ts or core/reject.ts, 0 for none. */
  reason: number;
  price: Price | null;
  /** Times of day in ms; `due` is the earliest next claim. */
  times: Partial<Record<TimeName, number>>;
}

export const FLAGS = {
  maybeDuplicate: 1,
  matched: 2,
  decided: 4,
  lateFailed: 8,
  doubleWamid: 16,
  reference: 32,
  held: 64,
  retried: 128,
} as const;
export type Flag = keyof typeof FLAGS;

const TIME_NAMES = ["claimed", "accepted", "sent", "delivered", "read", "failed", "due"] as const;
export type TimeName = (typeof TIME_NAMES)[number];

const HEADER_BYTES = 12;
const VERSION = 1;
/** Times are kept in hundredths of a second. */
const TICK_MS = 10;

/** Decodes a stored value; `undefined` is a row nobody has touched. `epochMs` is the campaign's. */
export function decodeLedgerValue(value: Buffer | undefined, epochMs: number): LedgerValue {
  if (value === undefined) return untouched();
  if (value[0] !== VERSION) throw new Error(`Ledger value of unknown version ${value[0]}.`);
  const bits = value.readUInt8(2);
  const times: Partial<Record<TimeName, number>> = {};
  const mask = value.readUInt8(11);
  let at = HEADER_BYTES;
  for (const [index, name] of TIME_NAMES.entries()) {
    if ((mask & (1 << index)) === 0) continue;
    times[name] = epochMs + value.readUInt32BE(at) * TICK_MS;
    at += 4;
  }
  return {
    state: stateOf(value.readUInt8(1)),
    flags: (Object.keys(FLAGS) as Flag[]).filter((flag) => (bits & FLAGS[flag]) !== 0),
    attempt: value.readUInt16BE(3),
    tries: value.readUInt8(5),
    code: value.readUIntBE(6, 3),
    reason: value.readUInt8(9),
    price: decodePrice(value.readUInt8(10)),
    times,
  };
}

/** The value of a row that ends in the import: rejected, duplicate or suppressed. */
export function encodeImportedValue(state: State, reason: number): Buffer {
  const value = Buffer.alloc(HEADER_BYTES);
  value.writeUInt8(VERSION, 0);
  value.writeUInt8(STATES[state], 1);
  value.writeUInt8(reason, 9);
  return value;
}

/** The state a ledger number stands for. Throws on a number nobody wrote: that is a bug. */
export function stateOf(number: number): State {
  const state = STATE_NAMES[number - 1];
  if (state === undefined) throw new Error(`No state has the number ${number}.`);
  return state;
}

/** What WhatsApp said a message costs: `pricing.category` and `pricing.billable`. */
export interface Price {
  category: string;
  billable: boolean | null;
}

const CATEGORIES = [
  "",
  "authentication",
  "authentication_international",
  "marketing",
  "marketing_lite",
  "utility",
  "service",
  "referral_conversion",
  "other",
];

/** One byte: category x 4 + billable (0 unknown, 1 no, 2 yes). 0 is no price at all. */
export function encodePrice(category: string | null, billable: boolean | null): number {
  if (category === null && billable === null) return 0;
  const known = CATEGORIES.indexOf((category ?? "").replaceAll("-", "_"));
  const index = known === -1 ? CATEGORIES.length - 1 : known;
  return index * 4 + (billable === null ? 0 : billable ? 2 : 1);
}

export function decodePrice(byte: number): Price | null {
  if (byte === 0) return null;
  const billable = byte % 4 === 0 ? null : byte % 4 === 2;
  return { category: CATEGORIES[Math.floor(byte / 4)] ?? "other", billable };
}

function untouched(): LedgerValue {
  const none = { attempt: 0, tries: 0, code: 0, reason: 0 };
  return { state: "pending", flags: [], ...none, price: null, times: {} };
}
