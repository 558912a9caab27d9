import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { neverKey, slotKey } from "../keys.ts";
import { renderLua } from "./render-lua.ts";
import { answersOf, readAnswer, type ScriptResult } from "./script-answers.ts";
import {
  eachOf,
  SCRIPTS,
  type ScriptArgument,
  type ScriptArguments,
  type ScriptEach,
  type ScriptName,
} from "./script-list.ts";

/**
 * Runs one script for one number; `each` has the arguments that repeat. Rejects if Redis cannot
 * answer, or answers a word that is not listed (script-answers.ts); the scripts are idempotent.
 */
export type RunScript = <Name extends ScriptName>(
  name: Name,
  args: ScriptArguments<Name>,
  each?: readonly ScriptEach<Name>[],
) => Promise<ScriptResult<Name>>;

/**
 * Returns the function that runs the scripts for `number` on `redis`.
 *
 * Each call declares two keys, and neither exists. A script builds its other keys from the first;
 * Redis sees only those that are declared. While the keys of a hash slot move to another node, one
 * by one, it sends a command whose only key is missing here to that node, which runs it, also if
 * the keys that the script builds are still here: half a ledger on each. A command with several
 * keys of which one is missing it refuses on both sides (ASK, TRYAGAIN) until the slot has moved.
 */
export function createScriptRunner(redis: Redis, number: string): RunScript {
  const keys = [slotKey(number), neverKey(number)] as const;
  return async (name, args, each = []) => {
    const named: readonly (keyof typeof args)[] = SCRIPTS[name];
    const came = await commandOf(redis, name)(
      ...keys,
      ...named.map((argument) => args[argument]),
      ...each.flatMap((one: Readonly<Record<string, ScriptArgument>>) =>
        eachOf(name).map((argument) => one[argument] ?? ""),
      ),
    );
    return readAnswer(name, came);
  };
}

/** Scripts whose answers are bytes: their strings come as buffers. */
const ANSWERS_BYTES: ReadonlySet<ScriptName> = new Set(["apply-status"]);

const sources = new Map<ScriptName, string>();

/**
 * The whole text of a script: its libraries (`--- @include "x"` is `scripts/lib/x.lua`), each once
 * and after those it includes itself, and the values of protocol.ts.
 */
export function scriptSource(name: ScriptName): string {
  const known = sources.get(name);
  if (known !== undefined) return known;
  const source = render(name);
  sources.set(name, source);
  return source;
}

function render(name: ScriptName): string {
  const included = new Set<string>();
  const expand = (path: string): string =>
    readScript(path).replace(/^--- @include "([a-z-]+)"\n/gm, (_, lib: string) => {
      if (included.has(lib)) return "";
      included.add(lib);
      return expand(`lib/${lib}.lua`);
    });
  const terms = { args: SCRIPTS[name], each: eachOf(name), answers: answersOf(name) };
  return renderLua(expand(`${name}.lua`), terms);
}

function commandName(name: ScriptName): string {
  return `dropcast-${name}`;
}

type Command = (...keysAndArguments: ScriptArgument[]) => Promise<unknown>;

/** A script is registered when it is first used: to render all of them takes 100 ms. */
function commandOf(redis: Redis, name: ScriptName): Command {
  if (!(commandName(name) in redis)) {
    redis.defineCommand(commandName(name), { numberOfKeys: 2, lua: scriptSource(name) });
  }
  const kind = ANSWERS_BYTES.has(name) ? "Buffer" : "";
  const command: unknown = Reflect.get(redis, commandName(name) + kind);
  if (typeof command !== "function") throw new Error(`Script ${name} is not defined.`);
  return command.bind(redis) as Command;
}

function readScript(path: string): string {
  return readFileSync(new URL(`./${path}`, import.meta.url), "utf8");
}
