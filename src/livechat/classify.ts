import { type ErrorClass, errorCode, httpAnswer } from "../core/error-codes.ts";
import type { NotSentReason, UnknownReason } from "../core/reasons.ts";
import { readAnswer, type WireAnswer } from "./wire.ts";

/**
 * Decides what became of a POST. Every message depends on it: calling a message "not sent" that
 * was sent writes to a person twice, calling one "sent" that was not loses it. So each step says
 * only what it can prove, and what nobody can prove is `unknown`:
 *
 * a. the request never left: not sent;
 * b. the answer is incomplete, or its end cannot be proven: unknown, even if it began with 200;
 * c. 2xx: accepted, unless the body holds a known error code and no wamid: then as d;
 * d. a known code: the table of core/error-codes.ts decides, but on a 5xx only four codes refuse;
 * e. no known code: the HTTP status decides.
 *
 * Where a code may mean two things, it is not believed. A bare `code` below 1000 may be anybody's
 * (0 and 200 say "ok" in many APIs), so it counts on a 3xx or 4xx only, where nothing was sent in
 * any case. And a 2xx whose `error` holds 0 or 200-299 is unknown, not refused.
 */
export type SendOutcome =
  | { kind: "accepted"; id: string | null; isWamid: boolean; held: boolean }
  | { kind: "not_sent"; reason: NotSentReason }
  | { kind: "aborted" }
  | { kind: "slow"; code: number; retryAfterMs: number | null }
  | { kind: "pair"; code: number }
  | { kind: "later"; code: number; retryAfterMs: number | null }
  | { kind: "account"; code: number; httpStatus: number }
  | { kind: "restricted"; code: number }
  | { kind: "template"; code: number }
  | { kind: "failed"; code: number; httpStatus: number; optOut: boolean }
  | { kind: "unknown"; reason: UnknownReason; code: number; httpStatus: number };

/** Everything the client saw of one request. */
export type Answer =
  /** Our own fence: the request came too late after its claim and was not begun. */
  | { readonly stage: "fenced" }
  /** It failed with no byte of the request written. */
  | { readonly stage: "before_request"; readonly error: unknown }
  | {
      readonly stage: "after_request";
      /** HTTP's own end of the answer was seen. */
      readonly complete: boolean;
      /** Why it is not complete. */
      readonly error: unknown;
      /** The final status, `null` when none arrived. */
      readonly status: number | null;
      readonly headers: AnswerHeaders;
      readonly body: string;
      /** Wall clock at the answer's end, for a `Retry-After` given as a date. */
      readonly nowMs: number;
    };

/** Lower-case names, as undici gives them. */
export type AnswerHeaders = { readonly [name: string]: string | string[] | undefined };

type CompleteAnswer = Extract<Answer, { stage: "after_request" }> & { readonly status: number };

/** Marks an error of our own whose outcome in doubt is already known. */
export class UnansweredError extends Error {
  readonly reason: UnknownReason;

  constructor(reason: UnknownReason) {
    super(reason);
    this.name = "UnansweredError";
    this.reason = reason;
  }
}

/** Codes that prove, even on a 5xx, that nothing was sent (Meta's error codes page). */
const REFUSES_ON_5XX = new Set([3, 131045, 131057, 133000]);

/** LiveChat platform's error types (Agent Chat API, "Possible errors"). */
const TYPES: ReadonlyMap<string, ErrorClass> = new Map([
  ["authentication", "account"],
  ["authorization", "account"],
  ["license_expired", "account"],
  ["not_found", "account"],
  ["too_many_requests", "slow"],
  ["limit_reached", "slow"],
  ["pending_requests_limit_reached", "slow"],
  ["validation", "message"],
  ["request_timeout", "ambiguous"],
  ["service_unavailable", "ambiguous"],
  ["internal", "ambiguous"],
]);

const RETRY_AFTER_MAX_MS = 60 * 60_000;

/**
 * Pure, and never throws. `code` in an outcome is the API's error code; without one it is the
 * HTTP status of the answer (see `HTTP_ANSWERS`), and 0 when there was no complete answer.
 */
export function classify(answer: Answer): SendOutcome {
  if (answer.stage === "fenced") return { kind: "aborted" };
  if (answer.stage === "before_request") {
    return { kind: "not_sent", reason: notSentReason(answer.error) };
  }
  if (!answer.complete || answer.status === null) {
    return unknown(unansweredReason(answer.error, answer.status), 0, answer.status ?? 0);
  }
  const complete = { ...answer, status: answer.status };
  const wire = readAnswer(answer.body);
  if (!wire.isWhole && !endsProvably(complete)) return unknown("answer_cut", 0, answer.status);
  return isSuccess(answer.status) ? classifySuccess(complete, wire) : classifyError(complete, wire);
}

function classifySuccess(answer: CompleteAnswer, wire: WireAnswer): SendOutcome {
  const accepted: SendOutcome = {
    kind: "accepted",
    id: wire.id,
    isWamid: wire.isWamid,
    held: wire.isHeld,
  };
  if (wire.isWamid) return accepted;
  const code = pickCode(wire.errorCode, bareCode(wire));
  const known = code === null ? undefined : errorCode(code);
  if (code !== null && known) {
    // An `error` with 0 or 200 on a 2xx says yes and no at once.
    if (code === 0 || known.code === 200) {
      return unknown("answer_contradicts", code, answer.status);
    }
    return outcome(known.class, code, answer);
  }
  // LiveChat's own error without any id: it says no, but its types do not say how far it got.
  if (wire.id === null && wire.errorType !== null && TYPES.has(wire.errorType)) {
    return unknown("answer_contradicts", answer.status, answer.status);
  }
  return accepted;
}

