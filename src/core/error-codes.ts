/**
 * What each error code of the WhatsApp API means to Dropcast.
 *
 * One table serves API answers and `failed` status webhooks: behind LiveChat any code may arrive
 * either way. Sources: Meta's "Error codes" page and, for codes it does not list, public client
 * libraries. As Meta advises, the code decides, not the title, the subcode or the HTTP status;
 * livechat/classify.ts has the exceptions, mostly for 5xx answers.
 *
 * The class decides what Dropcast does, so a wrong class sends a message twice or loses one. Every
 * class but `ambiguous` claims that the message was NOT sent. Where Meta's text leaves doubt, the
 * class is `ambiguous`:
 * - 1 ("invalid request or server error"), 2, 131000, 131016, 133004: an error inside Meta says
 *   nothing about how far the message got.
 * - 1752041 ("duplicate request"): the first of the two may have been accepted.
 * 135000 is not ambiguous: Meta calls it a problem with the request's own parameters.
 */

/** The ledger has three bytes for a code; the longest known one has seven digits. */
export const CODE_MAX = 9_999_999;

/**
 * What an error code leads to.
 *
 * - `slow`: not sent, the number's rate limit was hit. `pair`: not sent, too many messages to this
 *   recipient. `later`: not sent, the number is busy for some minutes.
 * - `account`: not sent, nothing can be sent until an operator acts. `restricted`: not sent,
 *   WhatsApp restricts the number. `template`: not sent, the template fails for the whole campaign.
 * - `message`: this message is wrong. `recipient`: this recipient cannot get it. `optout`: this
 *   recipient opted out. All three are final for the message.
 * - `ambiguous`: the message may have been sent.
 */
export type ErrorClass =
  | "slow"
  | "pair"
  | "later"
  | "account"
  | "restricted"
  | "template"
  | "message"
  | "recipient"
  | "optout"
  | "ambiguous";

interface ErrorCode {
  /** The code, or the first code of a range. */
  readonly code: number;
  /** The last code of a range, inclusive. */
  readonly last?: number;
  readonly class: ErrorClass;
  /** What it means, in a few words. */
  readonly title: string;
  /**
   * How the operator can fix the cause, in one sentence. pause-reason.ts and failure.ts add what to
   * do about a paused campaign or a failed message.
   */
  readonly advice: string;
  /** Whether a failed message may be sent again, if it differs from its class. */
  readonly retry?: RetryRule;
}

/**
 * Whether sending a failed message again, unchanged, can succeed.
 *
 * - `later`: at any time. `after_cause`: once the cause is fixed. `after_day`: 24 hours after it
 *   failed; an earlier attempt prolongs the block (Meta's per-user limits page).
 * - `in_vain`: it would fail again. `never`: the recipient opted out. `not_known`: the code is
 *   undocumented.
 */
export type RetryRule = "later" | "after_cause" | "after_day" | "in_vain" | "never" | "not_known";

const RETRY_OF_CLASS: Readonly<Record<ErrorClass, RetryRule>> = {
  slow: "later",
  pair: "later",
  later: "later",
  account: "after_cause",
  restricted: "after_cause",
  template: "after_cause",
  message: "in_vain",
  recipient: "in_vain",
  optout: "never",
  // For a failed status, where nothing was delivered for certain.
  ambiguous: "later",
};

/** If a failure has several codes, the first of these classes decides. */
const PRECEDENCE: readonly ErrorClass[] = [
  "optout",
  "account",
  "restricted",
  "template",
  "recipient",
  "message",
  "pair",
  "slow",
  "later",
  "ambiguous",
];

const ASK_LIVECHAT =
  "Ask LiveChat support: the connection between LiveChat and WhatsApp is broken.";
const SHOULD_NOT_HAPPEN = "Not a template message error: please report it with the campaign file.";
const CHECK_COLUMNS = "Compare the template's variables with the campaign file and its columns.";
const NUMBER_SETUP = "Ask LiveChat support to finish setting up the number.";
const TOO_FAST =
  "Dropcast slows the number down automatically; lower its rate if this keeps happening.";
const BUSY = "Dropcast automatically waits some minutes before it uses the number again.";
const MAYBE_SENT =
  "A problem inside WhatsApp, usually short; in an API answer it leaves the message unknown.";
const OUTCOME_UNKNOWN =
  "The message may have been sent: wait for its status, or decide with `resolve`.";

/** Codes that mean more than their class says. */
export const CODES = {
  /** The person is left out of campaigns that ask for it. */
  undeliverable: 131026,
  /** Marketing to the person ends, whatever the message becomes. */
  optedOut: 131050,
  /** WhatsApp chose not to deliver: sent again by itself after a day, if the campaign says so. */
  notDelivered: 131049,
  /** What WhatsApp fails messages with that it held back: the template was paused meanwhile. */
  templatePaused: 132015,
  /** The number sends at less than its rate for a while, also if a webhook reports it. */
  accountLimit: 80007,
  throughput: 130429,
  spamLimit: 131048,
} as const;

