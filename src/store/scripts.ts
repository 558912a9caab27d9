import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { slotKey } from "./keys.ts";
import { renderLua } from "./render-lua.ts";

/**
 * Loads the Lua scripts of this folder. `--- @include "x"` pulls in `scripts/lib/x.lua`; what they
 * share with TypeScript is rendered into them (protocol.ts).
 */
export const SCRIPT_NAMES = [
  "accept-rollback",
  "apply-opt-outs",
  "apply-status",
  "cancel-campaign",
  "change-opt-outs",
  "claim",
  "close-batch",
  "confirm-start",
  "count-rows",
  "delete-campaign",
  "dispatch",
  "doubt-rows",
  "erase-person",
  "erase-rows",
  "import-begin",
  "import-chunk",
  "import-finish",
  "index-campaigns",
  "mend-rows",
  "note-audit",
  "note-process",
  "pause-campaign",
  "purge-campaign",
  "read-counter",
  "record",
  "resolve-row",
  "resume-campaign",
  "retry-rows",
  "set-counts",
  "set-rate",
  "sweep",
  "who-got",
  "who-waits",
] as const;

export type ScriptName = (typeof SCRIPT_NAMES)[number];

/** Scripts that count a change by people (`count_act` of lib/guard.lua), however they end. */
export const ACTS: ReadonlySet<ScriptName> = new Set<ScriptName>([
  "apply-opt-outs",
  "cancel-campaign",
  "erase-rows",
  "import-begin",
  "import-finish",
  "mend-rows",
  "pause-campaign",
  "resolve-row",
  "resume-campaign",
  "retry-rows",
  "set-rate",
]);

/** What scripts take and give: strings, numbers and bytes; nothing else crosses the wire. */
export type ScriptArgument = string | number | Buffer;

/** Runs one script for one number. Rejects when Redis cannot answer; the scripts are idempotent. */
export type RunScript = (name: ScriptName, args: readonly ScriptArgument[]) => Promise<unknown>;

/** Registers the scripts on `redis` and returns the function that runs them for `number`. */
export function createScriptRunner(redis: Redis, number: string): RunScript {
  const key = slotKey(number);
  for (const name of SCRIPT_NAMES) {
    if (!(commandName(name) in redis)) {
      redis.defineCommand(commandName(name), { numberOfKeys: 1, lua: scriptSource(name) });
    }
  }
  return (name, args) => commandOf(redis, name)(key, ...args);
}

/** The whole text of a script, with its includes and the values of protocol.ts. */
export function scriptSource(name: ScriptName): string {
  const expanded = readScript(`${name}.lua`).replace(
    /^--- @include "([a-z-]+)"$/gm,
    (_, lib: string) => readScript(`lib/${lib}.lua`),
  );
  return renderLua(expanded);
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
  return readFileSync(new URL(`./scripts/${path}`, import.meta.url), "utf8");
}
