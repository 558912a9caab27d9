/**
 * What every error code of the WhatsApp API means to Dropcast: one table, kept as data.
 *
 * The same table serves both places a code can come from, the answer to a POST and a `failed`
 * status webhook, because behind LiveChat any code may arrive on either path. Sources: Meta's
 * "Error codes" page and, for codes it does not list, public client libraries. Meta's advice is
 * followed: the code decides, not the title, the subcode or the HTTP status. (The exceptions,
 * 5xx answers above all, are in livechat/classify.ts.)
 *
 * The class says what Dropcast does, so a wrong class sends a message twice or loses one. Every
 * class but `ambiguous` claims that the message was NOT sent. Where Meta's text leaves a doubt
 * the class is `ambiguous`:
 * - 1 ("invalid request or server error"), 2, 131000, 131016, 133004: an error inside Meta says
 *   nothing about how far the message got.
 * - 1752041 ("duplicate request"): the first of the two may have been accepted.
 * 135000 is not among them: Meta calls it a problem with the request's own parameters.
 */

/**
 * What an error code leads to.
 *
 * - `slow`: not sent, the number is too fast. `pair`: not sent, this person was written to too
 *   fast. `later`: not sent, the number is busy for some minutes.
 * - `account`: not sent, nothing can be sent before a person acts. `restricted`: not sent,
 *   WhatsApp restricts the number. `template`: not sent, no message of this campaign can be.
 * - `message`: this message is wrong. `recipient`: this person cannot get it. `optout`: this
 *   person does not want it. All three are final for the message.
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

export interface ErrorCode {
  /** The code; the first one when the row is a range. */
  readonly code: number;
  /** The last code of a range, itself included. */
  readonly last?: number;
  readonly class: ErrorClass;
  /** What it means, in a few words. */
  readonly title: string;
  /**
   * What the operator can do about the cause, in one sentence. What follows for a paused campaign or
   * a failed message is said by pause-reason.ts and retry-rule.ts.
   */
  readonly advice: string;
  /** Whether a failed message may be sent again, where the class does not say it. */
  readonly retry?: RetryRule;
}

