import type { Refusal, Refused } from "../core/refusal.ts";
import { refuse } from "../core/refusal.ts";

/** A refusal with the HTTP status that says it. */
export interface Problem {
  readonly status: number;
  readonly refusal: Refusal;
}

function problem(status: number, { refusal }: Refused): Problem {
  return { status, refusal };
}

/**
 * Every way in which the webhooks port says no. All are constants: a refusal never repeats
 * what was received, so a body or a phone cannot leak through it.
 *
 * 410 is absent on purpose: to a Standard Webhooks sender it means "never call again".
 */
export const PROBLEMS = {
  notFound: problem(
    404,
    refuse(
      "webhooks_path_unknown",
      "Nothing is served at this path.",
      "Webhooks go to POST /webhooks/livechat or /webhooks/livechat/NUMBER, with single slashes.",
    ),
  ),
  numberUnknown: problem(
    404,
    refuse(
      "webhooks_number_unknown",
      "The path names a number that is not configured.",
      "Use the name that the number has in the configuration, or the path without a name.",
    ),
  ),
  methodNotAllowed: problem(
    405,
    refuse(
      "webhooks_method_not_allowed",
      "This path does not take this method.",
      "The Allow header lists the methods that it takes.",
    ),
  ),
  requestMalformed: problem(
    400,
    refuse(
      "webhooks_request_malformed",
      "The request is not valid HTTP/1.1.",
      "Look for a proxy in between that rewrites requests.",
    ),
  ),
  headersTooLarge: problem(
    431,
    refuse(
      "webhooks_headers_too_large",
      "The request headers are larger than 16 KiB.",
      "Let the proxy in front add fewer or shorter headers.",
    ),
  ),
  requestTimeout: problem(
    408,
    refuse(
      "webhooks_request_timeout",
      "The request did not arrive whole in time (5 s for its headers, 10 s in all).",
      "Send it again; if it repeats, look at the network between the sender and this host.",
    ),
  ),
  bodyTooLarge: problem(
    413,
    refuse(
      "webhooks_body_too_large",
      "The body is larger than 64 KiB.",
      "Status events are below 20 kB: check what is posting to this address.",
    ),
  ),
  bodyNotUtf8: problem(
    400,
    refuse(
      "webhooks_body_not_utf8",
      "The body is not valid UTF-8.",
      "Send the JSON as UTF-8 and uncompressed.",
    ),
  ),
  headerMissing: problem(
    400,
    refuse(
      "webhooks_header_missing",
      "webhook-id, webhook-timestamp or webhook-signature is missing or empty.",
      "Let the proxy in front pass all three on.",
    ),
  ),
  headerRepeated: problem(
    400,
    refuse(
      "webhooks_header_repeated",
      "webhook-id, webhook-timestamp or webhook-signature is there more than once.",
      "Send each once; several signatures go into one header, with spaces between.",
    ),
  ),
  headerMalformed: problem(
    400,
    refuse(
      "webhooks_header_malformed",
      "webhook-timestamp is not whole seconds in digits, or webhook-signature is no list of up to 16 signatures.",
      "Sign as Standard Webhooks 1.0 says.",
    ),
  ),
  timestampStale: problem(
    401,
    refuse(
      "webhooks_timestamp_stale",
      "webhook-timestamp is more than 5 minutes away from this host's clock.",
      "If this is said of every webhook, set this host's clock (NTP).",
    ),
  ),
  signatureMismatch: problem(
    401,
    refuse(
      "webhooks_signature_mismatch",
      "No configured secret gives this signature.",
      "Check DROPCAST_WEBHOOK_SECRET against the one that LiveChat gave for this address.",
    ),
  ),
  crowded: problem(
    503,
    refuse(
      "webhooks_crowded",
      "Too many requests are under way, and this one was the slowest.",
      "Send it again. If this lasts, look at who posts to this address: a signed webhook is taken at once.",
    ),
  ),
  throttled: problem(
    429,
    refuse(
      "webhooks_throttled",
      "Too many requests from this address failed verification.",
      "Correct the signature. Requests that verify are never throttled.",
    ),
  ),
  bodyNotJson: problem(
    400,
    refuse(
      "webhooks_body_not_json",
      "The signature is right, but the body is not JSON.",
      "Tell the sender: a status event is a JSON object.",
    ),
  ),
  bodyTooDeep: problem(
    400,
    refuse(
      "webhooks_body_too_deep",
      "The signature is right, but the body nests deeper than 32 levels.",
      "Tell the sender: a status event nests 5 levels.",
    ),
  ),
  bodyNotEvent: problem(
    400,
    refuse(
      "webhooks_body_not_event",
      "The signature is right, but the body is no object with a `type` string.",
      "Tell the sender: an event is {type, timestamp, data}.",
    ),
  ),
  storeUnavailable: problem(
    503,
    refuse(
      "webhooks_store_unavailable",
      "The event could not be stored, so it is not acknowledged.",
      "Nothing is lost: the sender sends it again. `dropcast doctor` says what Redis lacks.",
    ),
  ),
  notReady: problem(
    503,
    refuse(
      "webhooks_not_ready",
      "This process cannot store events now: Redis does not answer, or it is stopping.",
      "Wait; if it lasts, run `dropcast doctor`.",
    ),
  ),
} as const satisfies Record<string, Problem>;
