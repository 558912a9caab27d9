import type { Mode } from "../core/mode.ts";
import type { Result } from "../core/refusal.ts";
import { type Refused, refuse } from "../core/refusal.ts";
import type { Terminal } from "./terminal.ts";

/** What a command gets: where it writes, what the environment holds, whether a script asks. */
export interface Cli {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** `--json`: one JSON value on stdout, and nothing else there. */
  readonly json: boolean;
  readonly version: string;
  /** `--live` or `--sandbox`; null: neither, so it is what is configured or runs here. */
  readonly chosenMode: Mode | null;
  /** The command neither sends nor decides anything. */
  readonly onlyLooks: boolean;
}

/** What a command has to say when it is done: for scripts and for people. */
export interface Report {
  readonly json: unknown;
  /** Empty: nothing is printed without `--json`. */
  readonly text: string;
  /** 0 when left out. */
  readonly exitCode?: 0 | 1;
}

/** A command that has written its output itself answers `null`. */
export type CommandResult = Result<Report | null>;

/** Options as commander gives them: `--dry-run` is `dryRun`, a repeatable one a list. */
export type Options = Readonly<Record<string, unknown>>;

export type Command = (
  cli: Cli,
  input: { readonly args: readonly string[]; readonly options: Options },
) => Promise<CommandResult>;

/** One command as the command line offers it. The heavy packages are loaded by its `run`. */
export interface CommandSpec {
  readonly name: string;
  /** In commander's notation: `<campaign>`, `[list]`. */
  readonly args: readonly { readonly syntax: string; readonly description: string }[];
  readonly options: readonly OptionSpec[];
  readonly summary: string;
  /** Runs until it is stopped, as it is configured: it takes neither `--live` nor `--sandbox`. */
  readonly serves?: true;
  /** Only looks: it may be proposed for a mistyped one. Left out: it acts, and never is. */
  readonly harmless?: true;
  /** It does the same to what is live and to the sandbox. */
  readonly bothModes?: true;
  /** Shown by `--help`; each one works as it stands. */
  readonly examples: readonly string[];
  /** Where the usage line cannot be made of the arguments. */
  readonly usage?: string;
}

/** What the file of a command exports: how it is typed, and what it does. */
export interface CommandFile {
  readonly spec: CommandSpec;
  readonly run: Command;
}

/** The argument of commands that are about one campaign. */
export const CAMPAIGN_ID = { syntax: "<campaign>", description: "id of a campaign, as in main-17" };

/** The arguments of commands that are given a list. */
export const LIST_FILES = [
  { syntax: "<campaign.yaml>", description: "the campaign file (YAML or JSON)" },
  {
    syntax: "[list.csv]",
    description: "the list; without it, recipients.file of the campaign file",
  },
] as const;

export interface OptionSpec {
  readonly flags: string;
  readonly description: string;
  /** May be given several times. */
  readonly repeatable?: true;
  /** Sends, confirms and deletes nothing: it may be proposed for a mistyped one. */
  readonly harmless?: true;
}

/** Of commands that send a list. */
export const AGAIN: OptionSpec = {
  flags: "--again",
  description: "send a list that was sent before under this name, once more to everybody",
};

/** The command line was typed wrongly. */
export function refuseUsage(message: string, fix: string): Refused {
  return refuse("usage", message, fix);
}

/** An option that takes a text, or undefined when it was not given. */
export function textOption(options: Options, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

export function flagOption(options: Options, name: string): boolean {
  return options[name] === true;
}

export function listOption(options: Options, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.map(String) : [];
}
