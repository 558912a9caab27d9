/**
 * Why a message is in its state, if no error code tells. The ledger stores the number in one byte,
 * so a number never changes its meaning; 0 means no reason.
 */
export const REASONS = {
  // The message may have been sent.
  lease_ended: 1,
  answer_timeout: 2,
  reset_after_request: 3,
  answer_cut: 4,
  answer_too_long: 5,
  answer_unreadable: 6,
  answer_contradicts: 7,
  http_5xx: 8,
  http_408: 9,
  http_421: 10,
  http_425: 11,
  ambiguous_code: 12,
  unheard_of: 13,
  drained: 14,
  rollback: 15,
  answer_unclear: 16,
  http_409: 17,
  http_3xx: 18,

  // Nothing was sent, for certain.
  not_sent_dns: 32,
  not_sent_connect: 33,
  not_sent_tls: 34,
  not_sent_other: 35,
  not_sent_attempts: 36,

  // Reported by WhatsApp.
  failed_without_code: 48,

  // Decided by an operator, or by the campaign's schedule.
  decided: 64,
  window_missed: 65,

  // Why a row was skipped at import or later.
  opted_out: 66,
  undeliverable: 67,
  erased: 68,
  repeated: 69,
  capped: 70,

  // Why a number is suspended, if no error code tells.
  counters_differ: 96,
} as const;

export type Reason = keyof typeof REASONS;

/** Why the outcome of a POST is unknown. */
export type UnknownReason = Exclude<
  Reason,
  | `not_sent_${string}`
  | "failed_without_code"
  | "lease_ended"
  | "rollback"
  | "decided"
  | "window_missed"
  | "opted_out"
  | "undeliverable"
  | "erased"
  | "repeated"
  | "capped"
  | "counters_differ"
>;

/** The reasons by which unknown messages may be chosen. */
export const UNKNOWN_REASONS = (Object.keys(REASONS) as Reason[]).filter(
  (name) => REASONS[name] < REASONS.not_sent_dns,
);

/** Why a row is not to be sent, when its list is imported. */
export type SuppressReason = Extract<Reason, "opted_out" | "undeliverable" | "repeated">;

/** Why a request was not sent. */
export type NotSentReason = Exclude<Extract<Reason, `not_sent_${string}`>, "not_sent_attempts">;

const WORDS: Readonly<Record<Reason, string>> = {
  lease_ended: "The worker stopped before it could record whether the message was sent.",
  answer_timeout: "The API did not answer in time.",
  reset_after_request: "The connection broke after the request was sent.",
  answer_cut: "The API's answer was cut off.",
  answer_too_long: "The API's answer was too long to read.",
  answer_unreadable: "The API's answer was not valid HTTP.",
  answer_contradicts: "The API accepted and refused the message in one answer.",
  answer_unclear: "The API's answer does not show whether the message was sent.",
  http_5xx: "The API had a server error.",
  http_408: "The API says the request timed out (HTTP 408).",
  http_409: "The API says the request conflicts with another (HTTP 409).",
  http_3xx: "The API answered with a redirect, which may follow an accepted message.",
  http_421: "The wrong server answered (HTTP 421).",
  http_425: "The API says it is too early (HTTP 425).",
  ambiguous_code: "The API's error does not say whether the message was sent.",
  unheard_of: "The API returned an undocumented response.",
  drained: "The worker was stopped before the API answered.",
  rollback: "Redis was rolled back: the message may have been sent before that.",
  not_sent_dns: "The API's name could not be resolved; nothing was sent.",
  not_sent_connect: "The API could not be reached; nothing was sent.",
  not_sent_tls: "No secure connection to the API could be made; nothing was sent.",
  not_sent_other: "The request could not be made; nothing was sent.",
  not_sent_attempts: "The API could not be reached in many attempts; nothing was sent.",
  failed_without_code: "WhatsApp reported a failure without a code.",
  decided: "An operator marked it as failed.",
  counters_differ: "The counters of a campaign do not match its rows.",
  window_missed: "The sending window was missed.",
  opted_out: "The recipient has opted out.",
  undeliverable: "WhatsApp could not deliver to this number recently (131026).",
  erased: "The recipient's data was erased.",
  capped: "The recipient got as many messages lately as the frequency cap allows.",
  repeated: "The recipient got the same campaign or template recently, or is about to.",
};

const names = new Map<number, Reason>(
  Object.entries(REASONS).map(([name, stored]) => [stored, name as Reason]),
);

/** The reason for a ledger byte, or `undefined` for 0 and for bytes of a newer version. */
export function reasonName(stored: number): Reason | undefined {
  return names.get(stored);
}

/** Describes a reason in one sentence. */
export function describeReason(reason: Reason): string {
  return WORDS[reason];
}
