import { catalogue } from "./catalogue.ts";

/** The webhooks port. */
export const WEBHOOKS = catalogue(400, {
  webhook_secret_missing: {
    meaning: "No number has a webhook secret, so no status webhook could be believed.",
    fix: "Set `DROPCAST_WEBHOOK_SECRET` to the secret that LiveChat gave for the webhook URL.",
    http: 500,
  },
  webhooks_body_not_event: {
    meaning: "The signature is right, but the body is no object with a `type` string.",
    fix: "Tell the sender: an event is {type, timestamp, data}.",
  },
  webhooks_body_not_json: {
    meaning: "The signature is right, but the body is not JSON.",
    fix: "Tell the sender: a status event is a JSON object.",
  },
  webhooks_body_not_utf8: {
    meaning: "The body is not valid UTF-8.",
    fix: "Send the JSON as UTF-8 and uncompressed.",
  },
  webhooks_body_too_deep: {
    meaning: "The signature is right, but the body nests deeper than 32 levels.",
    fix: "Tell the sender: a status event nests 5 levels.",
  },
  webhooks_body_too_large: {
    meaning: "The body of the webhook is larger than 64 KiB.",
    fix: "Status events are below 20 kB: check what is posting to this address.",
    http: 413,
  },
  webhooks_cannot_listen: {
    meaning: "The webhooks port cannot be opened (taken, or not an address of this host).",
    fix: "Set `DROPCAST_WEBHOOK_PORT` to a free port and `DROPCAST_HTTP_HOST` to an address of this host.",
    http: 500,
  },
  webhooks_crowded: {
    meaning: "Too many requests are under way, and this one was the slowest.",
    fix: "Send it again. If this lasts, look at who posts to this address: a signed webhook is taken at once.",
    http: 503,
  },
  webhooks_header_malformed: {
    meaning:
      "webhook-timestamp is not whole seconds in digits, or webhook-signature is no list of up to 16 signatures.",
    fix: "Sign as Standard Webhooks 1.0 says.",
  },
  webhooks_header_missing: {
    meaning: "webhook-id, webhook-timestamp or webhook-signature is missing or empty.",
    fix: "Let the proxy in front pass all three on.",
  },
  webhooks_header_repeated: {
    meaning: "webhook-id, webhook-timestamp or webhook-signature is there more than once.",
    fix: "Send each once; several signatures go into one header, with spaces between.",
  },
  webhooks_headers_too_large: {
    meaning: "The request headers are larger than 16 KiB.",
    fix: "Let the proxy in front add fewer or shorter headers.",
    http: 431,
  },
  webhooks_method_not_allowed: {
    meaning: "This path does not take this method.",
    fix: "The Allow header lists the methods that it takes.",
    http: 405,
  },
  webhooks_not_ready: {
    meaning: "This process cannot store events now: Redis does not answer, or it is stopping.",
    fix: "Wait; if it lasts, run `dropcast doctor`.",
    http: 503,
  },
  webhooks_number_unknown: {
    meaning: "The path names a number that is not configured.",
    fix: "Use the name that the number has in the configuration, or the path without a name.",
    http: 404,
  },
  webhooks_path_unknown: {
    meaning: "Nothing is served at this path.",
    fix: "Webhooks go to POST /webhooks/livechat or /webhooks/livechat/NUMBER, with single slashes.",
    http: 404,
  },
  webhooks_request_malformed: {
    meaning: "The request is not valid HTTP/1.1.",
    fix: "Look for a proxy in between that rewrites requests.",
  },
  webhooks_request_timeout: {
    meaning: "The request did not arrive whole in time (5 s for its headers, 10 s in all).",
    fix: "Send it again; if it repeats, look at the network between the sender and this host.",
    http: 408,
  },
  webhooks_secret_unusable: {
    meaning: "A webhook secret of a number is empty or not base64.",
    fix: "Copy it again as LiveChat gave it: whsec_ and base64.",
    http: 500,
  },
  webhooks_signature_mismatch: {
    meaning: "No configured secret gives this signature.",
    fix: "Check DROPCAST_WEBHOOK_SECRET against the one that LiveChat gave for this address.",
    http: 401,
  },
  webhooks_store_unavailable: {
    meaning: "The event could not be stored, so it is not acknowledged.",
    fix: "Nothing is lost: the sender sends it again. `dropcast doctor` says what Redis lacks.",
    http: 503,
  },
  webhooks_throttled: {
    meaning: "Too many requests from this address failed verification.",
    fix: "Correct the signature. Requests that verify are never throttled.",
    http: 429,
  },
  webhooks_timestamp_stale: {
    meaning: "webhook-timestamp is more than 5 minutes away from this host's clock.",
    fix: "If this is said of every webhook, set this host's clock (NTP).",
    http: 401,
  },
});
