import type { NotSentReason, UnknownReason } from "../core/reasons.ts";

/** Maps errors of the network, TLS and undici to outcomes of a request. */

/** An error of our own that already carries its reason for an unknown outcome. */
export class UnansweredError extends Error {
  readonly reason: UnknownReason;

  constructor(reason: UnknownReason) {
    super(reason);
    this.name = "UnansweredError";
    this.reason = reason;
  }
}

/** Why there is no complete answer. `status`: of the part that arrived, if any. */
export function unansweredReason(error: unknown, status: number | null): UnknownReason {
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

/** Why no byte of the request was written. */
export function notSentReason(error: unknown): NotSentReason {
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
