import { packWamid, wamidDigest } from "./identity.ts";

/**
 * Rows on their way into the scripts: one buffer a call, because a dozen arguments a row cost more
 * than what the script does with them. claim.lua and record.lua read the same layouts.
 */

/** In the order in which record.lua numbers them, from 1. */
const OUTCOMES = [
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
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What came of one attempt, in the ledger's words (record.lua says what each does). */
export interface AttemptRecord {
  readonly row: number;
  /** 0 when the claim's answer never came: the row is given back if the nonce holds it. */
  readonly attempt: number;
  readonly nonce: Buffer;
  readonly person: Buffer;
  readonly outcome: Outcome;
  readonly code: number;
  readonly reason: number;
  readonly waitMs: number;
  readonly id: { readonly text: string; readonly isWamid: boolean } | null;
  readonly held: boolean;
  readonly optOut: boolean;
}

const CLAIM_ROW_BYTES = 12;

export function packClaimRows(rows: readonly { row: number; person: Buffer }[]): Buffer {
  const packed = Buffer.allocUnsafe(rows.length * CLAIM_ROW_BYTES);
  let at = 0;
  for (const { row, person } of rows) {
    packed.writeUInt32BE(row, at);
    person.copy(packed, at + 4);
    at += CLAIM_ROW_BYTES;
  }
  return packed;
}

const RECORD_ROW_BYTES = 42;
const NO_DIGEST = Buffer.alloc(8);
const NO_WAMID = Buffer.alloc(0);
/** More than any id the API client lets through; the layout has one byte for it. */
const WAMID_BYTES_MAX = 255;
const CODE_MAX = 2 ** 24 - 1;
const WAIT_MS_MAX = 2 ** 32 - 1;
const MARKS = { reference: 1, held: 2, optOut: 4, id: 8 } as const;

export function packRecords(records: readonly AttemptRecord[]): Buffer {
  return Buffer.concat(records.flatMap(packRecord));
}

function packRecord(record: AttemptRecord): Buffer[] {
  const { id, held, optOut } = record;
  const stored = id === null ? NO_WAMID : packWamid(id.text).subarray(0, WAMID_BYTES_MAX);
  const marks =
    (id !== null && !id.isWamid ? MARKS.reference : 0) +
    (held ? MARKS.held : 0) +
    (optOut ? MARKS.optOut : 0) +
    (id === null ? 0 : MARKS.id);
  const row = Buffer.allocUnsafe(RECORD_ROW_BYTES);
  row.writeUInt32BE(record.row, 0);
  row.writeUInt16BE(record.attempt, 4);
  record.nonce.copy(row, 6);
  row.writeUInt8(OUTCOMES.indexOf(record.outcome) + 1, 14);
  row.writeUIntBE(Math.min(record.code, CODE_MAX), 15, 3);
  row.writeUInt8(record.reason, 18);
  row.writeUInt32BE(Math.min(Math.round(record.waitMs), WAIT_MS_MAX), 19);
  row.writeUInt8(Math.floor(Math.random() * 256), 23);
  (id === null ? NO_DIGEST : wamidDigest(id.text)).copy(row, 24);
  record.person.copy(row, 32);
  row.writeUInt8(marks, 40);
  row.writeUInt8(stored.length, 41);
  return [row, stored];
}
