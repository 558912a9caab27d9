import { MOVES, OVERRULES, STATES, type State } from "../../core/message.ts";
import * as protocol from "./protocol.ts";
import type { ScriptWords } from "./script-answers.ts";

/** What one script has of its own. */
interface ScriptTerms {
  /** Its arguments, and those that repeat, in order. */
  readonly args: readonly string[];
  readonly each: readonly string[];
  readonly answers: ScriptWords;
}

/**
 * Renders a script for Redis. Every EVALSHA runs the whole text, so length costs time: comments and
 * unused declarations of its libraries are removed, and names of protocol.ts become their values,
 * so that no table is built or read. An unknown name is an error.
 *
 *     FLAG.late_failed   8           a member
 *     BATCH_ROWS         100         a number; so are the scripts' own constants of numbers
 *     CLAIM_ROW.format   '>I4c8'     how a packed row is read; `.bytes` its length
 *     LEDGER_HEADER.at_state   2     the place of a field's first byte, from 1
 *     TIME[name]                     a table, which is rendered on top of scripts that index it
 *     NEXT, OVERRULES                the state table of core/message.ts, the same
 *     ARG.lease_ms       ARGV[11]    an argument of the script (script-list.ts)
 *     REST, STEP         17, 3       where what repeats begins, and how many arguments it has
 *     EACH.scope         ARGV[at + 1]   one of them, in a loop over `at`
 *     ANSWER.no_row      -2          a word of its answers, as it is sent (script-answers.ts)
 */
export function renderLua(text: string, script: Partial<ScriptTerms> = {}): string {
  const { args = [], each = [], answers = {} } = script;
  const own = new Map<string, ReadonlyMap<string, string>>([
    ["ARG", new Map(args.map((name, at) => [luaName(name), `ARGV[${at + 1}]`]))],
    ["EACH", new Map(each.map((name, at) => [luaName(name), `ARGV[at + ${at}]`]))],
    ["ANSWER", membersOf(answers)],
  ]);
  const sizes = new Map([...SCALARS, ["REST", `${args.length + 1}`], ["STEP", `${each.length}`]]);
  const used = withoutUnused(text.replace(/ *--.*/g, "").replace(/\n{2,}/g, "\n"));
  const tables = [...TABLES].filter(([name]) => new RegExp(`\\b${name}\\[`).test(used));
  const values = used
    .replace(/\b([A-Z][A-Z_]+)\.([a-z][a-z0-9_]*)\b/g, (found, group: string, member: string) => {
      const members = own.get(group) ?? GROUPS.get(group);
      if (members === undefined) return found;
      const value = members.get(member);
      if (value === undefined) throw new Error(`A script uses ${found}, which it does not have.`);
      return value;
    })
    .replace(/\b[A-Z][A-Z_]+\b(?!\s*=[^=])/g, (name) => sizes.get(name) ?? name);
  const declared = tables.map(([name, table]) => `local ${name} = ${table}`);
  return [...declared, withNumbersInPlace(values)].join("\n");
}

/** A top-level constant that is a number, or several. */
const NUMBERS = /^local ([A-Z][A-Z_]*(?:, [A-Z][A-Z_]*)*) = ([\d.]+(?:, [\d.]+)*)\n/gm;

/**
 * Writes constants that are numbers where they are used. Each top-level name costs every call time,
 * and a script can have 200 of them.
 */
function withNumbersInPlace(text: string): string {
  const numbers = new Map<string, string>();
  const isOnce = (name: string) =>
    text.match(new RegExp(`\\blocal [^\\n=]*\\b${name}\\b`, "g"))?.length === 1;
  const left = text.replace(NUMBERS, (declaration, names: string, values: string) => {
    const [known, given] = [names.split(", "), values.split(", ")];
    if (known.length !== given.length || !known.every(isOnce)) return declaration;
    for (const [at, name] of known.entries()) numbers.set(name, given[at] ?? "");
    return "";
  });
  return left.replace(/(?<!['.])\b[A-Z][A-Z_]*\b(?!')/g, (name) => numbers.get(name) ?? name);
}

/** A top-level function or constant, to its end. */
const DECLARATION =
  /^local (?:function (\w+)(?:.* end\n|.*\n[\s\S]*?^end\n)|([A-Z]\w*) = (?:\{\n[\s\S]*?^\}\n|.*\n))/gm;

function withoutUnused(text: string): string {
  const count = (where: string, name: string) =>
    where.match(new RegExp(`\\b${name}\\b`, "g"))?.length ?? 0;
  const kept = text.replace(DECLARATION, (declaration, called: string, constant: string) => {
    const name = called ?? constant;
    return count(text, name) === count(declaration, name) ? "" : declaration;
  });
  return kept === text ? text : withoutUnused(kept);
}

const SCALARS = new Map<string, string>();
const GROUPS = new Map<string, ReadonlyMap<string, string>>();
for (const [name, value] of Object.entries(protocol)) {
  if (typeof value === "number") SCALARS.set(name, String(value));
  else if ("format" in value)
    GROUPS.set(name, membersOf({ ...sizesOf(value), ...placesOf(value) }));
  else GROUPS.set(name, membersOf(value));
}

const TABLES: ReadonlyMap<string, string> = new Map([
  ["TIME", luaTable(GROUPS.get("TIME") ?? new Map())],
  ["ENDED", luaTable(GROUPS.get("ENDED") ?? new Map())],
  ["HISTORY", luaTable(GROUPS.get("HISTORY") ?? new Map())],
  ["NEXT", movesTable(MOVES)],
  ["OVERRULES", movesTable(OVERRULES)],
]);

function membersOf(values: Readonly<Record<string, string | number>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(values).map(([name, value]) => [
      luaName(name),
      typeof value === "number" ? String(value) : `'${value}'`,
    ]),
  );
}

function sizesOf({ format, bytes }: { format: string; bytes: number }) {
  return { format, bytes };
}

function placesOf({ at }: { at: Readonly<Record<string, number>> }): Record<string, number> {
  return Object.fromEntries(Object.entries(at).map(([field, place]) => [`at_${field}`, place + 1]));
}

/** `lateFailed` -> `late_failed`. */
export function luaName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function luaTable(members: ReadonlyMap<string, string>): string {
  return `{ ${[...members].map(([name, value]) => `${name} = ${value}`).join(", ")} }`;
}

function movesTable(moves: typeof MOVES): string {
  const lines = Object.entries(moves).map(([from, events]) => {
    const members = Object.entries(events).map(
      ([event, to]) => [event, String(STATES[to])] as const,
    );
    return `[${STATES[from as State]}] = ${luaTable(new Map(members))}`;
  });
  return `{ ${lines.join(", ")} }`;
}
