import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** An append-only file of JSON lines. */
export interface JsonLog {
  /** Returns once the kernel has the line, so that it survives a crash of this process. */
  append(line: object): void;
  close(): void;
}

/**
 * Opens `path` with O_APPEND, readable only by its owner because its lines contain personal data.
 * Null: discards lines.
 */
export function openJsonLog(path: string | null): JsonLog {
  if (path === null) return { append() {}, close() {} };
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "a", 0o600);
  return {
    append(line) {
      writeSync(file, `${JSON.stringify(line)}\n`);
    },
    close() {
      closeSync(file);
    },
  };
}

/**
 * One POST as the sandbox received it. Tests compare it with the sender's own records. It is
 * written before the answer, so every POST that got an answer is in the log.
 */
export interface RequestEntry {
  /** 1, 2, 3 … since the sandbox started. */
  readonly seq: number;
  /** When the request was complete, in fractional milliseconds since the epoch. */
  readonly at: number;
  /** WhatsApp-number id in the path; null if it is not a path of the API. */
  readonly number: string | null;
  readonly to: string | null;
  /** The template's name. */
  readonly template: string | null;
  /** First 128 bits of the body's SHA-256, in hex. */
  readonly bodyHash: string;
  /** The request's `Idempotency-Key`, if it has one. */
  readonly attemptHeader?: string;
  /** Counts the POSTs to this recipient from 1; 0 if refused before it was counted. */
  readonly nth: number;
  /**
   * accepted: the message is sent. refused: it is not, and the answer says so. dropped: it is not
   * sent, but the answer does not say so.
   */
  readonly decision: "accepted" | "refused" | "dropped";
  /** The planned status; 0 if no complete answer is sent. */
  readonly httpStatus: number;
  /** Meta's code in the answer, or 0. */
  readonly code: number;
  /** The shape of a success answer, else null. */
  readonly shape: string | null;
  readonly wamid: string | null;
  /** `none`, or the name of the fault. */
  readonly fault: string;
  /** When the message will be sent, in milliseconds since the epoch, if `schedule` is ahead. */
  readonly scheduledAt: number | null;
  /** The coming webhooks in order of events: `sent`, `delivered`, `read`, `failed:131026`. */
  readonly statuses: readonly string[];
}

/** One attempt to deliver one webhook. */
export interface WebhookEntry {
  /** When the answer arrived, in milliseconds since the epoch. */
  readonly at: number;
  readonly webhookId: string;
  readonly wamid: string;
  readonly status: string;
  /** From 1. */
  readonly tryNumber: number;
  /** The receiver's; 0 if it did not answer. */
  readonly httpStatus: number;
}
