import {
  isNone,
  type Reading,
  readLabel,
  readSentence,
  readStateText,
  readYesOrNo,
} from "./answer-text.ts";

/** The name of a member in lower case without word separators: `isSent`, `Is-Sent`. */
export function glue(key: string): string {
  return key
    .normalize("NFKC")
    .replaceAll(/[_\-. $#@]/g, "")
    .toLowerCase();
}

/** Reads one member. The contents of a list or object are read separately. */
export function readMember(name: string, member: unknown): Reading {
  // Longer names carry no meaning, and would cost the patterns time for each letter.
  if (name === "" || name.length > NAME_CHARS_MAX) return "silent";
  if (DONE.test(name)) return readDone(member);
  if (UNDONE.test(name)) return readUndone(member);
  if (CONDITION.test(name)) return readCondition(member);
  if (STEP.test(name)) return readStep(member);
  if (HINDRANCE.test(name) || isErrorName(name)) return readHindrance(member);
  if (CODE.test(name)) return readCode(name, member);
  if (STATE.test(name)) return readState(name, member);
  if (typeof member !== "string") {
    // Without an id, an answer whose list of messages is empty is doubtful.
    return name === "messages" && isEmpty(member) && member !== null ? "unclear" : "silent";
  }
  if (LABEL.test(name)) return readLabel(member);
  return TEXT.test(name) ? readSentence(member) : "silent";
}

export function isErrorName(name: string): boolean {
  return name.length <= NAME_CHARS_MAX && ERROR.test(name);
}

export function isStateName(name: string): boolean {
  return name.length <= NAME_CHARS_MAX && STATE.test(name);
}

export function isEmpty(member: unknown): boolean {
  if (typeof member === "object" && member !== null) return Object.keys(member).length === 0;
  return member === null || member === undefined || member === false || member === "";
}

// Names, as `glue` writes them.
const NAME_CHARS_MAX = 64;
const ABOUT =
  "^(?:is|was|were|has|have|been|be|are|all|any|num|total|messages?|msgs?|request|send|sending|" +
  "delivery|template|api|recipient|contact|phone|number|job|whatsapp)*";
const COUNTED = "(?:messages?|msgs?|count|total|flag|yet|recipients?|contacts?|numbers?|items?)*$";
const DONE_WORD =
  "(?:success(?:ful|fully|es)?|succeeded|ok(?:ay)?|accepted|(?:en)?queued|sent|delivered|" +
  "scheduled|submitted|dispatched|posted|published|transmitted|forwarded|confirmed|acknowledged)";

const DONE = new RegExp(`${ABOUT}${DONE_WORD}${COUNTED}`);
const UNDONE = new RegExp(
  `${ABOUT}(?:(?:not|never|non|un)(?:been)?${DONE_WORD}|failed|rejected|refused|denied|declined)${COUNTED}`,
);
/** False means not sent; true means nothing. */
const CONDITION = new RegExp(
  `${ABOUT}(?:valid|allowed|permitted|eligible|reachable|verified|authori[sz]ed|authenticated|` +
    "connected|enabled|active|available|exists|found)$",
);
/** A number under these names may be a time, and a text any value: `"received":"number"`. */
const STEP = new RegExp(
  `${ABOUT}(?:received|created|processed|handled|executed|completed?|finished|done)${COUNTED}`,
);
const HINDRANCE = new RegExp(
  `${ABOUT}(?:invalid|blocked|bounced|dropped|discarded|skipped|ignored|suppressed|throttled|` +
    "(?:rate)?limited|(?:rate|limit|quota)*(?:exceeded|reached)|expired|aborted|cancell?ed|" +
    "undeliverable|banned|forbidden|unavailable|timedout|timeout|missing|duplicate|dryrun|testmode|" +
    `simulated|(?:should)?retry(?:able|after|in)?(?:ms|seconds)?)${COUNTED}`,
);
const ERROR = new RegExp(
  "^(?:last|first|root|send|sending|api|delivery|message|whatsapp|meta|validation|has|is|server|" +
    "provider|upstream|gateway|field)*" +
    "(?:err|error|exception|fault|failure|fail|failed|rejected|rejection|refusal|problem|" +
    "issue|violation)s?" +
    "(?:no|num|code|codes|msg|messages?|descr|description|details?|type|title|text|data|count|" +
    "reason|info|name|list|status)?$",
);
const CODE = /^(?:http|response|result|return|ret|status|reply)?(?:status)?code$|^httpstatus$/;
const STATE = new RegExp(
  `${ABOUT}(?:current|overall|final|response|process|processing)?` +
    "(?:status(?:es)?|state|result|outcome|disposition|verdict|decision)(?:text|name|value)?$",
);
const LABEL = /^(?:message|event)?(?:type|kind|event|level|severity|class|action|object)(?:name)?$/;
const TEXT = new RegExp(
  "^(?:user|developer|dev|system|server|status|state|response|result|long|short|display|full|" +
    "human|readable|friendly|additional|more|extra)*" +
    "(?:messages?|msgs?|details?|title|description|desc|reason|info|information|notes?|" +
    "explanation|cause|hint|summary|comments?|remarks?|response|reply|answer|notice|data)$",
);

/** `"accepted":3` and `"sent":["4860…"]` count what was done; 0 and an empty list mean none. */
function readDone(member: unknown): Reading {
  if (typeof member === "boolean") return member ? "yes" : "no";
  if (isEmpty(member)) return "no";
  if (!isTextOrNumber(member)) return Array.isArray(member) ? "silent" : "yes";
  const number = Number(member);
  if (!Number.isNaN(number)) return number > 0 ? "yes" : "no";
  return readYesOrNo(`${member}`);
}

function readUndone(member: unknown): Reading {
  if (member === false) return "yes";
  if (isEmpty(member) || Array.isArray(member)) return "silent";
  if (!isTextOrNumber(member)) return "no";
  return Number(member) === 0 || isNone(`${member}`) ? "yes" : "no";
}

function readCondition(member: unknown): Reading {
  const reading = readDone(member);
  return reading === "yes" || reading === "silent" ? "silent" : "no";
}

function readStep(member: unknown): Reading {
  if (member === null) return "silent";
  const reading = readDone(member);
  if (reading === "yes" && typeof member === "number") return "silent";
  return reading === "either" ? "no" : reading;
}

function readHindrance(member: unknown): Reading {
  if (isNothing(member)) return "silent";
  // "error":"The message was queued" reports an error and a success.
  return typeof member === "string" && saysDone(member) ? "either" : "no";
}

function saysDone(text: string): boolean {
  return ["yes", "either"].includes(readSentence(text));
}

/** 0 and 200-299 mean "ok" in many APIs; others are an HTTP status or a WhatsApp code. */
function readCode(name: string, member: unknown): Reading {
  if (typeof member === "boolean") return member ? "silent" : "no";
  if (isEmpty(member) || !isTextOrNumber(member)) return "silent";
  const code = Number(member);
  if (Number.isNaN(code)) return readStateText(`${member}`);
  if (code >= 200 && code <= 299) return name === "code" ? "silent" : "yes";
  return code === 0 ? "silent" : "no";
}

/** A number is an HTTP status or a boolean; for booleans both meanings of 0 and 1 are in use. */
function readState(name: string, member: unknown): Reading {
  if (typeof member === "boolean") return member ? "yes" : "no";
  if (isEmpty(member) || !isTextOrNumber(member)) return "silent";
  const code = Number(member);
  if (!Number.isNaN(code)) {
    if (code === 1) return "either";
    return code >= 200 && code <= 299 ? "yes" : "no";
  }
  // WhatsApp's pacing reports a held template under this name (Meta's OpenAPI, MessageStatus).
  if (name === "messagestatus" && member === "paused") return "yes";
  return readStateText(`${member}`);
}

function isTextOrNumber(member: unknown): member is string | number {
  return typeof member === "string" || typeof member === "number";
}

function isNothing(member: unknown): boolean {
  return isEmpty(member) || member === 0 || (typeof member === "string" && isNone(member));
}
