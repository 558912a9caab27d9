import { type ErrorClass, errorCode, httpAnswer } from "../core/error-codes.ts";
import type { NotSentReason, UnknownReason } from "../core/reasons.ts";
import { mentionsWamid } from "./answer-signs.ts";
import { readAnswer, type WireAnswer } from "./wire.ts";
import { notSentReason, unansweredReason } from "./wire-errors.ts";

/**
 * Decides the outcome of a POST. Every message depends on it: a sent message classed as "not sent"
 * goes out twice, an unsent one classed as "sent" is lost. So each step claims only what it can
 * prove, and everything else is `unknown`:
 *
 * a. the request never left: not sent;
 * b. the answer is incomplete, or its end cannot be proven: unknown, even if it began with 200;
 * c. 2xx: accepted if the body is empty or one JSON object without a no in it; else unknown.
 *    Never refused: some APIs queue a message and explain the delay in the same answer;
 * d. a status that does not refuse the request (302, 303, 408, 409, 421, 425, 5xx …): unknown. On a
 *    5xx, four codes refuse all the same;
 * e. a status that refuses it (the other 4xx; 301, 307 and 308): a known code decides by the table
 *    of core/error-codes.ts, else the status does; but an answer that names a message, or cannot be
 *    read, is unknown.
 *
 * A bare `code` below 1000 may mean anything (0 and 200 say "ok" in many APIs), so it counts only
 * on a 4xx. An unknown message keeps the id that came with it, so that a status webhook can match
 * it.
 */
export type SendOutcome =
  | { kind: "accepted"; id: string | null; isWamid: boolean; held: boolean }
  | { kind: "not_sent"; reason: NotSentReason }
  | { kind: "aborted" }
  | { kind: "slow"; code: number; httpStatus: number; retryAfterMs: number | null }
  | { kind: "pair"; code: number; httpStatus: number }
  | { kind: "later"; code: number; httpStatus: number; retryAfterMs: number | null }
  | { kind: "account"; code: number; httpStatus: number }
  | { kind: "restricted"; code: number; httpStatus: number }
  | { kind: "template"; code: number; httpStatus: number }
  | { kind: "failed"; code: number; httpStatus: number; optOut: boolean }
  | {
      kind: "unknown";
      reason: UnknownReason;
      code: number;
      httpStatus: number;
      id: string | null;
      isWamid: boolean;
    };

/** Everything the client saw of one request. */
export type Answer =
  /** Our own fence: the request was too late after its claim and was not started. */
  | { readonly stage: "fenced" }
  /** It failed before any byte of the request was written. */
  | { readonly stage: "before_request"; readonly error: unknown }
  | {
      readonly stage: "after_request";
      /** HTTP marked the end of the answer. */
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

/** Codes that prove, even on a 5xx, that nothing was sent (Meta's error codes page). */
const REFUSES_ON_5XX: ReadonlySet<number | null> = new Set([3, 131045, 131057, 133000]);

/** 2xx that mean only "done" or "taken"; 206 and 207 are about parts, 226 about a change. */
const ACCEPTING: ReadonlySet<number> = new Set([200, 201, 202, 203, 204, 205]);

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
  const { status } = answer;
  const { id, isWamid, signs } = wire;
  if (signs.saysNo || signs.repeatsKey) {
    const code = pickCode(wire.errorCode, bareCode(wire)) ?? 0;
    return unknown("answer_contradicts", code, status, wire);
  }
  const isReadable = wire.isWhole ? !wire.isList && !signs.isUnclear : answer.body.trim() === "";
  if (!isReadable || isEncoded(answer) || isProblem(answer) || !ACCEPTING.has(status)) {
    return unknown("answer_unclear", 0, status, wire);
  }
  return { kind: "accepted", id, isWamid, held: wire.isHeld };
}

function classifyError(answer: CompleteAnswer, wire: WireAnswer): SendOutcome {
  const { status } = answer;
  const code = codeOf(wire, status);
  const known = code === null ? undefined : errorCode(code);
  const byStatus = httpAnswer(status)?.class ?? "ambiguous";
  const refuses = byStatus !== "ambiguous" || (isServerError(status) && REFUSES_ON_5XX.has(code));
  // 0 is a code of its own ("login failed"), but in an unknown outcome it means "no code".
  const codeOrStatus = code || status;
  if (!refuses || wire.signs.hasDoubtfulCode)
    return unknown(doubtReason(status), codeOrStatus, status, wire);
  if (namesMessage(answer, wire)) return unknown("answer_contradicts", codeOrStatus, status, wire);
  if (isEncoded(answer) || isForPrograms(answer, wire)) {
    return unknown("answer_unclear", codeOrStatus, status, wire);
  }
  // A type refines a 4xx that only says "refused"; it never overrides a doubt or a 429.
  const byType = wire.errorType === null ? undefined : TYPES.get(wire.errorType);
  const decided = known?.class ?? (byStatus === "message" ? (byType ?? byStatus) : byStatus);
  if (decided === "ambiguous") return unknown(doubtReason(status), codeOrStatus, status, wire);
  return outcome(decided, code ?? status, answer);
}