/** Every known code, in ascending order. No two rows overlap. */
// biome-ignore format: a table, one row per line
export const ERROR_CODES: readonly ErrorCode[] = [
  { code: 0, class: "account", title: "WhatsApp login failed", advice: ASK_LIVECHAT },
  { code: 1, class: "ambiguous", title: "Unknown API error", advice: MAYBE_SENT },
  { code: 2, class: "ambiguous", title: "API temporarily down or overloaded", advice: MAYBE_SENT },
  { code: 3, class: "account", title: "Not allowed to use this API", advice: ASK_LIVECHAT },
  { code: 4, class: "slow", title: "LiveChat's limit of API calls reached", advice: "LiveChat's own limit, shared by all its customers: Dropcast slows the number down automatically." },
  { code: 10, class: "account", title: "Permission missing", advice: ASK_LIVECHAT },
  { code: 33, class: "account", title: "Sending number deleted or wrong", advice: "Check DROPCAST_NUMBER_ID, and that the number still exists in LiveChat." },
  { code: 100, class: "message", title: "Unsupported or misspelled parameter", advice: "Check the template object in the campaign file." },
  { code: 190, class: "account", title: "WhatsApp access token expired", advice: ASK_LIVECHAT },
  { code: 200, last: 299, class: "account", title: "API permission missing or removed", advice: ASK_LIVECHAT },
  { code: 368, class: "restricted", title: "Blocked for policy violations", advice: "Read the notice in WhatsApp Manager, and wait until the block ends." },
  { code: CODES.accountLimit, class: "slow", title: "Business account's rate limit reached", advice: TOO_FAST },
  { code: 130403, class: "recipient", title: "Recipient has blocked the business", advice: "Do not send to this person again." },
  { code: CODES.throughput, class: "slow", title: "Number's throughput reached", advice: TOO_FAST },
  { code: 130472, class: "recipient", title: "Recipient is in a WhatsApp experiment", advice: "WhatsApp withholds marketing from this person for a test; the message was not billed." },
  { code: 130497, class: "recipient", title: "Business may not message this country", advice: "Remove this country's recipients from the list." },
  { code: 131000, class: "ambiguous", title: "Something went wrong at WhatsApp", advice: MAYBE_SENT },
  { code: 131005, class: "account", title: "Access denied", advice: ASK_LIVECHAT },
  { code: 131008, class: "message", title: "Required parameter missing", advice: CHECK_COLUMNS },
  { code: 131009, class: "message", title: "Parameter value not valid", advice: "Check the recipient's number and the values of this row." },
  { code: 131016, class: "ambiguous", title: "WhatsApp service unavailable", advice: MAYBE_SENT },
  { code: 131020, class: "message", title: "Group message error", advice: SHOULD_NOT_HAPPEN },
  { code: 131021, class: "recipient", title: "Recipient is the sender", advice: "Remove your own number from the list." },
  { code: CODES.undeliverable, class: "recipient", title: "Message undeliverable", advice: "The number may not be on WhatsApp: check it, or contact the person another way." },
  { code: 131030, class: "recipient", title: "Recipient not in the test number's list", advice: "A test number reaches only the recipients registered for it: use a real number." },
  { code: 131031, class: "account", title: "Business account locked", advice: "Read the notice in WhatsApp Manager; nothing can be sent until the account is unlocked." },
  { code: 131037, class: "account", title: "Display name not approved", advice: "Get the number's display name approved in WhatsApp Manager." },
  { code: 131041, class: "message", title: "Group message error", advice: SHOULD_NOT_HAPPEN },
  { code: 131042, class: "account", title: "Payment problem", advice: "Fix the payment method in WhatsApp Manager." },
  { code: 131044, class: "account", title: "Payment problem", advice: "Fix the payment method in WhatsApp Manager." },
  { code: 131045, class: "account", title: "Number not registered", advice: NUMBER_SETUP },
  { code: 131047, class: "message", title: "More than 24 hours since the last reply", advice: "Only templates may be sent now: check that the campaign names an approved template." },
  { code: CODES.spamLimit, class: "restricted", title: "Number restricted: too many blocks or reports", advice: "Check the number's quality in WhatsApp Manager, and wait at least a day." },
  { code: CODES.notDelivered, class: "recipient", title: "WhatsApp chose not to deliver", advice: "The person got a lot of marketing recently, or has a US number, to which WhatsApp delivers none.", retry: "after_day" },
  { code: CODES.optedOut, class: "optout", title: "Recipient has opted out of marketing messages", advice: "Nothing to do: the person is on the suppression list and gets no more marketing." },
  { code: 131051, class: "message", title: "Unsupported message type", advice: SHOULD_NOT_HAPPEN },
  { code: 131052, class: "message", title: "Media download failed", advice: "Check that the media link in the template opens without a login.", retry: "after_cause" },
  { code: 131053, class: "message", title: "Media upload failed", advice: "Check that the media link opens without a login, and the file's type and size.", retry: "after_cause" },
  { code: 131055, class: "message", title: "Only marketing templates allowed here", advice: "Use a marketing template, or ask LiveChat support which API the number uses." },
  { code: 131056, class: "pair", title: "Too many messages to this recipient", advice: "Wait some minutes until the next message to this recipient; others are not delayed." },
  { code: 131057, class: "later", title: "Business account in maintenance", advice: BUSY },
  { code: 131062, class: "recipient", title: "Recipient cannot be reached by user id", advice: "Use the person's phone number in the list." },
  { code: 131063, class: "account", title: "Marketing templates disabled for this account", advice: "Ask LiveChat support to allow marketing templates." },
  { code: 131064, class: "restricted", title: "Limited for miscategorised templates", advice: "Move the templates to the right category, and wait at least a day." },
  { code: 131201, last: 131215, class: "message", title: "Group message error", advice: SHOULD_NOT_HAPPEN },
  { code: 132000, class: "template", title: "Number of template values does not match", advice: CHECK_COLUMNS },
  { code: 132001, class: "template", title: "Template does not exist in this language", advice: "Check the template's name and language code, and that it is approved in WhatsApp Manager." },
  { code: 132005, class: "message", title: "Text too long once filled in", advice: "Shorten this row's values." },
  { code: 132007, class: "template", title: "Template breaks a WhatsApp policy", advice: "Change the template and have it approved again." },
  { code: 132008, class: "message", title: "Template value in the wrong format", advice: CHECK_COLUMNS },
  { code: 132012, class: "message", title: "Template value in the wrong format", advice: CHECK_COLUMNS },
  { code: CODES.templatePaused, class: "template", title: "Template paused for low quality", advice: "Improve the template, or wait until WhatsApp Manager shows the pause as ended." },
  { code: 132016, class: "template", title: "Template disabled", advice: "Create a new template: this one cannot be used again.", retry: "in_vain" },
  { code: 132018, class: "message", title: "Problem with the template's values", advice: "Look for line breaks, tabs or runs of spaces in this row's values." },
  { code: 132068, class: "template", title: "Flow blocked", advice: "Fix the template's flow in WhatsApp Manager." },
  { code: 132069, class: "template", title: "Flow throttled", advice: "Wait an hour, or fix the template's flow in WhatsApp Manager." },
  { code: 133000, class: "account", title: "Number not fully deregistered", advice: NUMBER_SETUP },
  { code: 133004, class: "ambiguous", title: "WhatsApp server temporarily unavailable", advice: MAYBE_SENT },
  { code: 133005, class: "account", title: "Two-step verification PIN does not match", advice: NUMBER_SETUP },
  { code: 133006, class: "account", title: "Number must be verified again", advice: NUMBER_SETUP },
  { code: 133008, class: "account", title: "Too many PIN guesses", advice: NUMBER_SETUP },
  { code: 133009, class: "account", title: "PIN guessed too fast", advice: NUMBER_SETUP },
  { code: 133010, class: "account", title: "Number not registered with WhatsApp", advice: NUMBER_SETUP },
  { code: 133015, class: "account", title: "Number was deleted recently", advice: NUMBER_SETUP },
  { code: 133016, class: "account", title: "Number registered too many times", advice: NUMBER_SETUP },
  { code: 134011, class: "account", title: "WhatsApp Payments terms not accepted", advice: "Accept the terms in WhatsApp Manager." },
  { code: 134100, class: "message", title: "Only marketing messages allowed here", advice: "Use a marketing template, or ask LiveChat support which API the number uses." },
  { code: 134101, class: "later", title: "Template is still being prepared", advice: "A new template needs about ten minutes; Dropcast waits automatically." },
  { code: 134102, class: "template", title: "Template not available", advice: "Check the template's state in WhatsApp Manager." },
  { code: 135000, class: "message", title: "Unknown problem with the message's parameters", advice: CHECK_COLUMNS },
  { code: 137000, class: "message", title: "Recipient's identity has changed", advice: SHOULD_NOT_HAPPEN },
  { code: 138000, last: 138999, class: "message", title: "Calling error", advice: SHOULD_NOT_HAPPEN },
  { code: 139000, last: 139999, class: "message", title: "Flow, block or direct-send error", advice: SHOULD_NOT_HAPPEN },
  { code: 1752041, class: "ambiguous", title: "Duplicate request", advice: "WhatsApp received the request twice: the first one may have been accepted.", retry: "in_vain" },
  { code: 2494100, class: "later", title: "Number in maintenance", advice: BUSY },
];

