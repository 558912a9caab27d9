/**
 * Reads what a text in an answer says about its message. Only a known word counts as a yes: the
 * words of this API are undocumented, so text in none of the lists below never counts as one.
 */

/**
 * `either` may mean yes or no, and counts as both. Only sentences give the last two: `failed`,
 * where something failed but perhaps not the message, and `unclear`, where the meaning is not
 * known.
 */
export type Reading = "yes" | "no" | "either" | "failed" | "unclear" | "silent";

/** The value of a `status` or the like: `message_queued`, `NOT-ACCEPTED`, `sentWithErrors`. */
export function readStateText(text: string): Reading {
  const words = wordsOf(text);
  if (words.some(isNo) || !words.some(isState)) return "no";
  return words.every((word) => isState(word) || FILLERS.has(word)) ? "yes" : "either";
}

/** A sentence for people. It may be about another failure: "Your payment failed". */
export function readSentence(text: string): Reading {
  const words = wordsOf(text);
  const sentence = words.join(" ");
  const has = (set: ReadonlySet<string>) => words.some((word) => set.has(word));
  if (text.trim() === "") return "silent";
  if (words.some((word) => NOT_DONE.test(word)) || TOO_MUCH.test(sentence)) return "no";
  if (has(NEGATIONS) && (has(DONE) || has(SENDING))) return "no";
  if (RETRIED.test(sentence)) return "either";
  if (words.some(isNo)) return DONE_ALREADY.test(sentence) ? "either" : "failed";
  if (readStateText(text) === "yes") return "yes";
  if (has(CONDITIONS)) return "unclear";
  if (has(DONE)) return "yes";
  return has(TAKEN) ? "silent" : "unclear";
}

/** `{"type":"error"}`, `{"event":"message.failed"}`: most labels are not about the message. */
export function readLabel(text: string): Reading {
  const words = wordsOf(text);
  if (words.some(isNo)) return "no";
  return words.some((word) => DONE.has(word)) ? "yes" : "silent";
}

/** The value of a yes-or-no member such as `success`. */
export function readYesOrNo(text: string): Reading {
  const words = wordsOf(text);
  const word = words.join(" ");
  if (FALSE.has(word)) return "no";
  if (TRUE.has(word) || DATE.test(text)) return "yes";
  return words.some(isNo) ? "no" : words.some(isState) ? "yes" : "either";
}

/** The value of an `error` that says there was none. */
export function isNone(text: string): boolean {
  return NONE.test(wordsOf(text).join(" "));
}

/** The words of a text in lower case, however they are joined. */
function wordsOf(text: string): string[] {
  const spaced = text.replaceAll(/['’`]/g, "").replaceAll(INNER_BORDER, " ");
  return spaced.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** `notSent`, `NOTSent`, `200OK`. */
const INNER_BORDER = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|(?<=\p{N})(?=\p{L})/gu;

function isNo(word: string): boolean {
  return NEGATIONS.has(word) || FAILURES.has(word) || NOT_DONE.test(word);
}

function isState(word: string): boolean {
  return DONE.has(word) || TAKEN.has(word) || /^20\d$/.test(word);
}

function set(list: string): ReadonlySet<string> {
  return new Set(list.split(/\s+/));
}

const TRUE = set("true t yes y on 1");
const FALSE = set("false f no n off 0 none nil null undefined never not");
const NONE =
  /^(|0|false|f|no|n|off|none|nil|null|undefined|n a|ok|okay|success|successful|no errors?)$/;
const DATE = /^\d{4}-\d\d-\d\d([T ]|$)/;

/** Anywhere in a text, these mean that a message was taken. */
const DONE = set(`accepted queued enqueued scheduled submitted sent delivered dispatched posted
  published transmitted forwarded success successful successfully succeeded`);

/** As a state these mean the same; in a sentence they may be about something else. */
const TAKEN = set(`ok okay true yes y received created processed processing pending done complete
  completed finished new read seen ready waiting started initiated active held buffered stored
  approved confirmed valid validated ack acknowledged passed running sending delivering queueing
  queuing progress enroute`);

const FILLERS = set(`message messages msg for quality assessment in into to by the a an it and is
  are was has have been be will api http request delivery whatsapp template now already next
  instance`);

const NEGATIONS = set(`not no never cannot cant couldnt wasnt isnt arent werent hasnt havent
  didnt doesnt dont wont wouldnt unable fail fails failed failing failure failures without neither
  nor nobody nothing none ko nok non`);

/** After a negation these mean that it was not done. */
const SENDING = set(`send sending queue enqueue accept accepting deliver delivery process
  processed processing submit schedule dispatch transmit forward`);

const NOT_DONE = new RegExp(
  "^(rejected|refused|declined|throttled|ratelimited)$|" +
    "^(not|non|un|in)(ok|valid|processed|accepted|(en)?queued|scheduled|submitted|sent|" +
    "deliver\\w*|dispatched|success\\w*)$",
);
const TOO_MUCH = /\btoo many\b|\b(limit|quota)s? (was |has been |is )?(exceeded|reached|hit)\b/;

/** A failure that implies that a message was taken: "a duplicate: it was sent before". */
const DONE_ALREADY =
  /\b(already|was|were|been) (accepted|(en)?queued|scheduled|submitted|sent|delivered)\b/;
/** The message is still being tried. */
const RETRIED = /\bwill (be |automatically )*(retr\w+|resent|redelivered)\b/;

const FAILURES = set(`err error errors errored exception exceptions fault faults problem problems
  reject rejects rejection refuse refuses refusal deny denied denies decline declines expired expires
  cancel canceled cancelled aborted abort blocked banned bounced dropped discarded ignored skipped
  suppressed limit limits limited exceeded exceeds exhausted overloaded quota timeout timedout timed
  unavailable unauthorized unauthorised unauthenticated unprocessable unsupported unknown unexpected
  unreachable unregistered unverified forbidden disabled suspended terminated missing malformed bad
  wrong incorrect incomplete inactive insufficient conflict duplicate duplicated stopped halted
  crashed down maintenance nack partial partially restricted restriction restrictions prohibited
  violation violates busy overload lost killed revoked removed deleted dead denylisted blacklisted
  sorry unfortunately oops outage retry again`);

/** "Only approved templates can be sent" does not mean that one was. */
const CONDITIONS = set(`must should only if unless until before can could may might need needs
  required requires many when which`);