/** A refusal contradicts itself if its answer shows that the request was taken. */
function namesMessage(answer: CompleteAnswer, { isWhole, signs }: WireAnswer): boolean {
  if (signs.namesMessage || signs.repeatsKey) return true;
  // A redirect's Location is where to send the request; otherwise it is what was created.
  if (answer.status >= 400 && header(answer.headers, "location") !== undefined) return true;
  return !isWhole && mentionsWamid(answer.body);
}

/** Meant for programs, but broken JSON or XML. A gateway's page or line of text is for people. */
function isForPrograms({ body }: CompleteAnswer, { isWhole }: WireAnswer): boolean {
  return !isWhole && FOR_PROGRAMS.test(body);
}

const FOR_PROGRAMS = /^[\s\ufeff\0]*([[{"]|<(?!!|html|head|body|title|center|h1|p\b|pre))/i;

/** Compressed although we asked for no compression, so we cannot read it. */
function isEncoded({ headers, body }: CompleteAnswer): boolean {
  const coding = header(headers, "content-encoding")?.trim().toLowerCase() ?? "";
  return body !== "" && coding !== "" && coding !== "identity";
}

/** The media type marks it as a problem (RFC 9457). */
function isProblem({ headers }: CompleteAnswer): boolean {
  return /^application\/problem\+/i.test(header(headers, "content-type")?.trim() ?? "");
}

/** Any host may have written a redirect's body; on a 4xx a small bare code counts too. */
function codeOf(wire: WireAnswer, status: number): number | null {
  if (status <= 399) return null;
  if (status <= 499 && wire.flatCode !== null && errorCode(wire.flatCode)) {
    return pickCode(wire.errorCode, wire.flatCode);
  }
  return pickCode(wire.errorCode, bareCode(wire));
}

/** A bare `code` that can only be WhatsApp's. */
function bareCode(wire: WireAnswer): number | null {
  return wire.flatCode !== null && wire.flatCode >= 1000 ? wire.flatCode : null;
}

/** The first known code, else the first code. */
function pickCode(inError: number | null, bare: number | null): number | null {
  if (inError !== null && (bare === null || errorCode(inError) || !errorCode(bare))) return inError;
  return bare;
}

function outcome(
  decided: Exclude<ErrorClass, "ambiguous">,
  code: number,
  answer: CompleteAnswer,
): SendOutcome {
  const httpStatus = answer.status;
  switch (decided) {
    case "slow":
      return { kind: "slow", code, httpStatus, retryAfterMs: retryAfterMs(answer) };
    case "later":
      return { kind: "later", code, httpStatus, retryAfterMs: retryAfterMs(answer) };
    case "pair":
    case "restricted":
    case "template":
      return { kind: decided, code, httpStatus };
    case "account":
      return { kind: "account", code, httpStatus };
    case "message":
    case "recipient":
      return { kind: "failed", code, httpStatus, optOut: false };
    case "optout":
      return { kind: "failed", code, httpStatus, optOut: true };
  }
}

function doubtReason(status: number): UnknownReason {
  if (isServerError(status)) return "http_5xx";
  if (status === 408) return "http_408";
  if (status === 409) return "http_409";
  if (status === 421) return "http_421";
  if (status === 425) return "http_425";
  if (status >= 300 && status <= 399) return "http_3xx";
  return status >= 400 && status <= 499 ? "ambiguous_code" : "unheard_of";
}

function unknown(
  reason: UnknownReason,
  code: number,
  httpStatus: number,
  wire?: WireAnswer,
): SendOutcome {
  const isWamid = wire?.isWamid ?? false;
  // Outside a 2xx an id that is not a wamid may be the error's own.
  const id = isWamid || isSuccess(httpStatus) ? (wire?.id ?? null) : null;
  return { kind: "unknown", reason, code, httpStatus, id, isWamid };
}

function isServerError(status: number): boolean {
  return status >= 500 && status <= 599;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299;
}

/**
 * Whether HTTP proves that the body is complete: it has a length, ends with a last chunk, or cannot
 * exist. A body that ends with the connection proves nothing (a reset looks the same), unless it is
 * one complete JSON value.
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
  // Measured on the answer's own clock if it has one: ours may be wrong.
  const sent = Date.parse(header(answer.headers, "date") ?? "");
  const now = Number.isNaN(sent) ? answer.nowMs : sent;
  return Math.min(Math.max(at - now, 0), RETRY_AFTER_MAX_MS);
}

function header(headers: AnswerHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.at(-1) : value;
}
