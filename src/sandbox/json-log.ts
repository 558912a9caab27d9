import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** A file of JSON lines that is only ever appended to. */
export interface JsonLog {
  /** Returns when the line is with the kernel: it outlives this process, whatever kills it. */
  append(line: object): void;
  close(): void;
}

/**
 * Opens `path` with O_APPEND, readable by its owner only, for its lines name people. Null: lines
 * go nowhere.
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
 * One POST, as the sandbox saw it. The oracle: what a test compares the sender's own counters with.
 * Written before the answer, so a sender that got an answer is always in it.
 */
export interface RequestEntry {
  /** 1, 2, 3 … within one life of the sandbox. */
  readonly seq: number;
  /** When the request was complete, milliseconds since the epoch, with fractions. */
  readonly at: number;
  /** WhatsApp-number id of the path; null when the path is none of the API's. */
  readonly number: string | null;
  readonly to: string | null;
  /** Name of the template. */
  readonly template: string | null;
  /** First 128 bits of the SHA-256 of the body, hex. */
  readonly bodyHash: string;
  /** The `Idempotency-Key` of the request, when it has one. */
  readonly attemptHeader?: string;
  /** Which POST to this recipient it is, from 1; 0 for what was refused before it was counted. */
  readonly nth: number;
  /** accepted: the message goes out. refused: the answer says no. dropped: it does not go out, and the answer does not say so. */
  readonly decision: "accepted" | "refused" | "dropped";
  /** As planned; 0 where no complete answer is sent. */
  readonly httpStatus: number;
  /** Meta's code in the answer, or 0. */
  readonly code: number;
  /** Shape of the answer to an accepted message, else null. */
  readonly shape: string | null;
  readonly wamid: string | null;
  /** `none`, or what goes wrong. */
  readonly fault: string;
  /** When the message is sent, milliseconds since the epoch, if its `schedule` lies ahead. */
  readonly scheduledAt: number | null;
  /** The webhooks that will come, in the order in which things happen: `sent`, `delivered`, `read`, `failed:131026`. */
  readonly statuses: readonly string[];
}

/** One try to deliver one webhook. */
export interface WebhookEntry {
  /** When the answer was there, milliseconds since the epoch. */
  readonly at: number;
  readonly webhookId: string;
  readonly wamid: string;
  readonly status: string;
  /** From 1. */
  readonly tryNumber: number;
  /** The receiver's; 0 when there was no answer. */
  readonly httpStatus: number;
}
