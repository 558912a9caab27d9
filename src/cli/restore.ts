import { resolve } from "node:path";
import type { AboutBackup } from "../backup/backup-file.ts";
import { accept, type Result } from "../core/refusal.ts";
import { commandActor } from "./actor.ts";
import { KEY_FILE, readKey } from "./backup.ts";
import type { Cli, Command, CommandSpec } from "./command.ts";
import { asksFirst, confirmAlone, YES } from "./confirm.ts";
import { counted } from "./words.ts";

export const spec: CommandSpec = {
  name: "restore",
  bothModes: true,
  args: [{ syntax: "<file>", description: "a file of `dropcast backup`" }],
  options: [KEY_FILE, YES],
  summary: "bring a backup into an empty Redis; nothing is sent before you decide",
  examples: ["dropcast restore dropcast.backup --key-file backup.key"],
};

/** `restore FILE`: into an empty Redis. Every number then waits with the rollback's question. */
export const run: Command = async (cli, { args, options }) => {
  const key = await readKey(cli, options);
  if (!key.ok) return key;
  const path = resolve(cli.cwd, args[0] ?? "");
  const [{ loadCommandConfig }, { createLogger }, { restore }] = await Promise.all([
    import("./configuration.ts"),
    import("../logger.ts"),
    import("../app/backup.ts"),
  ]);
  const config = await loadCommandConfig(cli);
  if (!config.ok) return config;
  const { terminal } = cli;
  const restored = await restore({
    ...{ config: config.value, path, key: key.value, say: terminal.say, by: commandActor(cli) },
    logger: createLogger({ level: "error", stream: { write: (line) => terminal.log(line) } }),
    onProgress: (keys) => terminal.live(`${keys.toLocaleString("en")} keys restored`),
    confirm: async (about) =>
      asksFirst(cli, options) ? ask(cli, { path, about }) : accept(undefined),
  });
  terminal.live("");
  if (!restored.ok) return restored;
  const { about, numbers, keys } = restored.value;
  const since = about.madeAt;
  const lines = [
    `Restored ${path}, made ${since}: ${keys.toLocaleString("en")} keys, ${counted(numbers.length, "number")}.`,
    "Nothing is sent yet. This copy does not know what happened after it was made:",
    `- messages sent since then read as not sent: dropcast doctor --accept-rollback makes them unknown;`,
    "  if nothing was sent since (everything was stopped before the backup): dropcast doctor --nothing-lost;",
    "- opt-outs since then are missing: enter them (dropcast suppress import) before you decide;",
    "- people erased since then are here again: erase them again;",
    "- users, passwords and tokens are those of that time: remove what was taken away since.",
  ];
  return accept({ json: { ...about, numbers, keys }, text: lines.join("\n") });
};

function ask(
  cli: Cli,
  { path, about }: { path: string; about: AboutBackup },
): Promise<Result<void>> {
  return confirmAlone(cli, {
    shown: `${path} was made ${about.madeAt} by Dropcast ${about.dropcast}, from Redis ${about.redis}. It is whole.`,
    question: "Restore it into this empty Redis?",
    would: "restore it into this empty Redis",
    otherwise: "Nothing was restored",
  });
}
