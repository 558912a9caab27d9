import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { slotKey } from "../keys.ts";
import { renderLua } from "./render-lua.ts";
import {
  SCRIPT_NAMES,
  SCRIPTS,
  type ScriptArgument,
  type ScriptArguments,
  type ScriptName,
} from "./script-list.ts";

/**
 * Runs one script for one number; `rest` has the repeated arguments after the named ones. Rejects
 * if Redis cannot answer; the scripts are idempotent.
 */
export type RunScript = <Name extends ScriptName>(
  name: Name,
  args: ScriptArguments<Name>,
  rest?: readonly ScriptArgument[],
) => Promise<unknown>;

/** Registers the scripts on `redis` and returns the function that runs them for `number`. */
export function createScriptRunner(redis: Redis, number: string): RunScript {
  const key = slotKey(number);
  for (const name of SCRIPT_NAMES) {
    if (!(commandName(name) in redis)) {
      redis.defineCommand(commandName(name), { numberOfKeys: 1, lua: scriptSource(name) });
    }
  }
  return (name, args, rest = []) => {
    const named: readonly (keyof typeof args)[] = SCRIPTS[name];
    return commandOf(redis, name)(key, ...named.map((argument) => args[argument]), ...rest);
  };
}

/**
 * The whole text of a script: its libraries (`--- @include "x"` is `scripts/lib/x.lua`), each once
 * and after those it includes itself, and the values of protocol.ts.
 */
export function scriptSource(name: ScriptName): string {
  const included = new Set<string>();
  const expand = (path: string): string =>
    readScript(path).replace(/^--- @include "([a-z-]+)"\n/gm, (_, lib: string) => {
      if (included.has(lib)) return "";
      included.add(lib);
      return expand(`lib/${lib}.lua`);
    });
  return renderLua(expand(`${name}.lua`), SCRIPTS[name]);
}

function commandName(name: ScriptName): string {
  return `dropcast-${name}`;
}

type Command = (key: string, ...args: ScriptArgument[]) => Promise<unknown>;

function commandOf(redis: Redis, name: ScriptName): Command {
  const command: unknown = Reflect.get(redis, commandName(name));
  if (typeof command !== "function") throw new Error(`Script ${name} is not defined.`);
  return command.bind(redis) as Command;
}

function readScript(path: string): string {
  return readFileSync(new URL(`./${path}`, import.meta.url), "utf8");
}
