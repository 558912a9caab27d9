import { CODE_MAX, errorCode } from "../core/error-codes.ts";
import { glue, isEmpty, isErrorName, isStateName, readMember } from "./answer-members.ts";
import { type Reading, readSentence } from "./answer-text.ts";

/**
 * Signs in an answer about its message, anywhere in it. The answers of this API are undocumented,
 * so a message counts as "not sent" only if nothing in its answer contradicts that, and as
 * "accepted" only if nothing in it says no. Each sign below makes the message `unknown`: one sign
 * too many costs a manual check, one too few sends a message twice.
 */
export interface AnswerSigns {
  /** It names a message, or reports that one was taken. */
  readonly namesMessage: boolean;
  /** It reports an error, a failure, or a state not known to be good. */
  readonly saysNo: boolean;
  /** It can mean yes or no, or it neither names a message nor contains a known yes. */
  readonly isUnclear: boolean;
  /** One of its error codes means that the message may have been sent. */
  readonly hasDoubtfulCode: boolean;
  /** A key occurs twice in one object, and parsers disagree about which one counts. */
  readonly repeatsKey: boolean;
}

export const NO_SIGNS: AnswerSigns = {
  namesMessage: false,
  saysNo: false,
  isUnclear: false,
  hasDoubtfulCode: false,
  repeatsKey: false,
};

/** An echo of our request means nothing; in a warning only a denial counts. */
type Scope = "plain" | "error" | "warning" | "echo";

interface Open {
  readonly value: object;
  readonly scope: Scope;
  /** The name of the value; elements of a list have the list's name. */
  readonly name: string;
  /** It was JSON inside a string. */
  readonly isQuoted: boolean;
}

/** `value` is the parsed `text`. Linear in its length, at any depth; never throws. */
export function readSigns(value: object, text: string): AnswerSigns {
  const found = new Set<Reading>();
  let namesMessage = false;
  let hasId = false;
  let hasDoubtfulCode = false;
  let keys = 0;
  const open: Open[] = [{ value, scope: "plain", name: "", isQuoted: false }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const isList = Array.isArray(next.value);
    for (const [key, written] of Object.entries(next.value) as [string, unknown][]) {
      const member = unquoted(written);
      const isQuoted = next.isQuoted || member !== written;
      if (!isList && !next.isQuoted) keys += 1;
      const name = isList ? next.name : nameIn(next.name, glue(key));
      const scope = scopeOf(name, next.scope);
      if (isId(isList ? "" : key, name, member)) hasId = true;
      else if (holdsMessage(name, member)) namesMessage = true;
      found.add(readIn(scope, name, member));
      if (scope === "error" && name === "code" && isDoubtful(member)) hasDoubtfulCode = true;
      if (typeof member === "object" && member !== null) {
        open.push({ value: member, scope, name, isQuoted });
      }
    }
  }
  const saysYes = found.has("yes") || found.has("either");
  return {
    namesMessage: namesMessage || hasId || saysYes,
    saysNo: found.has("no") || (found.has("failed") && !hasId),
    isUnclear: found.has("either") || (found.has("unclear") && !hasId && !saysYes),
    hasDoubtfulCode,
    repeatsKey: colonsOutsideStrings(text) !== keys,
  };
}

/** Finds a wamid (also in UTF-16) in text that is not JSON. */
export function mentionsWamid(text: string): boolean {
  return text.replaceAll("\0", "").includes("wamid.");
}

const NUMERIC = /^\d{1,7}$/;

/** An error code as a number or in digits; `null` for anything else. */
export function asCode(value: unknown): number | null {
  const code = typeof value === "string" && NUMERIC.test(value) ? Number(value) : value;
  if (typeof code !== "number" || !Number.isInteger(code)) return null;
  return code >= 0 && code <= CODE_MAX ? code : null;
}

/** `{"body":"{\"success\":false}"}` means the same as without the quotes. */
function unquoted(member: unknown): unknown {
  if (typeof member !== "string" || !/^\s*[[{]/.test(member)) return member;
  try {
    return JSON.parse(member);
  } catch {
    return member;
  }
}

/** `{"success":{"value":false}}` means the same as without the inner object. */
function nameIn(around: string, name: string): string {
  if (WRAPPED.test(name)) return around;
  return isStateName(around) && name.endsWith("name") ? "type" : name;
}

function scopeOf(name: string, around: Scope): Scope {
  if (around !== "plain") return around;
  if (WARNING.test(name)) return "warning";
  if (ECHO.test(name)) return "echo";
  return isErrorName(name) ? "error" : "plain";
}

function readIn(scope: Scope, name: string, member: unknown): Reading {
  if (scope === "echo") return "silent";
  if (scope !== "warning") return readMember(name, member);
  return typeof member === "string" && readSentence(member) === "no" ? "no" : "silent";
}

// Names as `glue` writes them.
const WRAPPED = /^(value|count|total|flag)s?$/;
const WARNING = /^(warning|notice|deprecation)s?$/;
const ECHO =
  /^(template|body|header|footer|button)?(component|param|parameter|variable|placeholder|button|card)s?$|^(template|header|footer|language|preview|example)s?(data|values|body)?$/;

function isDoubtful(member: unknown): boolean {
  const code = asCode(member);
  return code !== null && errorCode(code)?.class === "ambiguous";
}

/** Ids of the request, the account or the error, not of a message. */
const OTHER_ID =
  /(request|req|trace|correlation|span|error|log|ray|client|account|organi[sz]ation|licen[cs]e|number|template)[_\-. ]?u?u?ids?$/i;
const ID = /(^|[_\-. ])(u?u?id|guid|wamid)s?$/i;
const ID_IN_CAMEL_CASE = /[a-z0-9](Id|ID|Uuid|UUID|Guid|GUID|Wamid)s?$/;
const ID_IN_ONE_WORD = /^(message|msg|event|chat|job)ids?$/;

function isId(key: string, name: string, member: unknown): boolean {
  if (typeof member === "string" && member.includes("wamid.")) return true;
  if (!ID.test(key) && !ID_IN_CAMEL_CASE.test(key) && !ID_IN_ONE_WORD.test(name)) return false;
  return !OTHER_ID.test(key) && !isEmpty(member);
}

function holdsMessage(name: string, member: unknown): boolean {
  if (name === "messagestatus") return !isEmpty(member);
  return (name === "messages" || name === "contacts") && holdsMore(member);
}

/** Holds objects, not just texts for people, which some APIs also call `messages`. */
function holdsMore(member: unknown): boolean {
  if (Array.isArray(member)) return member.some((one) => typeof one === "object" && one !== null);
  return typeof member === "object" && !isEmpty(member);
}

/** One per key: JSON has colons nowhere else. */
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
