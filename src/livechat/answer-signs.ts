import { errorCode } from "../core/error-codes.ts";

/**
 * What an answer gives away about a message, wherever it stands in it. Nobody has described the
 * answers of this API, so a message is called "not sent" only when nothing in its answer speaks
 * against that, and "accepted" only when nothing in it says no. Each sign below is a reason to call
 * the message `unknown`: one too many costs a person a look, one too few sends a message twice.
 */
export interface AnswerSigns {
  /** It names a message, or says that one was taken. */
  readonly namesMessage: boolean;
  /** It reports an error or a failure. Warnings do not count. */
  readonly saysNo: boolean;
  /** One of its error codes says that the message may have been sent. */
  readonly hasDoubtfulCode: boolean;
  /** A key stands twice in one object, and each reader may take another of the two. */
  readonly repeatsKey: boolean;
}

export const NO_SIGNS: AnswerSigns = {
  namesMessage: false,
  saysNo: false,
  hasDoubtfulCode: false,
  repeatsKey: false,
};

type Scope = "plain" | "error" | "warning";

/** `value` is what JSON.parse made of `text`. Linear in its length, at any depth; never throws. */
export function readSigns(value: object, text: string): AnswerSigns {
  const signs = { namesMessage: false, saysNo: false, hasDoubtfulCode: false };
  const open: { value: object; scope: Scope }[] = [{ value, scope: "plain" }];
  let keys = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const isList = Array.isArray(next.value);
    for (const [key, member] of Object.entries(next.value) as [string, unknown][]) {
      if (!isList) keys += 1;
      const name = isList ? "" : key.replaceAll(/[_\-. ]/g, "").toLowerCase();
      const scope = scopeOf(name, next.scope);
      if (namesMessage(key, name, member)) signs.namesMessage = true;
      if (scope !== "warning" && saysNo(name, member)) signs.saysNo = true;
      if (scope === "error" && name === "code" && isDoubtful(member)) signs.hasDoubtfulCode = true;
      if (typeof member === "object" && member !== null) open.push({ value: member, scope });
    }
  }
  return { ...signs, repeatsKey: colonsOutsideStrings(text) !== keys };
}

/** A text that is no JSON cannot be read, but a wamid in it (also in UTF-16) can be seen. */
export function mentionsWamid(text: string): boolean {
  return text.replaceAll("\0", "").includes("wamid.");
}

const NUMERIC = /^\d{1,7}$/;

/** The ledger keeps three bytes for a code; the longest known one has seven digits. */
const CODE_MAX = 9_999_999;

/** An error code as a number or in digits; `null` for anything else. */
export function asCode(value: unknown): number | null {
  const code = typeof value === "string" && NUMERIC.test(value) ? Number(value) : value;
  if (typeof code !== "number" || !Number.isInteger(code)) return null;
  return code >= 0 && code <= CODE_MAX ? code : null;
}

function scopeOf(name: string, around: Scope): Scope {
  if (around !== "plain") return around;
  if (WARNING.test(name)) return "warning";
  return ERROR.test(name) ? "error" : "plain";
}

// Names of members, in lower case and without underscores, hyphens, dots and spaces.
const WARNING = /^(warning|notice|deprecation)s?$/;
const ERROR =
  /^(last|send|api)?(error|exception|fault|failure)s?(code|messages?|description|details?|type|title|text|data)?$/;
const REFUSED = /^(failed|rejected|refused|denied)$/;
const DONE = /^(success|successful|succeeded|ok|accepted|queued|sent)$/;
const STATE = /^(status|state|result|outcome|messagestatus)$/;
const STATUS_NUMBER = /^((http)?status(code)?|httpcode|code)$/;

// Words of a state.
const NO =
  /^(err(or)?|fail(ed|ure)?|rejected|refused|denied|invalid|expired|cancell?ed|undeliver.*)$/i;
const YES =
  /^(ok|success(ful)?|accepted|(en)?queued|scheduled|submitted|sent|pending|processing|held.*)$/i;

function saysNo(name: string, member: unknown): boolean {
  if (ERROR.test(name) || REFUSED.test(name)) return !isNothing(member);
  if (DONE.test(name) && (member === false || member === "false")) return true;
  if (STATE.test(name) && (member === false || (typeof member === "string" && NO.test(member)))) {
    return true;
  }
  if (!STATUS_NUMBER.test(name)) return false;
  const code = asCode(member);
  // 0 and 200-299 say "ok" in many APIs; others are a status of HTTP or a code of WhatsApp's.
  if (code === null || code === 0 || (code >= 200 && code <= 299)) return false;
  return (code >= 400 && code <= 599) || errorCode(code) !== undefined || code >= 100_000;
}

function isDoubtful(member: unknown): boolean {
  const code = asCode(member);
  return code !== null && errorCode(code)?.class === "ambiguous";
}

/** Ids that belong to the request, the account or the error, and to no message. */
const OTHER_ID =
  /(request|req|trace|correlation|span|error|log|ray|client|account|organi[sz]ation|licen[cs]e|number|template)[_\-. ]?u?u?ids?$/i;
const ID = /(^|[_\-. ])(u?u?id|guid|wamid)s?$/i;
const ID_IN_CAMEL_CASE = /[a-z0-9](Id|ID|Uuid|UUID|Guid|GUID|Wamid)s?$/;
const ID_IN_ONE_WORD = /^(message|msg|event|chat|job)ids?$/;

function namesMessage(key: string, name: string, member: unknown): boolean {
  if (typeof member === "string" && member.includes("wamid.")) return true;
  if (isId(key, name)) return !isEmpty(member);
  if (name === "messagestatus") return !isEmpty(member);
  if (name === "messages" || name === "contacts") return holdsMore(member);
  if (DONE.test(name)) return member === true || member === "true";
  return STATE.test(name) && typeof member === "string" && YES.test(member);
}

function isId(key: string, name: string): boolean {
  if (!ID.test(key) && !ID_IN_CAMEL_CASE.test(key) && !ID_IN_ONE_WORD.test(name)) return false;
  return !OTHER_ID.test(key);
}

/** More than texts for people, which some APIs call `messages` too. */
function holdsMore(member: unknown): boolean {
  if (Array.isArray(member)) return member.some((one) => typeof one === "object" && one !== null);
  return typeof member === "object" && !isEmpty(member);
}

function isEmpty(member: unknown): boolean {
  if (typeof member === "object" && member !== null) return Object.keys(member).length === 0;
  return member === null || member === undefined || member === false || member === "";
}

const NOTHING = new Set<unknown>([0, "0", "false", "null", "none", "no"]);

function isNothing(member: unknown): boolean {
  return isEmpty(member) || NOTHING.has(member);
}

/** Each key of an object is followed by one: JSON has them nowhere else. */
function colonsOutsideStrings(text: string): number {
  let colons = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x3a) colons += 1;
  }
  return colons;
}
