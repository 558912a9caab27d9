/**
 * What the history of a message may have, beyond what its ledger value says (scripts/lib/history
 * .lua). Only a message with more than one attempt, a contradiction or a person's decision has one.
 * The numbers are stored, so a number never changes its meaning.
 */
export const HISTORY = {
  // Of an attempt that is not the last, or that was contradicted.
  accepted: 1,
  sent: 2,
  delivered: 3,
  read: 4,
  failed: 5,
  /** A try that was certainly not sent. */
  notSent: 6,
  /** It is not known whether it was sent. */
  unknown: 7,
  /** WhatsApp reported a failure of a message that it had delivered. */
  lateFailed: 8,
  /** One attempt got a second id. */
  secondId: 9,
  // What was decided.
  retried: 16,
  /** By `delivery.retry` of the campaign file. */
  sentAgain: 17,
  resent: 18,
  /** By `guarantee: at-least-once`. */
  resentByItself: 19,
  decidedSent: 20,
  decidedFailed: 21,
} as const;

export type HistoryKind = keyof typeof HISTORY;

/** One entry. Codes and reasons as in the ledger, 0 for none. */
export interface HistoryEntry {
  readonly what: HistoryKind;
  /** ms since 1970. */
  readonly at: number;
  readonly attempt: number;
  readonly code: number;
  readonly reason: number;
  /** The status of the API's answer; 0: none, or not noted. */
  readonly http: number;
}

const BY_NUMBER = new Map<number, HistoryKind>(
  Object.entries(HISTORY).map(([name, number]) => [number, name as HistoryKind]),
);

/** Undefined for a number of a newer version. */
export function historyKind(number: number): HistoryKind | undefined {
  return BY_NUMBER.get(number);
}