/**
 * What a complete answer without a known error code means, by its HTTP status alone. Exact rows
 * come before the ranges that contain them: the first match counts.
 *
 * Such an answer is recorded with its HTTP status as the code, so that reports show "404" rather
 * than "no code". The only error code between 300 and 599 is 368, which is not an HTTP status.
 */
// biome-ignore format: a table, one row per line
export const HTTP_ANSWERS: readonly ErrorCode[] = [
  { code: 401, class: "account", title: "API token refused", advice: "Check DROPCAST_API_TOKEN: the Base64 token of a PAT with the scope chats--access:rw." },
  { code: 402, class: "account", title: "LiveChat asks for payment", advice: "Check the LiveChat licence and plan." },
  { code: 403, class: "account", title: "Access forbidden", advice: "Check the scope of the API token (chats--access:rw) and the LiveChat licence." },
  { code: 404, class: "account", title: "Sending number not found", advice: "Check DROPCAST_NUMBER_ID and DROPCAST_API_URL." },
  { code: 405, class: "account", title: "API address does not take messages", advice: "Check DROPCAST_API_URL." },
  { code: 408, class: "ambiguous", title: "API says the request timed out", advice: OUTCOME_UNKNOWN },
  { code: 409, class: "ambiguous", title: "API says the request conflicts", advice: OUTCOME_UNKNOWN },
  { code: 415, class: "account", title: "API address does not take JSON", advice: "Check DROPCAST_API_URL." },
  { code: 421, class: "ambiguous", title: "Answered by the wrong server", advice: OUTCOME_UNKNOWN },
  { code: 425, class: "ambiguous", title: "API says it is too early", advice: OUTCOME_UNKNOWN },
  { code: 429, class: "slow", title: "Too many requests", advice: TOO_FAST },
  { code: 499, class: "ambiguous", title: "A gateway gave up on the request", advice: OUTCOME_UNKNOWN },
  { code: 301, class: "account", title: "API address has moved", advice: "Check DROPCAST_API_URL: redirects are never followed." },
  { code: 307, last: 308, class: "account", title: "API address redirects", advice: "Check DROPCAST_API_URL: redirects are never followed." },
  { code: 300, last: 399, class: "ambiguous", title: "API answered with a redirect", advice: "The message may have been sent: check DROPCAST_API_URL, and wait for its status or `resolve` it." },
  { code: 400, last: 499, class: "message", title: "Message refused without an error code", advice: CHECK_COLUMNS },
  { code: 500, last: 599, class: "ambiguous", title: "API server error", advice: OUTCOME_UNKNOWN },
];

