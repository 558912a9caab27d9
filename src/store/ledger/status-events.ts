import { errorCode } from "../../core/error-codes.ts";
import type { State } from "../../core/message.ts";
import { canBeTemplates } from "../../core/template-codes.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { RunScript } from "../scripts/runner.ts";
import { encodePrice, stateOf } from "./ledger-value.ts";
import { packWamid, wamidDigest } from "./wamid.ts";

/** One verified status event. */
export interface StatusEvent {
  readonly wamid: string;
  readonly status: "sent" | "delivered" | "read" | "failed";
  readonly atMs: number;
  /** Digits, or null when the event names none. */
  readonly recipient: string | null;
  /** WhatsApp's error code of a `failed` event, 0 for none. */
  readonly code: number;
  readonly category: string | null;
  readonly billable: boolean | null;
  /** `conversation.origin.type`: `service` marks an agent's chat. */
  readonly origin: string | null;
}

export type ApplyResult =
  | {
      readonly kind: "moved" | "unchanged";
      readonly campaign: string;
      readonly row: number;
      readonly attempt: number;
      readonly state: State;
      readonly code: number;
    }
  | { readonly kind: "parked" }
  | { readonly kind: "unmatched"; readonly waits: Waits };

/**
 * What a number that does not know an event's wamid waits for: an open attempt to the recipient
 * that the event fits (`fits`) or does not fit (`open`), an answer that may still name the wamid
 * (`wire`), or nothing (`none`).
 */
export type Waits = "fits" | "open" | "wire" | "none";

/**
 * What to do with an event whose wamid is unknown: match it by its recipient, else `park` it;
 * `park_unmatched` does not use the recipient, because another number may be meant; `ask` changes
 * nothing.
 */
export type Unmatched = "park" | "park_unmatched" | "ask";

/**
 * Applies one status event; the returned function may be called again with the same event. A
 * `failed` event names no category, so before it is matched by recipient it waits `failedWaitMs`
 * for a `sent` of our own message.
 */
export function createApplyStatus(input: {
  run: RunScript;
  person: PersonDigest;
  failedWaitMs: number;
}) {
  const { run, person, failedWaitMs } = input;
  return async (event: StatusEvent, unmatched: Unmatched): Promise<ApplyResult> => {
    const answer = (await run("apply-status", {
      digest: wamidDigest(event.wamid),
      wamid: packWamid(event.wamid),
      status: event.status,
      atMs: Math.round(event.atMs),
      code: event.code,
      stops: stopsOf(event),
      price: encodePrice(event.category, event.billable),
      person: event.recipient === null ? "" : person(event.recipient),
      // Unknown counts as +1: then nothing is sent again by itself.
      plusOne: event.recipient?.startsWith("1") === false ? 0 : 1,
      foreign: isForeign(event) ? 1 : 0,
      category: event.category ?? event.origin ?? "",
      unmatched,
      failedWaitMs,
    })) as [string, string, number, number, number, number];
    const [kind, campaign, row, attempt, state, code] = answer;
    if (kind === "parked") return { kind };
    if (kind === "unmatched") return { kind, waits: campaign as Waits };
    if (kind !== "moved" && kind !== "unchanged") throw new Error(`apply-status answered ${kind}.`);
    return { kind, campaign, row, attempt, state: stateOf(state), code };
  };
}

/** What the code of a failure stops besides its message: the class, or nothing. */
function stopsOf({ status, code }: StatusEvent): "template" | "account" | "restricted" | "" {
  // In an answer 0 is a code of its own; here it means that there is none.
  const found = status === "failed" && code !== 0 ? errorCode(code)?.class : undefined;
  return found === "template" || found === "account" || found === "restricted" ? found : "";
}

/** Conversations that a person started: their messages are not our templates. */
const BEGUN_BY_PERSON: ReadonlySet<string | null> = new Set(["service", "referral_conversion"]);

/** An event for a message that was not a template: from an agent, a call, a group or a flow. */
function isForeign({ origin, status, code }: StatusEvent): boolean {
  return BEGUN_BY_PERSON.has(origin) || (status === "failed" && !canBeTemplates(code));
}
