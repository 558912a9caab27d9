import { resolve } from "node:path";
import type { BackupKey } from "../backup/backup-key.ts";
import { audited } from "../campaigns/audited.ts";
import { accept, type Result } from "../core/refusal.ts";
import { commandActor } from "./actor.ts";
import type { Options } from "./command.ts";
import {
  type Cli,
  type Command,
  type CommandSpec,
  type OptionSpec,
  textOption,
} from "./command.ts";
import { withPlatform } from "./session.ts";

/** The option of `backup` and `restore`. */
export const KEY_FILE: OptionSpec = {
  flags: "--key-file <file>",
  description: "file with an age key or a passphrase of 16 characters or more",
};

export const spec: CommandSpec = {
  name: "backup",
  bothModes: true,
  args: [{ syntax: "<file>", description: "where to write it; must not exist" }],
  options: [KEY_FILE],
  summary: "copy everything to a file, while all keeps running",
  examples: ["dropcast backup dropcast.backup --key-file backup.pub"],
};

/** `backup FILE`: a consistent copy of the ledger, opt-outs, users and settings in Redis. */
export const run: Command = async (cli, { args, options }) => {
  const key = await readKey(cli, options);
  if (!key.ok) return key;
  const path = resolve(cli.cwd, args[0] ?? "");
  return withPlatform(cli, async (platform) => {
    const { backUp } = await import("../app/backup.ts");
    const made = await audited(
      platform.actsOf(platform.config.mode),
      commandActor(cli),
      { what: "back up", details: { encrypted: key.value !== null } },
      () =>
        backUp(platform, {
          ...{ path, key: key.value, version: cli.version },
          onProgress: (bytes) => cli.terminal.live(`${megabytes(bytes)} copied`),
        }),
    );
    cli.terminal.live("");
    if (!made.ok) return made;
    const { bytes, encrypted } = made.value;
    const words = encrypted
      ? "encrypted: keep the key somewhere else."
      : "NOT encrypted: it holds phones, messages and hashes of passwords.";
    return accept({
      json: made.value,
      text: `Wrote ${path}, ${megabytes(bytes)}, ${words}`,
    });
  });
};

/** The key of `--key-file`; null: none was given. */
export async function readKey(
  { cwd }: Pick<Cli, "cwd">,
  options: Options,
): Promise<Result<BackupKey | null>> {
  const file = textOption(options, "keyFile");
  if (file === undefined) return accept(null);
  const { readBackupKey } = await import("../backup/backup-key.ts");
  return readBackupKey(resolve(cwd, file));
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
