import { catalogue } from "./catalogue.ts";

/** The webhooks port. */
export const WEBHOOKS = catalogue(400, {
  webhook_secret_missing: {
    meaning: "No number has a webhook secret, so no status webhook can be verified.",
    fix: "Set `DROPCAST_WEBHOOK_SECRET` to LiveChat's secret for the webhook URL.",
    http: 500,
  },
  webhook_secret_elsewhere: {
    meaning:
      "A number of this process shares its webhook secret with one that `DROPCAST_NUMBERS` leaves out. Which of them a webhook is about could only be guessed here.",
    fix: "Serve all numbers that share a secret in the same webhooks processes, or give each a secret of its own.",
    http: 500,
  },
  webhook_secret_unusable: {
    meaning: "A webhook secret of a number is empty or not base64.",
    fix: "Copy it from LiveChat again: whsec_ and base64.",
    http: 500,
  },
  webhooks_body_not_event: {
    meaning: "The signature is valid, but the body is not an object with a `type` string.",
    fix: "Tell the sender: an event is {type, timestamp, data}.",
  },
  webhooks_body_not_json: {
    meaning: "The signature is valid, but the body is not JSON.",
    fix: "Tell the sender: a status event is a JSON object.",
  },
  webhooks_body_not_utf8: {
    meaning: "The body is not valid UTF-8.",
    fix: "Send the JSON as UTF-8 and uncompressed.",
  },
  webhooks_body_too_deep: {
    meaning: "The signature is valid, but the body nests deeper than 32 levels.",
    fix: "Tell the sender: a status event nests 5 levels.",
  },
  webhooks_body_too_large: {
    meaning: "The body of the webhook is larger than 64 KiB.",
    fix: "Status events are smaller than 20 kB: check what posts to this address.",
    http: 413,
  },
  webhooks_cannot_listen: {
    meaning: "The webhooks port cannot be opened (in use, or not an address of this host).",
    fix: "Set `DROPCAST_WEBHOOK_PORT` to a free port and `DROPCAST_HTTP_HOST` to an address of this host.",
    http: 500,
  },
  webhooks_crowded: {
    meaning: "Too many requests are in progress, and this one was the slowest.",
    fix: "Send it again. If this persists, check what posts to this address: signed webhooks are accepted at once.",
    http: 503,
  },
  webhooks_header_malformed: {
    meaning:
      "webhook-timestamp is not a whole number of seconds, or webhook-signature is not a list of up to 16 signatures.",
    fix: "Sign as specified by Standard Webhooks 1.0.",
  },
  webhooks_header_missing: {
    meaning: "webhook-id, webhook-timestamp or webhook-signature is missing or empty.",
    fix: "Configure the proxy to forward all three.",
  },
  webhooks_header_repeated: {
    meaning: "webhook-id, webhook-timestamp or webhook-signature appears more than once.",
    fix: "Send each once; put several signatures into one header, separated by spaces.",
  },
  webhooks_headers_too_large: {
    meaning: "The request headers are larger than 16 KiB.",
    fix: "Configure the proxy to add fewer or shorter headers.",
    http: 431,
  },
  webhooks_method_not_allowed: {
    meaning: "This path does not support this method.",
    fix: "Use a method in the Allow header.",
    http: 405,
  },
  webhooks_not_ready: {
    meaning: "This process cannot store events now: Redis does not answer, or it is stopping.",
    fix: "Wait; if it persists, run `dropcast doctor`.",
    http: 503,
  },
  webhooks_number_unknown: {
    meaning: "The path names a number that is not configured.",
    fix: "Use the number's configured name, or the path without a name.",
    http: 404,
  },
  webhooks_path_unknown: {
    meaning: "Nothing is served at this path.",
    fix: "Webhooks go to POST /webhooks/livechat or /webhooks/livechat/NUMBER, with single slashes.",
    http: 404,
  },
  webhooks_request_malformed: {
    meaning: "The request is not valid HTTP/1.1.",
    fix: "Check for a proxy that rewrites requests.",
  },
  webhooks_request_timeout: {
    meaning: "The request was not complete in time (5 s for its headers, 10 s in all).",
    fix: "Send it again; if it persists, check the network between the sender and this host.",
    http: 408,
  },
  webhooks_signature_mismatch: {
    meaning: "The signature does not match any configured secret.",
    fix: "Check DROPCAST_WEBHOOK_SECRET against LiveChat's secret for this address.",
    http: 401,
  },
  webhooks_store_unavailable: {
    meaning: "The event could not be stored, so it is not acknowledged.",
    fix: "Nothing is lost: the sender sends it again. Check Redis with `dropcast doctor`.",
    http: 503,
  },
  webhooks_throttled: {
    meaning: "Too many requests from this address failed verification.",
    fix: "Correct the signature. Valid requests are never throttled.",
    http: 429,
  },
  webhooks_timestamp_stale: {
    meaning: "webhook-timestamp differs by more than 5 minutes from this host's clock.",
    fix: "If this happens to every webhook, set this host's clock (NTP).",
    http: 401,
  },
});
