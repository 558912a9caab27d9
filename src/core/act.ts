import type { RefusalCode } from "./refusals.ts";

/** What people do, as the audit names it. */
export const ACT_KINDS = [
  "send",
  "test",
  "pause",
  "resume",
  "cancel",
  "rate",
  "move",
  "retry",
  "resolve",
  "stop action",
  "suppress add",
  "suppress remove",
  "suppress import",
  "erase",
  "accept rollback",
  "confirm nothing lost",
  "recount",
  "back up",
  "restore",
  "test webhooks",
  "redeliver webhooks",
  "approve",
  "sign in",
  "sign in failed",
  "end session",
  "user add",
  "user change",
  "user remove",
  "token add",
  "token remove",
] as const;
export type ActKind = (typeof ACT_KINDS)[number];

/** The way by which a person acts. */
type ActVia = "command line" | "dashboard" | "HTTP API" | "Bull Board" | "drop folder";

/** Who acts, and from where. */
export interface Actor {
  /**
   * The user of the operating system; `dashboard` (its password), `user:`, `oidc:` or `token:` and
   * a name; or `drop folder`.
   */
  readonly who: string;
  readonly via: ActVia;
  /** The host of a command or of the producer, or the address of a browser. */
  readonly from: string;
}

/** Never a phone, a token or text that a person typed freely. */
export type ActDetails = Readonly<Record<string, string | number | boolean>>;

/** What a person did. */
export interface Act {
  readonly what: ActKind;
  /** The campaigns it is about; none for acts about numbers or people. */
  readonly campaigns: readonly string[];
  readonly details: ActDetails;
}

/**
 * `begun`: the process ended before its outcome was noted, or it still runs, so part or all of it
 * may have been done.
 */
export type ActResult = "begun" | "done" | "refused";

/** One line of the audit. */
export interface ActLine extends Actor, Act {
  /** By Redis TIME, ms since 1970. */
  readonly at: number;
  readonly result: ActResult;
  /** Why it was refused. */
  readonly code: RefusalCode | null;
}

/**
 * Why a person is removed from the list of opt-outs. A fixed choice, because the audit takes no
 * text that was typed freely: it could name the person.
 */
export const REMOVAL_REASONS = {
  asked: "the person asked to get messages again",
  mistake: "it was added by mistake",
  new_owner: "the phone number has a new owner",
  test: "it was a test",
} as const;

export type RemovalReason = keyof typeof REMOVAL_REASONS;

export const REMOVAL_NAMES = Object.keys(REMOVAL_REASONS) as [RemovalReason, ...RemovalReason[]];