/**
 * What comes of sending a failed message again, as it is.
 *
 * - `later`: it may arrive now. `after_cause`: once the cause is removed. `after_day`: 24 hours after
 *   it failed; earlier tries only prolong the cause (Meta's per-user limits page).
 * - `in_vain`: it fails again, or reaches nobody. `never`: the person does not want it. `not_known`:
 *   nobody has described the code.
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
  // As the code of a failed status: then it is known that nothing was delivered.
  ambiguous: "later",
};

/** Classes in the order in which their code tells most about a failure that has several. */
const TELLING: readonly ErrorClass[] = [
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
const TOO_FAST = "Dropcast slows the number down by itself; lower its rate if this keeps coming.";
const BUSY = "Dropcast lets the number wait some minutes by itself.";
const MAYBE_SENT =
  "A trouble of WhatsApp's own, mostly short; in an answer it leaves the message unknown.";
const NOBODY_KNOWS =
  "The message may have been sent: wait for its status, or decide with `resolve`.";

/** Every known code, in ascending order. No two rows overlap. */
// biome-ignore format: a table, one row per line
export const ERROR_CODES: readonly ErrorCode[] = [
  { code: 0, class: "account", title: "WhatsApp login failed", advice: ASK_LIVECHAT },
  { code: 1, class: "ambiguous", title: "Unknown API error", advice: MAYBE_SENT },
  { code: 2, class: "ambiguous", title: "API temporarily down or overloaded", advice: MAYBE_SENT },
  { code: 3, class: "account", title: "Not allowed to use this API", advice: ASK_LIVECHAT },
  { code: 4, class: "slow", title: "LiveChat's limit of API calls reached", advice: "LiveChat's own limit, for all its customers: Dropcast slows the number down by itself." },
  { code: 10, class: "account", title: "Permission missing", advice: ASK_LIVECHAT },
  { code: 33, class: "account", title: "Sending number deleted or wrong", advice: "Check DROPCAST_NUMBER_ID, and that the number still exists in LiveChat." },
  { code: 100, class: "message", title: "Unsupported or misspelled parameter", advice: "Check the template object in the campaign file." },
  { code: 190, class: "account", title: "WhatsApp access token expired", advice: ASK_LIVECHAT },
  { code: 200, last: 299, class: "account", title: "API permission missing or removed", advice: ASK_LIVECHAT },
  { code: 368, class: "restricted", title: "Blocked for policy violations", advice: "Read the notice in WhatsApp Manager, and wait until the block has ended." },
  { code: 80007, class: "slow", title: "Business account's rate limit reached", advice: TOO_FAST },
  { code: 130403, class: "recipient", title: "Recipient has blocked the business", advice: "Do not send to this person again." },
  { code: 130429, class: "slow", title: "Number's throughput reached", advice: TOO_FAST },
  { code: 130472, class: "recipient", title: "Recipient is in a WhatsApp experiment", advice: "WhatsApp holds marketing back from this person for a test; it was not billed." },
  { code: 130497, class: "recipient", title: "Business may not message this country", advice: "Take this country's recipients out of the list." },
  { code: 131000, class: "ambiguous", title: "Something went wrong at WhatsApp", advice: MAYBE_SENT },
  { code: 131005, class: "account", title: "Access denied", advice: ASK_LIVECHAT },
  { code: 131008, class: "message", title: "Required parameter missing", advice: CHECK_COLUMNS },
  { code: 131009, class: "message", title: "Parameter value not valid", advice: "Check the recipient's number and the values of this row." },
  { code: 131016, class: "ambiguous", title: "WhatsApp service unavailable", advice: MAYBE_SENT },
  { code: 131020, class: "message", title: "Group message error", advice: SHOULD_NOT_HAPPEN },
  { code: 131021, class: "recipient", title: "Recipient is the sender", advice: "Take your own number out of the list." },
  { code: 131026, class: "recipient", title: "Message undeliverable", advice: "The number may not be on WhatsApp; check it, and reach the person another way." },
  { code: 131030, class: "recipient", title: "Recipient not in the test number's list", advice: "A test number reaches only the recipients registered for it: use a real number." },
  { code: 131031, class: "account", title: "Business account locked", advice: "Read the notice in WhatsApp Manager; nothing can be sent before it is unlocked." },
  { code: 131037, class: "account", title: "Display name not approved", advice: "Get the number's display name approved in WhatsApp Manager." },
  { code: 131041, class: "message", title: "Group message error", advice: SHOULD_NOT_HAPPEN },
  { code: 131042, class: "account", title: "Payment problem", advice: "Fix the payment method in WhatsApp Manager." },
  { code: 131044, class: "account", title: "Payment problem", advice: "Fix the payment method in WhatsApp Manager." },
  { code: 131045, class: "account", title: "Number not registered", advice: NUMBER_SETUP },
  { code: 131047, class: "message", title: "More than 24 hours since the last reply", advice: "Only templates may be sent now: check that the campaign names an approved template." },
  { code: 131048, class: "restricted", title: "Number restricted: too many blocks or reports", advice: "Check the number's quality in WhatsApp Manager, and wait at least a day." },
  { code: 131049, class: "recipient", title: "WhatsApp chose not to deliver", advice: "The person got much marketing lately, or has a US number, which gets none by WhatsApp.", retry: "after_day" },
  { code: 131050, class: "optout", title: "Recipient has stopped marketing messages", advice: "Nothing to do: the person is on the suppression list and gets no more marketing." },
  { code: 131051, class: "message", title: "Unsupported message type", advice: SHOULD_NOT_HAPPEN },
  { code: 131052, class: "message", title: "Media download failed", advice: "Check that the media link in the template opens without a login.", retry: "after_cause" },
  { code: 131053, class: "message", title: "Media upload failed", advice: "Check that the media link opens without a login, and the file's type and size.", retry: "after_cause" },
  { code: 131055, class: "message", title: "Only marketing templates allowed here", advice: "Use a marketing template, or ask LiveChat support which API the number uses." },
  { code: 131056, class: "pair", title: "Too many messages to this recipient", advice: "Dropcast lets this message wait and tries it again by itself; the others go on." },
  { code: 131057, class: "later", title: "Business account in maintenance", advice: BUSY },
  { code: 131062, class: "recipient", title: "Recipient cannot be reached by user id", advice: "Put the person's phone number into the list." },
  { code: 131063, class: "account", title: "Marketing templates disabled for this account", advice: "Ask LiveChat support to allow marketing templates." },
  { code: 131064, class: "restricted", title: "Limited for wrongly classified templates", advice: "Put the templates into their right category, and wait at least a day." },
  { code: 131201, last: 131215, class: "message", title: "Group message error", advice: SHOULD_NOT_HAPPEN },
  { code: 132000, class: "template", title: "Number of template values does not match", advice: CHECK_COLUMNS },
  { code: 132001, class: "template", title: "Template does not exist in this language", advice: "Check the template's name and language code, and that it is approved in WhatsApp Manager." },
  { code: 132005, class: "message", title: "Text too long once filled in", advice: "Shorten this row's values." },
  { code: 132007, class: "template", title: "Template breaks a WhatsApp policy", advice: "Change the template, and have it approved again." },
  { code: 132008, class: "message", title: "Template value in the wrong format", advice: CHECK_COLUMNS },
  { code: 132012, class: "message", title: "Template value in the wrong format", advice: CHECK_COLUMNS },
  { code: 132015, class: "template", title: "Template paused for low quality", advice: "Improve the template, or wait until its pause has ended in WhatsApp Manager." },
  { code: 132016, class: "template", title: "Template disabled", advice: "Create a new template: this one cannot be used again.", retry: "in_vain" },
  { code: 132018, class: "message", title: "Problem with the template's values", advice: "Look for new lines, tabs or many spaces in this row's values." },
  { code: 132068, class: "template", title: "Flow blocked", advice: "Fix the template's flow in WhatsApp Manager." },
  { code: 132069, class: "template", title: "Flow throttled", advice: "Wait an hour, or fix the template's flow in WhatsApp Manager." },
  { code: 133000, class: "account", title: "Number not fully deregistered", advice: NUMBER_SETUP },
  { code: 133004, class: "ambiguous", title: "WhatsApp server temporarily unavailable", advice: MAYBE_SENT },
  { code: 133005, class: "account", title: "Two-step verification PIN does not match", advice: NUMBER_SETUP },
  { code: 133006, class: "account", title: "Number must be verified again", advice: NUMBER_SETUP },
  { code: 133008, class: "account", title: "Too many PIN guesses", advice: NUMBER_SETUP },
  { code: 133009, class: "account", title: "PIN guessed too fast", advice: NUMBER_SETUP },
  { code: 133010, class: "account", title: "Number not registered with WhatsApp", advice: NUMBER_SETUP },
  { code: 133015, class: "account", title: "Number was deleted a moment ago", advice: NUMBER_SETUP },
  { code: 133016, class: "account", title: "Number registered too many times", advice: NUMBER_SETUP },
  { code: 134011, class: "account", title: "WhatsApp Payments terms not accepted", advice: "Accept the terms in WhatsApp Manager." },
  { code: 134100, class: "message", title: "Only marketing messages allowed here", advice: "Use a marketing template, or ask LiveChat support which API the number uses." },
  { code: 134101, class: "later", title: "Template is still being prepared", advice: "A new template needs about ten minutes; Dropcast lets the number wait by itself." },
  { code: 134102, class: "template", title: "Template not available", advice: "Check the template's state in WhatsApp Manager." },
  { code: 135000, class: "message", title: "Unknown problem with the message's parameters", advice: CHECK_COLUMNS },
  { code: 137000, class: "message", title: "Recipient's identity has changed", advice: SHOULD_NOT_HAPPEN },
  { code: 138000, last: 138999, class: "message", title: "Calling error", advice: SHOULD_NOT_HAPPEN },
  { code: 139000, last: 139999, class: "message", title: "Flow, block or direct-send error", advice: SHOULD_NOT_HAPPEN },
  { code: 1752041, class: "ambiguous", title: "Duplicate request", advice: "WhatsApp saw the request twice: the first one may have been accepted.", retry: "in_vain" },
  { code: 2494100, class: "later", title: "Number in maintenance", advice: BUSY },
];

/**
 * What a complete answer without a known error code means by its HTTP status alone. Exact rows
 * come before the ranges they lie in: the first row that fits counts.
 *
 * Such an answer is recorded with its HTTP status as the code, so that a person sees "404" and
 * not "no code". No error code lies between 300 and 599, but 368, which is no HTTP status.
 */
// biome-ignore format: a table, one row per line
export const HTTP_ANSWERS: readonly ErrorCode[] = [
  { code: 401, class: "account", title: "API token refused", advice: "Check DROPCAST_API_TOKEN: the Base64 token of a PAT with the scope chats--access:rw." },
  { code: 402, class: "account", title: "LiveChat asks for payment", advice: "Check the LiveChat licence and plan." },
  { code: 403, class: "account", title: "Access forbidden", advice: "Check the scope of the API token (chats--access:rw) and the LiveChat licence." },
  { code: 404, class: "account", title: "Sending number not found", advice: "Check DROPCAST_NUMBER_ID and DROPCAST_API_URL." },
  { code: 405, class: "account", title: "API address does not take messages", advice: "Check DROPCAST_API_URL." },
  { code: 408, class: "ambiguous", title: "API says the request timed out", advice: NOBODY_KNOWS },
  { code: 409, class: "ambiguous", title: "API says the request conflicts", advice: NOBODY_KNOWS },
  { code: 415, class: "account", title: "API address does not take JSON", advice: "Check DROPCAST_API_URL." },
  { code: 421, class: "ambiguous", title: "Answered by the wrong server", advice: NOBODY_KNOWS },
  { code: 425, class: "ambiguous", title: "API says it is too early", advice: NOBODY_KNOWS },
  { code: 429, class: "slow", title: "Too many requests", advice: TOO_FAST },
  { code: 499, class: "ambiguous", title: "A gateway gave the request up", advice: NOBODY_KNOWS },
  { code: 301, class: "account", title: "API address has moved", advice: "Check DROPCAST_API_URL: redirects are never followed." },
  { code: 307, last: 308, class: "account", title: "API address redirects", advice: "Check DROPCAST_API_URL: redirects are never followed." },
  { code: 300, last: 399, class: "ambiguous", title: "API answered with a redirect", advice: "The message may have been sent: check DROPCAST_API_URL, and wait for its status or `resolve` it." },
  { code: 400, last: 499, class: "message", title: "Message refused without an error code", advice: CHECK_COLUMNS },
  { code: 500, last: 599, class: "ambiguous", title: "API server error", advice: NOBODY_KNOWS },
];

const byCode = new Map(ERROR_CODES.filter((row) => !row.last).map((row) => [row.code, row]));
const ranges = ERROR_CODES.filter((row) => row.last);

/** The row of a WhatsApp error code, or `undefined` for one nobody has described. */
export function errorCode(code: number): ErrorCode | undefined {
  return byCode.get(code) ?? ranges.find((row) => covers(row, code));
}

/** What an HTTP status means when its answer holds no known code. 2xx and 1xx have no row. */
export function httpAnswer(status: number): ErrorCode | undefined {
  return HTTP_ANSWERS.find((row) => covers(row, status));
}

/** Words for a recorded code: a WhatsApp code, or the HTTP status of an answer without one. */
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
 * The code that stands for a failure which names several, whatever their order: an opt-out first,
 * since it must never be missed, then what concerns most messages; 0 of none.
 */
export function mostTelling(codes: readonly number[]): number {
  const rank = (code: number): number => {
    const row = errorCode(code);
    return row === undefined ? TELLING.length : TELLING.indexOf(row.class);
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
