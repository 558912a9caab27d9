import {
  CAPPED_ROW,
  CLAIM_ROW,
  DIGEST_BYTES,
  JITTER_MAX,
  LEDGER_CODE_MAX,
  MARK,
  OUTCOME,
  RECORD_ROW,
  RETRY_ROW,
  ROW_OPENING,
} from "../scripts/protocol.ts";
import { packWamid, wamidDigest } from "./wamid.ts";

/**
 * Packs rows for the scripts: one buffer a call, because a dozen arguments a row cost more than the
 * work of the script.
 */

type Outcome = keyof typeof OUTCOME;

const NO_DIGEST = Buffer.alloc(DIGEST_BYTES);

/** How one attempt ended (protocol.ts describes each outcome). */
export interface AttemptRecord {
  readonly row: number;
  /** 0 if the claim's answer never arrived: the row is released if the nonce holds it. */
  readonly attempt: number;
  readonly nonce: Buffer;
  readonly person: Buffer;
  readonly outcome: Outcome;
  readonly code: number;
  readonly reason: number;
  /** The status of the API's answer; 0 or left out: there was none. */
  readonly http?: number;
  readonly waitMs: number;
  readonly id: { readonly text: string; readonly isWamid: boolean } | null;
  readonly held: boolean;
  readonly optOut: boolean;
  /** The phone begins with +1. Default: it does not. */
  readonly plusOne?: boolean;
}

/** Without a person, the digest is one that no person has. */
export function packRetryRows(
  rows: readonly { row: number; attempt: number; person?: Buffer }[],
): Buffer {
  const packed = Buffer.allocUnsafe(rows.length * RETRY_ROW.bytes);
  for (const [at, { row, attempt, person = NO_DIGEST }] of rows.entries()) {
    RETRY_ROW.write(packed, at * RETRY_ROW.bytes, { row, attempt, person });
  }
  return packed;
}

export function packClaimRows(rows: readonly { row: number; person: Buffer }[]): Buffer {
  const packed = Buffer.allocUnsafe(rows.length * CLAIM_ROW.bytes);
  for (const [at, row] of rows.entries()) CLAIM_ROW.write(packed, at * CLAIM_ROW.bytes, row);
  return packed;
}

/**
 * When a row may leave, ms since 1970. For a waiting row `closesMs` is null unless this is its only
 * opening.
 */
export interface RowOpening {
  readonly row: number;
  readonly opensMs: number;
  readonly closesMs: number | null;
}

const SECONDS_MAX = 2 ** 32 - 1;

/** Windows have whole seconds: rounded so that none opens earlier or stays open longer. */
export function packOpenings(rows: readonly RowOpening[]): Buffer {
  const packed = Buffer.allocUnsafe(rows.length * ROW_OPENING.bytes);
  for (const [at, { row, opensMs, closesMs }] of rows.entries()) {
    ROW_OPENING.write(packed, at * ROW_OPENING.bytes, {
      row,
      opens: Math.min(Math.ceil(opensMs / 1_000), SECONDS_MAX),
      closes: closesMs === null ? 0 : Math.min(Math.floor(closesMs / 1_000), SECONDS_MAX),
    });
  }
  return packed;
}

/** `opensMs`: when the cap lets the row go. */
export function packCapped(rows: readonly { row: number; opensMs: number }[]): Buffer {
  const packed = Buffer.allocUnsafe(rows.length * CAPPED_ROW.bytes);
  for (const [at, { row, opensMs }] of rows.entries()) {
    const opens = Math.min(Math.ceil(opensMs / 1_000), SECONDS_MAX);
    CAPPED_ROW.write(packed, at * CAPPED_ROW.bytes, { row, opens });
  }
  return packed;
}

const NO_WAMID = Buffer.alloc(0);
/** Longer than any id the API client accepts; the layout has one byte for it. */
const WAMID_BYTES_MAX = 255;
const WAIT_MS_MAX = 2 ** 32 - 1;

export function packRecords(records: readonly AttemptRecord[]): Buffer {
  const packed = Buffer.allocUnsafe(records.length * (RECORD_ROW.bytes + WAMID_BYTES_MAX));
  let at = 0;
  for (const record of records) at = packRecord(record, packed, at);
  return packed.subarray(0, at);
}

/** Writes it to `packed` at `at`; returns where the next one begins. */
function packRecord(record: AttemptRecord, packed: Buffer, at: number): number {
  const { id, held, optOut, plusOne = false } = record;
  const stored = id === null ? NO_WAMID : packWamid(id.text).subarray(0, WAMID_BYTES_MAX);
  const marks =
    (id !== null && !id.isWamid ? MARK.reference : 0) +
    (held ? MARK.held : 0) +
    (optOut ? MARK.optOut : 0) +
    (plusOne ? MARK.plusOne : 0) +
    (id === null ? 0 : MARK.id);
  RECORD_ROW.write(packed, at, {
    row: record.row,
    attempt: record.attempt,
    nonce: record.nonce,
    outcome: OUTCOME[record.outcome],
    code: Math.min(record.code, LEDGER_CODE_MAX),
    reason: record.reason,
    http: record.http ?? 0,
    waitMs: Math.min(Math.round(record.waitMs), WAIT_MS_MAX),
    jitter: Math.floor(Math.random() * (JITTER_MAX + 1)),
    digest: id === null ? NO_DIGEST : wamidDigest(id.text),
    person: record.person,
    marks,
    wamidBytes: stored.length,
  });
  stored.copy(packed, at + RECORD_ROW.bytes);
  return at + RECORD_ROW.bytes + stored.length;
}
