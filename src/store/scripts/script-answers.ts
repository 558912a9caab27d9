import { named } from "./layout.ts";
import type { ScriptName } from "./script-list.ts";

/** Words that several scripts send as numbers. */
const NUMBERS = {
  done: 1,
  unchanged: 0,
  no_campaign: -1,
  no_row: -2,
  closed: -3,
  /** Rows were rewritten since the caller read them. */
  rewritten: -4,
  /** It waits for the approval of a second person. */
  unapproved: -5,
  /** Who started it cannot approve it. */
  same_person: -6,
  /** Another number of messages waits than the caller was shown. */
  other_count: -7,
  /** Redis may have gone back in time: nothing is sent again (guard_is_open). */
  guarded: -8,
} as const;

/**
 * The words that a script's answer begins with, and how each is sent. The script says
 * `ANSWER.no_campaign`, and the runner reads the word: TypeScript never sees how it was sent.
 */
export const SCRIPT_ANSWERS = {
  "begin-action": named(["begun", "known", "full", "no_campaign", "closed", "guarded"]),
  "begin-request": named(["begun", "answered", "busy", "other"]),
  "begin-session": named(["begun", "used", "changed"]),
  "cancel-campaign": numbers("done", "unchanged", "guarded", "no_campaign"),
  "change-tokens": named(["added", "taken", "full", "removed", "none"]),
  "change-users": named(["added", "taken", "full", "changed", "removed", "none"]),
  "commit-recurring": named(["committed", "same", "late"]),
  "confirm-start": { confirmed: 1, nothing_asked: 0, went_back: -1 },
  "correct-rows": numbers("done", "rewritten", "closed", "guarded", "no_campaign"),
  "end-recurring": named(["done", "late"]),
  "erase-rows": numbers("done", "rewritten", "no_campaign"),
  "import-begin": named(["begun", "restarted", "busy", "known", "none", "lost"]),
  "note-audit": named(["moved", "fits", "noted", "suspended"]),
  "pause-campaign": numbers("done", "unchanged", "no_campaign"),
  "pool-begin": named(["begun", "restarted", "busy", "known", "none"]),
  "purge-campaign": { early: 0, more: 1, done: 2 },
  "resolve-row": numbers("done", "unchanged", "closed", "guarded", "no_row", "no_campaign"),
  "resume-campaign": numbers(
    ...(["done", "unchanged", "rewritten", "unapproved"] as const),
    ...(["same_person", "other_count", "no_campaign"] as const),
  ),
  "retry-rows": numbers("done", "closed", "guarded", "no_campaign"),
  "set-rate": numbers("done", "closed", "no_campaign"),
  "step-action": named(["stepped", "ended", "gone", "busy", "moved", "guarded"]),
  "stop-action": named(["stopped", "ended", "gone"]),
  "take-recurring": named(["taken", "early", "handled", "busy", "gone"]),
} as const satisfies Partial<Record<ScriptName, ScriptWords>>;

/** By word, how it is sent. */
export type ScriptWords = Readonly<Record<string, string | number>>;

type AnsweringScript = keyof typeof SCRIPT_ANSWERS;

/** The words that the answer of a script, or of one of several, may begin with. */
export type ScriptAnswer<Name extends ScriptName> = Name extends AnsweringScript
  ? keyof (typeof SCRIPT_ANSWERS)[Name]
  : never;

/** What a script answers: its word and what follows, or what came if it has none. */
export type ScriptResult<Name extends ScriptName> = Name extends AnsweringScript
  ? readonly [ScriptAnswer<Name>, ...unknown[]]
  : unknown;

/** The words of one script; none for those that answer with something else. */
export function answersOf(name: ScriptName): ScriptWords {
  return name in SCRIPT_ANSWERS ? SCRIPT_ANSWERS[name as AnsweringScript] : {};
}

/** Reads what came from Redis. Throws if the script has no such word. */
export function readAnswer<Name extends ScriptName>(name: Name, came: unknown): ScriptResult<Name> {
  const words = Object.entries(answersOf(name));
  if (words.length === 0) return came as ScriptResult<Name>;
  const [sent, ...rest]: unknown[] = Array.isArray(came) ? came : [came];
  const word = words.find(([, as]) => as === sent)?.[0];
  if (word === undefined) throw new Error(`The script ${name} answered ${String(sent)}.`);
  return [word, ...rest] as readonly unknown[] as ScriptResult<Name>;
}

function numbers<const Word extends keyof typeof NUMBERS>(
  ...words: readonly Word[]
): Readonly<Pick<typeof NUMBERS, Word>> {
  return Object.fromEntries(words.map((word) => [word, NUMBERS[word]])) as Pick<
    typeof NUMBERS,
    Word
  >;
}
