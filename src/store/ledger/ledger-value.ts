import { STATE_NAMES, STATES, type State } from "../../core/message.ts";
import {
  FLAG,
  LEDGER_HEADER,
  LEDGER_TIME,
  LEDGER_VERSION,
  PRICE_CATEGORY,
  PRICED,
  SHORT_HEADER,
  SHORT_LEDGER,
  TICK_MS,
  TIME,
} from "../scripts/protocol.ts";

/** The ledger value of one row; protocol.ts describes the layout. No value means pending. */
export interface LedgerValue {
  state: State;
  flags: readonly Flag[];
  /** How many POSTs were granted. */
  attempt: number;
  /** Tries in a row that were not sent. */
  tries: number;
  /** WhatsApp's error code, 0 for none. */
  code: number;
  /** A number of core/reasons.ts or core/reject.ts, 0 for none. */
  reason: number;
  price: Price | null;
  /** Times in ms since 1970; `due` is the earliest next claim. */
  times: Partial<Record<TimeName, number>>;
}

type Flag = keyof typeof FLAG;
export type TimeName = keyof typeof TIME;

const FLAG_NAMES = Object.keys(FLAG) as readonly Flag[];
const TIME_NAMES = Object.keys(TIME) as readonly TimeName[];
const { at: AT, bytes: HEADER_BYTES } = LEDGER_HEADER;

/**
 * Decodes a stored value; `undefined` means a pending, untouched row. `epochMs` is the campaign's.
 */
export function decodeLedgerValue(value: Buffer | undefined, epochMs: number): LedgerValue {
  if (value === undefined) return untouched();
  const isShort = (value[0] ?? 0) >= SHORT_LEDGER;
  const header = isShort ? shortHeader(value) : longHeader(value);
  const times: Partial<Record<TimeName, number>> = {};
  let at = isShort ? SHORT_HEADER.bytes : HEADER_BYTES;
  for (const [index, name] of TIME_NAMES.entries()) {
    if ((header.times & (1 << index)) === 0) continue;
    times[name] = epochMs + LEDGER_TIME.get(value, "tick", at) * TICK_MS;
    at += LEDGER_TIME.bytes;
  }
  return {
    ...header,
    state: stateOf(header.state),
    flags: FLAG_NAMES.filter((flag) => (header.flags & FLAG[flag]) !== 0),
    price: decodePrice(header.price),
    times,
  };
}

function longHeader(value: Buffer) {
  const version = value[AT.version];
  if (version !== LEDGER_VERSION)
    throw new Error(`The ledger value has the unknown version ${version}.`);
  return {
    times: LEDGER_HEADER.get(value, "times"),
    state: LEDGER_HEADER.get(value, "state"),
    flags: LEDGER_HEADER.get(value, "flags"),
    attempt: LEDGER_HEADER.get(value, "attempt"),
    tries: LEDGER_HEADER.get(value, "tries"),
    code: LEDGER_HEADER.get(value, "code"),
    reason: LEDGER_HEADER.get(value, "reason"),
    price: LEDGER_HEADER.get(value, "price"),
  };
}

function shortHeader(value: Buffer) {
  return {
    times: SHORT_HEADER.get(value, "times") - SHORT_LEDGER,
    state: SHORT_HEADER.get(value, "state"),
    flags: SHORT_HEADER.get(value, "flags"),
    price: SHORT_HEADER.get(value, "price"),
    ...{ attempt: 1, tries: 0, code: 0, reason: 0 },
  };
}

/** The value of a row that ends in the import: rejected, duplicate or suppressed. */
export function encodeImportedValue(state: State, reason: number): Buffer {
  const value = Buffer.alloc(HEADER_BYTES);
  value.writeUInt8(LEDGER_VERSION, AT.version);
  value.writeUInt8(STATES[state], AT.state);
  value.writeUInt8(reason, AT.reason);
  return value;
}

/** The state with this number. An unknown number is a bug and throws. */
export function stateOf(number: number): State {
  const state = STATE_NAMES[number - 1];
  if (state === undefined) throw new Error(`No state has the number ${number}.`);
  return state;
}

/** The price of a message by WhatsApp: `pricing.category` and `pricing.billable`. */
export interface Price {
  category: string;
  billable: boolean | null;
}

const CATEGORIES = ["", ...Object.keys(PRICED)];

/** One byte: category x 4 + billable (0 unknown, 1 no, 2 yes). 0 means no price. */
export function encodePrice(category: string | null, billable: boolean | null): number {
  if (category === null && billable === null) return 0;
  const known = CATEGORIES.indexOf((category ?? "").replaceAll("-", "_"));
  const index = known === -1 ? CATEGORIES.length - 1 : known;
  return index * PRICE_CATEGORY + (billable === null ? 0 : billable ? 2 : 1);
}

export function decodePrice(byte: number): Price | null {
  if (byte === 0) return null;
  const billed = byte % PRICE_CATEGORY;
  const billable = billed === 0 ? null : billed === 2;
  return { category: CATEGORIES[Math.floor(byte / PRICE_CATEGORY)] ?? "other", billable };
}

function untouched(): LedgerValue {
  const none = { attempt: 0, tries: 0, code: 0, reason: 0 };
  return { state: "pending", flags: [], ...none, price: null, times: {} };
}
