import { errorCode } from "../core/error-codes.ts";
import { type AnswerSigns, asCode, NO_SIGNS, readSigns } from "./answer-signs.ts";
import { createKnownAnswers } from "./known-answers.ts";

/**
 * Reads the body of an answer to POST template-messages.
 *
 * The body is undocumented (public documents only say that a status webhook carries Meta's status
 * object), so there is no schema that could reject it: each fact is searched for in every plausible
 * place, in a fixed order, and everything else is ignored. Hence no zod: one odd field must not
 * make the message id beside it unreadable. The body is untrusted: these functions never throw on
 * it.
 */
export interface WireAnswer {
  /** The body is one complete JSON object or array, so it was not cut. */
  readonly isWhole: boolean;
  /** The message id: a wamid if there is one anywhere, else the first id found. */
  readonly id: string | null;
  /** The id is WhatsApp's own, by which status webhooks name the message. */
  readonly isWamid: boolean;
  /** Accepted, but WhatsApp is holding it for now (template and portfolio pacing). */
  readonly isHeld: boolean;
  /**
   * The code found inside an `error` or `errors` member: an opt-out, else the first known one, else
   * the first.
   */
  readonly errorCode: number | null;
  /**
   * A bare `code` at the top, but not a gRPC status (those carry a list of `details`, and their
   * 3, 4 and 10 are not WhatsApp's). A small one may still mean anything: 0 and 200 often say "ok".
   */
  readonly flatCode: number | null;
  /** LiveChat platform's `error.type`. */
  readonly errorType: string | null;
  /** The body is a list, not an object. */
  readonly isList: boolean;
  /** Other signs for or against a message. */
  readonly signs: AnswerSigns;
}

type Path = readonly (string | number)[];

const ID_PLACES: readonly Path[] = [
  ["messages", 0, "id"],
  ["id"],
  ["message_id"],
  ["messageId"],
  ["wamid"],
  ["data", "id"],
  ["data", "messages", 0, "id"],
];

/** Meta's body passed through, in LiveChat platform's envelope, or one level down. */
const CODE_PLACES: readonly Path[] = [
  ["error", "code"],
  ["errors", 0, "code"],
  ["error", "data", "code"],
  ["error", "data", "error", "code"],
  ["data", "error", "code"],
  ["data", "errors", 0, "code"],
  ["messages", 0, "errors", 0, "code"],
];

const ERROR_LISTS: readonly Path[] = [["errors"], ["data", "errors"], ["messages", 0, "errors"]];

const STATUS_PLACES: readonly Path[] = [
  ["messages", 0, "message_status"],
  ["data", "messages", 0, "message_status"],
];

const HELD = new Set<unknown>(["held_for_quality_assessment", "paused"]);

const ID_CHARS_MAX = 256;

/** Visible ASCII: an id becomes part of keys, exports and terminals. */
const VISIBLE = /^[\x21-\x7e]+$/;

const UNREADABLE: WireAnswer = {
  isWhole: false,
  id: null,
  isWamid: false,
  isHeld: false,
  errorCode: null,
  flatCode: null,
  errorType: null,
  isList: false,
  signs: NO_SIGNS,
};

/** Never throws: a body that is not a JSON object or array reads as an empty answer. */
export const readAnswer: (text: string) => WireAnswer = createKnownAnswers(readInFull);

/** {@link readAnswer} without its memory. */
export function readInFull(text: string): WireAnswer {
  const body = parse(text);
  if (typeof body !== "object" || body === null) return UNREADABLE;
  const id = findId(body);
  const type = at(body, ["error", "type"]);
  return {
    isWhole: true,
    id,
    isWamid: id !== null && isWamid(id),
    isHeld: STATUS_PLACES.some((place) => HELD.has(at(body, place))),
    errorCode: findCode(body),
    flatCode: Array.isArray(at(body, ["details"])) ? null : asCode(at(body, ["code"])),
    errorType: typeof type === "string" ? type : null,
    isList: Array.isArray(body),
    signs: readSigns(body, text),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** Own members only, so that `__proto__` in a body is an ordinary name. */
function at(value: unknown, path: Path): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, step)) {
      return undefined;
    }
    found = (found as Record<string | number, unknown>)[step];
  }
  return found;
}

function findId(body: object): string | null {
  let first: string | null = null;
  for (const place of ID_PLACES) {
    const id = asId(at(body, place));
    if (id !== null && isWamid(id)) return id;
    first ??= id;
  }
  return first;
}

function asId(value: unknown): string | null {
  // Beyond 2^53 JSON.parse has rounded it: such an id would never match.
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : null;
  if (typeof value !== "string" || value.length > ID_CHARS_MAX) return null;
  return VISIBLE.test(value) ? value : null;
}

function isWamid(id: string): boolean {
  return id.startsWith("wamid.") && id.length > "wamid.".length;
}

function findCode(body: object): number | null {
  // An opt-out counts anywhere in a list of errors.
  const listed = ERROR_LISTS.flatMap((place) => codesOf(at(body, place)));
  const optOut = listed.find((code) => errorCode(code)?.class === "optout");
  if (optOut !== undefined) return optOut;
  let first: number | null = null;
  for (const place of CODE_PLACES) {
    const code = asCode(at(body, place));
    if (code === null) continue;
    if (errorCode(code)) return code;
    first ??= code;
  }
  return first;
}

function codesOf(list: unknown): number[] {
  if (!Array.isArray(list)) return [];
  return list.map((error) => asCode(at(error, ["code"]))).filter((code) => code !== null);
}
