/**
 * Why a message is where it is, when no error code says it. The number is stored in the ledger
 * (one byte), so it never changes and is never used again; 0 means no reason.
 */
export const REASONS = {
  // Nobody can know whether the message was sent.
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

  // It is known that nothing was sent.
  not_sent_dns: 32,
  not_sent_connect: 33,
  not_sent_tls: 34,
  not_sent_other: 35,
  not_sent_attempts: 36,

  // WhatsApp's word alone.
  failed_without_code: 48,

  // A person decided, or the campaign's own times did.
  decided: 64,
  window_missed: 65,

  // Why a row was left out when its list was imported, or later on.
  opted_out: 66,
  undeliverable: 67,
  erased: 68,
  repeated: 69,

  // Why a number is halted, when no error code says it.
  counters_differ: 96,
} as const;

export type Reason = keyof typeof REASONS;

/** Why a POST ended in doubt. */
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
  | "counters_differ"
>;

/** Why a request never left. */
export type NotSentReason = Exclude<Extract<Reason, `not_sent_${string}`>, "not_sent_attempts">;

const WORDS: Readonly<Record<Reason, string>> = {
  lease_ended: "The worker stopped before it could tell whether the message was sent.",
  answer_timeout: "The API did not answer in time.",
  reset_after_request: "The connection broke after the message had left.",
  answer_cut: "The API's answer broke off.",
  answer_too_long: "The API's answer was too long to be read.",
  answer_unreadable: "The API's answer was not valid HTTP.",
  answer_contradicts: "The API accepted and refused the message in one answer.",
  answer_unclear: "The API's answer does not say what became of the message.",
  http_5xx: "The API had a server error.",
  http_408: "The API says the request timed out (HTTP 408).",
  http_409: "The API says the request conflicts with another (HTTP 409).",
  http_3xx: "The API answered with a redirect, which may follow an accepted message.",
  http_421: "The wrong server answered (HTTP 421).",
  http_425: "The API says it is too early (HTTP 425).",
  ambiguous_code: "The API's error does not say whether the message was sent.",
  unheard_of: "The API did something nobody has described.",
  drained: "The worker was stopped before the API answered.",
  rollback: "Redis went back in time: whether the message was sent in between is not known.",
  not_sent_dns: "The API's name could not be resolved; nothing was sent.",
  not_sent_connect: "The API could not be reached; nothing was sent.",
  not_sent_tls: "No secure connection to the API could be made; nothing was sent.",
  not_sent_other: "The request could not be made; nothing was sent.",
  not_sent_attempts: "The API could not be reached in many attempts; nothing was sent.",
  failed_without_code: "WhatsApp said that it failed, without a code.",
  decided: "A person called it failed.",
  counters_differ: "The counters and the rows of a campaign do not agree.",
  window_missed: "The sending window was missed.",
  opted_out: "The person has opted out.",
  undeliverable: "WhatsApp could not deliver to this number lately (131026).",
  erased: "The person was erased.",
  repeated: "The person got the same campaign or template lately, or is about to.",
};

const names = new Map<number, Reason>(
  Object.entries(REASONS).map(([name, stored]) => [stored, name as Reason]),
);

/** The reason a ledger byte stands for, or `undefined` for 0 and for bytes of a newer version. */
export function reasonName(stored: number): Reason | undefined {
  return names.get(stored);
}

/** Plain words for a person. */
export function describeReason(reason: Reason): string {
  return WORDS[reason];
}