const byCode = new Map(ERROR_CODES.filter((row) => !row.last).map((row) => [row.code, row]));
const ranges = ERROR_CODES.filter((row) => row.last);

/** The row of a WhatsApp error code, or `undefined` if the code is unknown. */
export function errorCode(code: number): ErrorCode | undefined {
  return byCode.get(code) ?? ranges.find((row) => covers(row, code));
}

/** What an HTTP status means if the answer has no known code. 1xx and 2xx have no row. */
export function httpAnswer(status: number): ErrorCode | undefined {
  return HTTP_ANSWERS.find((row) => covers(row, status));
}

/** Describes a recorded code: a WhatsApp code, or the HTTP status of an answer without one. */
export function describeCode(code: number): {
  readonly title: string;
  readonly advice: string;
  readonly retry: RetryRule;
} {
  const row = errorCode(code) ?? httpAnswer(code);
  if (row === undefined) {
    const advice = "Look the code up on Meta's error codes page.";
    return { title: `Unknown error ${code}`, advice, retry: "not_known" };
  }
  const title = errorCode(code) ? row.title : `${row.title} (HTTP ${code})`;
  return { title, advice: row.advice, retry: retryOf(row) };
}

export function retryOf(row: ErrorCode): RetryRule {
  return row.retry ?? RETRY_OF_CLASS[row.class];
}

/**
 * The code that decides for a failure with several, in whatever order: an opt-out first, because
 * it must never be missed, then the code that affects most messages. 0 if there is none.
 */
export function decisiveCode(codes: readonly number[]): number {
  const rank = (code: number): number => {
    const row = errorCode(code);
    return row === undefined ? PRECEDENCE.length : PRECEDENCE.indexOf(row.class);
  };
  const [first = 0, ...others] = codes;
  return others.reduce(
    (best, code) => ((rank(code) - rank(best) || code - best) < 0 ? code : best),
    first,
  );
}

function covers(row: ErrorCode, code: number): boolean {
  return Number.isInteger(code) && code >= row.code && code <= (row.last ?? row.code);
}
