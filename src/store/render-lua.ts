import { MOVES, OVERRULES, STATES, type State } from "../core/message.ts";
import * as protocol from "./protocol.ts";

/**
 * The names of protocol.ts in a script become their values, so that nothing is built or looked up
 * when it runs: every EVALSHA would build a table anew. A name that protocol.ts does not have is
 * an error. `--- @include "x"` has pulled in `scripts/lib/x.lua` before.
 *
 *     FLAG.late_failed   8           a member
 *     BATCH_ROWS         100         a number
 *     CLAIM_ROW.format   '>I4c8'     how a packed row is read; `.bytes` its length
 *     LEDGER_HEADER.at_state   2     the place of a field's first byte, from 1
 *     TIME[name]                     a table, which is rendered on top of scripts that index it
 *     NEXT, OVERRULES                the state table of core/message.ts, the same
 */
export function renderLua(text: string): string {
  const tables = [...TABLES].filter(([name]) => new RegExp(`\\b${name}\\[`).test(text));
  const values = text
    .replace(/\b([A-Z][A-Z_]+)\.([a-z][a-z0-9_]*)\b/g, (found, group: string, member: string) => {
      const members = GROUPS.get(group);
      if (members === undefined) return found;
      const value = members.get(member);
      if (value === undefined) throw new Error(`A script names ${found}: protocol.ts has none.`);
      return value;
    })
    .replace(/\b[A-Z][A-Z_]+\b(?!\s*=[^=])/g, (name) => SCALARS.get(name) ?? name);
  return [...tables.map(([name, table]) => `local ${name} = ${table}`), values].join("\n");
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
function luaName(name: string): string {
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
