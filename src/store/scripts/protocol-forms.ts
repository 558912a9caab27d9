import { layout } from "./layout.ts";

/** The part of protocol.ts about what has a long and a short form (ARCHITECTURE.md, "Keys"). */

/**
 * The short form of a ledger value, for nearly all rows: the first attempt, with no tries, code and
 * reason. Its first byte is `SHORT_LEDGER` plus the bits of `times`; state and flags are where the
 * long form has them.
 */
export const SHORT_HEADER = layout({ times: "B", state: "B", flags: "B", price: "B" });
export const SHORT_LEDGER = 128;
/** The layout of a number's keys (schema.ts) from which on short forms are written. */
export const SHORT_FORMS_SCHEMA = 4;

/** An attempt in the index by wamid (lib/wamid.lua), under its digest. */
export const INDEX_ENTRY = layout({ serial: "I4", row: "I4", attempt: "I2" });
/** The same of a first attempt with small numbers. */
export const SHORT_INDEX_ENTRY = layout({ serial: "I2", row: "I3" });
export const SHORT_SERIAL_MAX = 2 ** 16 - 1;
export const SHORT_ROW_MAX = 2 ** 24 - 1;