function classifyError(answer: CompleteAnswer, wire: WireAnswer): SendOutcome {
  const { status } = answer;
  const isRefused = status >= 300 && status <= 499;
  const code = pickCode(wire.errorCode, isRefused ? knownOrBig(wire) : bareCode(wire));
  const known = code === null ? undefined : errorCode(code);
  if (code !== null && known) {
    if (status >= 500 && !REFUSES_ON_5XX.has(code)) return doubt(code, status);
    return outcome(known.class, code, answer);
  }
  const byStatus = httpAnswer(status)?.class ?? "ambiguous";
  // A type refines a 4xx that says no more than "refused"; it never overrules a doubt or a 429.
  const byType = wire.errorType === null ? undefined : TYPES.get(wire.errorType);
  const decided = byStatus === "message" ? (byType ?? byStatus) : byStatus;
  return outcome(decided, code ?? status, answer);
}

function knownOrBig(wire: WireAnswer): number | null {
  return wire.flatCode !== null && errorCode(wire.flatCode) ? wire.flatCode : bareCode(wire);
}

/** A bare `code` that can only be WhatsApp's. */
function bareCode(wire: WireAnswer): number | null {
  return wire.flatCode !== null && wire.flatCode >= 1000 ? wire.flatCode : null;
}

/** The first known code; with none known, the first. */
function pickCode(inError: number | null, bare: number | null): number | null {
  if (inError !== null && (bare === null || errorCode(inError) || !errorCode(bare))) return inError;
  return bare;
}

function outcome(decided: ErrorClass, code: number, answer: CompleteAnswer): SendOutcome {
  const httpStatus = answer.status;
  switch (decided) {
    case "slow":
      return { kind: "slow", code, retryAfterMs: retryAfterMs(answer) };
    case "later":
      return { kind: "later", code, retryAfterMs: retryAfterMs(answer) };
    case "pair":
    case "restricted":
    case "template":
      return { kind: decided, code };
    case "account":
      return { kind: "account", code, httpStatus };
    case "message":
    case "recipient":
      return { kind: "failed", code, httpStatus, optOut: false };
    case "optout":
      return { kind: "failed", code, httpStatus, optOut: true };
    case "ambiguous":
      return doubt(code, httpStatus);
  }
}

function doubt(code: number, status: number): SendOutcome {
  // 0 is a code of its own ("login failed"), but in an unknown it means that there is none.
  return unknown(doubtReason(status), code === 0 ? status : code, status);
}

function doubtReason(status: number): UnknownReason {
  if (status >= 500 && status <= 599) return "http_5xx";
  if (status === 408) return "http_408";
  if (status === 421) return "http_421";
  if (status === 425) return "http_425";
  return status >= 200 && status <= 499 ? "ambiguous_code" : "unheard_of";
}

function unknown(reason: UnknownReason, code: number, httpStatus: number): SendOutcome {
  return { kind: "unknown", reason, code, httpStatus };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/**
 * Whether HTTP itself proves that the body was not cut: it has a length, ends with a last chunk,
 * or cannot be there. A body that ends where the connection ends proves nothing (a reset looks
 * like its end), unless it turns out to be one whole JSON value.
 */
function endsProvably(answer: CompleteAnswer): boolean {
  if (answer.status === 204 || answer.status === 304) return true;
  const coding = header(answer.headers, "transfer-encoding");
  if (coding !== undefined) return /(^|[\s,])chunked\s*$/i.test(coding);
  return header(answer.headers, "content-length") !== undefined;
}

/** `Retry-After` as a wait, in either of its forms (RFC 9110, 10.2.3); at most an hour. */
function retryAfterMs(answer: CompleteAnswer): number | null {
  const value = header(answer.headers, "retry-after")?.trim();
  if (!value) return null;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, RETRY_AFTER_MAX_MS);
  const at = Date.parse(value);
  if (!/[a-z]/i.test(value) || Number.isNaN(at)) return null;
  // Against the answer's own clock where it gives one: ours may be wrong.
  const sent = Date.parse(header(answer.headers, "date") ?? "");
  const now = Number.isNaN(sent) ? answer.nowMs : sent;
  return Math.min(Math.max(at - now, 0), RETRY_AFTER_MAX_MS);
}

function header(headers: AnswerHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.at(-1) : value;
}

function unansweredReason(error: unknown, status: number | null): UnknownReason {
  if (error instanceof UnansweredError) return error.reason;
  const code = errorName(error);
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT") {
    return "answer_timeout";
  }
  if (code === "UND_ERR_DESTROYED" || code === "UND_ERR_CLOSED") return "drained";
  if (status !== null) return "answer_cut";
  if (UNREADABLE.has(code)) return "answer_unreadable";
  return BROKEN.has(code) ? "reset_after_request" : "unheard_of";
}

const BROKEN = new Set([
  "UND_ERR_SOCKET",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTCONN",
]);

const UNREADABLE = new Set([
  "HTTPParserError",
  "UND_ERR_HEADERS_OVERFLOW",
  "UND_ERR_RES_CONTENT_LENGTH_MISMATCH",
]);

function notSentReason(error: unknown): NotSentReason {
  const code = errorName(error);
  if (code === "ENOTFOUND" || code.startsWith("EAI_")) return "not_sent_dns";
  if (TLS.test(code)) return "not_sent_tls";
  if (NOT_CONNECTED.has(code)) return "not_sent_connect";
  return "not_sent_other";
}

const TLS =
  /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
]);

/** Node's and undici's error code; undici's parser errors have only a name. */
function errorName(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
