import { catalogue } from "./catalogue.ts";

/** The HTTP API: who may use it, and what it takes. */
export const API = catalogue(409, {
  api_role_too_low: {
    meaning: "The token's role does not allow this.",
    fix: "Use a token with the role that the message names: `dropcast token add NAME --role operator`.",
    http: 403,
  },
  api_token_invalid: {
    meaning: "The token is not known, was removed, or has expired.",
    fix: "See `dropcast token list`; `dropcast token add NAME` makes a new one.",
    http: 401,
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
  idempotency_key_reused: {
    meaning:
      "The `Idempotency-Key` was used for another request in the last 24 hours, so nothing was done.",
    fix: "Use a new key for a new request; to repeat one, send exactly the same.",
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
  tokens_too_many: {
    meaning: "There are 200 tokens, which is the most.",
    fix: "Remove those that are no longer used: `dropcast token list` shows when each was used last.",
  },
});
