import { catalogue } from "./catalogue.ts";

/** The HTTP API: who may use it, and what it takes. */
export const API = catalogue(409, {
  api_numbers_limited: {
    meaning: "This concerns every number, and the user or token is limited to some.",
    fix: "Ask an admin, or use a user or token for all numbers.",
    http: 403,
  },
  access_numbers_invalid: {
    meaning: "A user or token is to be limited to a number that is not configured, or to none.",
    fix: "Name configured numbers, or choose all of them.",
    http: 422,
  },
  api_role_too_low: {
    meaning: "The role of the user or token does not allow this.",
    fix: "Ask an admin, or use a token with the role that the message names: `dropcast token add NAME --role operator`.",
    http: 403,
  },
  api_token_invalid: {
    meaning: "The token is not known, was removed, or has expired.",
    fix: "See `dropcast token list`; `dropcast token add NAME` makes a new one.",
    http: 401,
  },
  draft_unknown: {
    meaning:
      "The new campaign of this page was started or discarded, has expired (a day), or is another person's or another process's.",
    fix: "Look for it among the campaigns; else begin it again with its list.",
    http: 404,
  },
  idempotency_in_flight: {
    meaning: "A request with the same `Idempotency-Key` is being carried out.",
    fix: "Repeat it after the time in `Retry-After`: it then gets the same answer.",
  },
  idempotency_key_invalid: {
    meaning: "The `Idempotency-Key` is not 1 to 255 printable ASCII characters.",
    fix: "Use a random one for each request, such as a UUID.",
    http: 400,
  },
  idempotency_key_needed: {
    meaning:
      "`again` was asked for without an `Idempotency-Key`: repeated, the request would send twice.",
    fix: "Send it with an `Idempotency-Key`.",
    http: 400,
  },
  idempotency_key_reused: {
    meaning:
      "The `Idempotency-Key` was used for another request in the last 24 hours, so nothing was done.",
    fix: "Use a new key for a new request; to repeat one, send exactly the same.",
    http: 422,
  },
  imports_too_many: {
    meaning: "Three lists are being checked or imported over HTTP, which is the most.",
    fix: "Send the request again after the time in `Retry-After`.",
    http: 503,
  },
  list_count_other: {
    meaning: "The list has another number of messages than the request expects (`expect`).",
    fix: "Look at the preflight of the list, and expect what it says.",
  },
  rejects_none: {
    meaning: "An uploaded list has no rejected rows that were kept.",
    fix: "Ask for its preflight first.",
    http: 404,
  },
  streams_too_many: {
    meaning: "A hundred event streams are open at this process, or 20 of one person: the most.",
    fix: "Close some, or ask for the campaign again and again with `If-None-Match`.",
    http: 503,
  },
  token_name_invalid: {
    meaning: "The name of a token is not up to 64 letters, digits, `-`, `_` and `.`.",
    fix: "Choose another name; never paste a token there.",
    http: 422,
  },
  token_name_taken: {
    meaning: "A token with this name exists.",
    fix: "Choose another name, or remove that one first: `dropcast token remove NAME`.",
  },
  token_unknown: {
    meaning: "There is no token with this name.",
    fix: "`dropcast token list` shows all names.",
    http: 404,
  },
  upload_incomplete: {
    meaning: "A request ended before its body was complete, so nothing was stored.",
    fix: "Send it again.",
    http: 400,
  },
  upload_too_large: {
    meaning: "A part of an upload is too large: a list of 1 GiB, or a campaign file of 1 MiB.",
    fix: "Split the list, or import it with `dropcast send`, which takes up to 4 GiB.",
    http: 413,
  },
  upload_too_slow: {
    meaning: "Nothing of the body of a request came for 30 seconds, so nothing was stored.",
    fix: "Send it again over a better connection.",
    http: 408,
  },
  upload_unknown: {
    meaning:
      "There is no upload with this id: it was used, removed or expired, or another dashboard has it.",
    fix: "Upload the list again (`PUT /api/lists`), or send it in one request with the campaign.",
    http: 404,
  },
  uploads_too_many: {
    meaning:
      "Four lists are being received, or eight of one person wait to be used and each was used within the last hour.",
    fix: "Send it again in a while, or discard one: under Begun before of New campaign, or by `DELETE /api/lists/ID`.",
    http: 503,
  },
  tokens_too_many: {
    meaning: "There are 200 tokens, which is the most.",
    fix: "Remove those that are no longer used: `dropcast token list` shows when each was used last.",
  },
});
