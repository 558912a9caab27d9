import { errorCode } from "../../core/error-codes.ts";
import type { State } from "../../core/message.ts";
import { canBeTemplates } from "../../core/template-codes.ts";
import type { Durable } from "../durability.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import {
  DIGEST_BYTES,
  EVENT_KIND,
  EVENT_MARK,
  EVENT_WAITS,
  LEDGER_CODE_MAX,
  STATUS_ANSWER,
  STATUS_EVENT,
} from "../scripts/protocol.ts";
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

export type Waits = keyof typeof EVENT_WAITS;

/**
 * What to do with an event whose wamid is unknown: match it by its recipient, else `park` it;
 * `park_unmatched` does not use the recipient, because another number may be meant; `ask` changes
 * nothing.
 */
export type Unmatched = "park" | "park_unmatched" | "ask";

/** An event, and what to do with it if its wamid is unknown. */
export interface AskedEvent {
  readonly event: StatusEvent;
  readonly unmatched: Unmatched;
}

/**
 * Applies status events in one step, in their order; the returned function may be called again with
 * the same ones. The result of each is in the place of its event: an error if it could not be
 * applied. Rejects if none could, all for the same reason: Redis does not take writes.
 *
 * A `failed` event names no category, so before it is matched by recipient it waits `failedWaitMs`
 * for a `sent` of our own message.
 */
export function createApplyStatuses(input: {
  run: RunScript;
  person: PersonDigest;
  failedWaitMs: number;
  durable: Durable;
}) {
  const { run, person, failedWaitMs, durable } = input;
  return async (asked: readonly AskedEvent[]): Promise<(ApplyResult | Error)[]> => {
    const events = Buffer.concat(asked.map((one) => packEvent(one, person)));
    const isProved = durable.watch();
    const answer = (await run("apply-status", { events, failedWaitMs })) as Buffer[];
    const results = readAnswers(answer);
    // The sender does not repeat an event that was taken, so it must not be taken too early.
    if (await isProved()) return results;
    return results.map((result) => (hasWritten(result) ? TOO_FEW_REPLICAS : result));
  };
}

const TOO_FEW_REPLICAS = new Error("NOREPLICAS too few replicas have the event");

/** Or finds there what an earlier try has written. */
function hasWritten(result: ApplyResult | Error): boolean {
  return !(result instanceof Error) && result.kind !== "unmatched";
}

function readAnswers([records = NOTHING, ...rest]: readonly Buffer[]): (ApplyResult | Error)[] {
  const texts = rest.map(String);
  const results: (ApplyResult | Error)[] = [];
  for (let from = 0; from < records.length; from += STATUS_ANSWER.bytes) {
    results.push(resultOf(records.subarray(from), texts));
  }
  return results;
}

function resultOf(record: Buffer, texts: readonly string[]): ApplyResult | Error {
  const read = (field: keyof typeof STATUS_ANSWER.at) => STATUS_ANSWER.get(record, field);
  const kind = wordOf(EVENT_KIND, texts[read("kind") - 1] ?? "");
  const text = texts[read("text") - 1] ?? "";
  if (kind === "error") return new Error(text);
  if (kind === "parked") return { kind };
  if (kind === "unmatched") return { kind, waits: wordOf(EVENT_WAITS, text) };
  const [row, attempt, code] = [read("row"), read("attempt"), read("code")];
  return { kind, campaign: text, row, attempt, state: stateOf(read("state")), code };
}

function wordOf<Word extends string>(words: Readonly<Record<Word, Word>>, text: string): Word {
  if (!Object.hasOwn(words, text)) throw new Error(`The script apply-status answered ${text}.`);
  return words[text as Word];
}

const NOTHING = Buffer.alloc(0);
const NO_PERSON = Buffer.alloc(DIGEST_BYTES);
const TIME_MS_MAX = 2 ** 48 - 1;

function packEvent({ event, unmatched }: AskedEvent, person: PersonDigest): Buffer {
  const { status, recipient } = event;
  const stops = stopsOf(event);
  const category = event.category ?? event.origin ?? "";
  const categoryBytes = Buffer.byteLength(category);
  const wamid = packWamid(event.wamid);
  // Unknown counts as +1: then nothing is sent again by itself.
  const mayBePlusOne = recipient?.startsWith("1") !== false;
  const textBytes = status.length + stops.length + categoryBytes;
  const packed = Buffer.allocUnsafe(STATUS_EVENT.bytes + textBytes + wamid.length);
  STATUS_EVENT.write(packed, 0, {
    digest: wamidDigest(event.wamid),
    person: recipient === null ? NO_PERSON : person(recipient),
    atMs: Math.min(Math.max(0, Math.round(event.atMs)), TIME_MS_MAX),
    code: Math.min(event.code, LEDGER_CODE_MAX),
    price: encodePrice(event.category, event.billable),
    marks:
      (recipient === null ? 0 : EVENT_MARK.person) +
      (mayBePlusOne ? EVENT_MARK.plusOne : 0) +
      (isForeign(event) ? EVENT_MARK.foreign : 0) +
      (unmatched === "ask" ? EVENT_MARK.ask : 0) +
      (unmatched === "park_unmatched" ? EVENT_MARK.unmatched : 0),
    statusBytes: status.length,
    stopsBytes: stops.length,
    categoryBytes,
    wamidBytes: wamid.length,
  });
  packed.write(status + stops + category, STATUS_EVENT.bytes);
  wamid.copy(packed, STATUS_EVENT.bytes + textBytes);
  return packed;
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

/** A failure is shown, reported to endpoints, and may be an opt-out: workers do that. */
export function wakingAtFailures(
  apply: ReturnType<typeof createApplyStatuses>,
  wake: () => Promise<void>,
) {
  return async (...asked: Parameters<typeof apply>): ReturnType<typeof apply> => {
    const results = await apply(...asked);
    const isFailure = (one: ApplyResult | Error): boolean =>
      "kind" in one && one.kind === "moved" && one.state === "failed";
    if (results.some(isFailure)) void wake();
    return results;
  };
}
