import { type Problem, plainProblem } from "../http/problem.ts";

/**
 * All refusals of the webhooks port. They are constants: a refusal never repeats what was received,
 * so it cannot leak a body or a phone number.
 *
 * 410 is absent on purpose: to a Standard Webhooks sender it means "never call again".
 */
export const PROBLEMS = {
  notFound: plainProblem("webhooks_path_unknown"),
  numberUnknown: plainProblem("webhooks_number_unknown"),
  methodNotAllowed: plainProblem("webhooks_method_not_allowed"),
  requestMalformed: plainProblem("webhooks_request_malformed"),
  headersTooLarge: plainProblem("webhooks_headers_too_large"),
  requestTimeout: plainProblem("webhooks_request_timeout"),
  bodyTooLarge: plainProblem("webhooks_body_too_large"),
  bodyNotUtf8: plainProblem("webhooks_body_not_utf8"),
  headerMissing: plainProblem("webhooks_header_missing"),
  headerRepeated: plainProblem("webhooks_header_repeated"),
  headerMalformed: plainProblem("webhooks_header_malformed"),
  timestampStale: plainProblem("webhooks_timestamp_stale"),
  signatureMismatch: plainProblem("webhooks_signature_mismatch"),
  crowded: plainProblem("webhooks_crowded"),
  throttled: plainProblem("webhooks_throttled"),
  bodyNotJson: plainProblem("webhooks_body_not_json"),
  bodyTooDeep: plainProblem("webhooks_body_too_deep"),
  bodyNotEvent: plainProblem("webhooks_body_not_event"),
  notReady: plainProblem("webhooks_not_ready"),
  storeUnavailable: plainProblem("webhooks_store_unavailable"),
} as const satisfies Record<string, Problem>;
