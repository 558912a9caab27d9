import { z } from "zod";
import { CODE_MAX, decisiveCode } from "../core/error-codes.ts";
import type { Problem } from "../http/problem.ts";
import type { StatusEvent } from "../store/index.ts";
import { PROBLEMS } from "./problems.ts";

/**
 * The result of parsing a signed body.
 *
 * - `status`: a message status that Dropcast understands.
 * - `other_type`, `other_status`: a kind of event that Dropcast does not use. It is acknowledged:
 *   anything but a 2xx makes the sender repeat it for days.
 * - `unreadable`: a `message.status` without a readable `field`. Acknowledged for the same reason
 *   (a repeat would not help), but counted and logged, because an outcome may be lost in it.
 * - `refused`: not an event at all.
 */
type ParsedEvent =
  | { readonly kind: "status"; readonly event: StatusEvent }
  | { readonly kind: "other_type" }
  | { readonly kind: "other_status" }
  | { readonly kind: "unreadable"; readonly field: "data" | "data.id" | "data.status" }
  | { readonly kind: "refused"; readonly problem: Problem };

/** A status event nests 5 levels. Deep values break recursive code (JSON.stringify at 20,000). */
const DEPTH_MAX = 32;

/** An event comes before its signature, but its time is by another clock than the signer's. */
const CLOCKS_DIFFER_MS = 5 * 60_000;

/** An optional field: a value of another type counts as missing. */
const optionalText = z.string().max(128).optional().catch(undefined);
/** A field that is parsed by hand: a number in LiveChat's samples, a string in Meta's; a list. */
const anything = z.unknown().optional();

/**
 * The status object of Meta's Cloud API as LiveChat passes it on (status webhook reference,
 * 2026-05; samples of LiveChat's page, where times are numbers and Meta's are strings). Only `id`
 * and `status` are in all samples, so only they are required.
 */
const statusSchema = z.object({
  id: z.string().min(1).max(512),
  status: z.string().min(1).max(64),
  timestamp: anything,
  recipient_id: anything,
  recipient_type: optionalText,
  errors: anything,
  pricing: z
    .object({ category: optionalText, billable: z.boolean().optional().catch(undefined) })
    .optional()
    .catch(undefined),
  conversation: z
    .object({ origin: z.object({ type: optionalText }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

type StatusObject = z.infer<typeof statusSchema>;

const STATUSES: ReadonlySet<string> = new Set(["sent", "delivered", "read", "failed"]);

/**
 * Parses a body with a valid signature. `signedAtMs` replaces a missing time.
 * Linear in the length of `text`; never throws.
 */
export function parseStatusEvent(text: string, signedAtMs: number): ParsedEvent {
  if (deeperThan(text, DEPTH_MAX)) return { kind: "refused", problem: PROBLEMS.bodyTooDeep };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "refused", problem: PROBLEMS.bodyNotJson };
  }
  if (!isRecord(value) || typeof value["type"] !== "string") {
    return { kind: "refused", problem: PROBLEMS.bodyNotEvent };
  }
  if (value["type"] !== "message.status") return { kind: "other_type" };
  const parsed = statusSchema.safeParse(value["data"]);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path[0];
    return {
      kind: "unreadable",
      field: field === "id" ? "data.id" : field === "status" ? "data.status" : "data",
    };
  }
  if (!STATUSES.has(parsed.data.status)) return { kind: "other_status" };
  const told = [secondsToMs(parsed.data.timestamp), isoToMs(value["timestamp"])];
  const latestMs = signedAtMs + CLOCKS_DIFFER_MS;
  const atMs = told.find((ms) => ms !== undefined && ms <= latestMs) ?? signedAtMs;
  return { kind: "status", event: toEvent(parsed.data, atMs) };
}

function toEvent(data: StatusObject, atMs: number): StatusEvent {
  return {
    wamid: data.id,
    status: data.status as StatusEvent["status"],
    atMs,
    recipient: recipientOf(data),
    code: data.status === "failed" ? codeOf(data.errors) : 0,
    category: data.pricing?.category ?? null,
    billable: data.pricing?.billable ?? null,
    origin: data.conversation?.origin?.type ?? null,
  };
}

/** Unix seconds from 2001 to 2286; anything else is not a time of a message. */
function secondsToMs(value: unknown): number | undefined {
  const seconds = toNumber(value);
  return seconds >= 1e9 && seconds < 1e10 ? Math.floor(seconds * 1000) : undefined;
}

/** A number, or a string of digits; NaN for anything else. */
function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^[0-9]{1,20}$/.test(value) ? Number(value) : Number.NaN;
}

/** The envelope's time. It has up to nine fractional digits; those below 1 ms are dropped. */
function isoToMs(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length > 40) return undefined;
  const ms = Date.parse(value);
  return ms >= 1e12 && ms < 1e13 ? ms : undefined;
}

/** The person's number in digits; `null` for a group and for a BSUID. */
function recipientOf(data: StatusObject): string | null {
  if (data.recipient_type !== undefined && data.recipient_type !== "individual") return null;
  const id = data.recipient_id;
  if (typeof id !== "string" && typeof id !== "number") return null;
  return /^\+?([0-9]{6,15})$/.exec(String(id))?.[1] ?? null;
}

/**
 * The code of a failure; of several, the most decisive one, so an opt-out is never missed. Meta
 * sends a list; a single error outside a list counts as well.
 */
function codeOf(errors: unknown): number {
  const list: readonly unknown[] = Array.isArray(errors) ? errors : [errors];
  const codes = list.map((error) => (isRecord(error) ? toNumber(error["code"]) : Number.NaN));
  return decisiveCode(
    codes.filter((code) => Number.isInteger(code) && code > 0 && code <= CODE_MAX),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Counts brackets outside strings: one pass, no recursion, before anything parses the text. */
function deeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) {
      inString = true;
    } else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > depthMax) return true;
    } else if (char === 0x7d || char === 0x5d) {
      depth -= 1;
    }
  }
  return false;
}
