import { ROLES, type Role } from "../core/access.ts";
import type { Mode } from "../core/mode.ts";
import { nearest } from "../core/nearest.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import type { Terminal } from "./terminal.ts";

/** What a command gets: its output, its environment, and whether a script runs it. */
export interface Cli {
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** `--json`: one JSON value on stdout, and nothing else there. */
  readonly json: boolean;
  readonly version: string;
  /** `--live` or `--sandbox`; null: neither, so the configured or running one is used. */
  readonly chosenMode: Mode | null;
  /** The command only reads: it neither sends nor changes anything. */
  readonly onlyLooks: boolean;
}

/** The result of a command, for scripts and for people. */
export interface Report {
  readonly json: unknown;
  /** If empty, nothing is printed without `--json`. */
  readonly text: string;
  /** Defaults to 0. */
  readonly exitCode?: 0 | 1;
}

/** A command that has already written its output returns `null`. */
export type CommandResult = Result<Report | null>;

/** Options as commander gives them: `--dry-run` is `dryRun`, a repeatable one a list. */
export type Options = Readonly<Record<string, unknown>>;

export type Command = (
  cli: Cli,
  input: {
    readonly args: readonly string[];
    readonly options: Options;
    /** The whole command line, for what completes it. */
    readonly program: () => Promise<ProgramShape>;
  },
) => Promise<CommandResult>;

/** The commands and options that the command line knows. */
export interface ProgramShape {
  readonly name: string;
  readonly options: readonly OptionShape[];
  readonly commands: readonly {
    readonly name: string;
    readonly summary: string;
    /** What its first argument may be; empty: anything. */
    readonly words: readonly string[];
    readonly options: readonly OptionShape[];
  }[];
}

interface OptionShape {
  /** `--dry-run` */
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
}

/** One command of the command line. Its `run` loads the heavy packages. */
export interface CommandSpec {
  readonly name: string;
  /** In commander's notation: `<campaign>`, `[list]`. */
  readonly args: readonly {
    readonly syntax: string;
    readonly description: string;
    /** All that it may be: for completion. */
    readonly choices?: readonly string[];
  }[];
  readonly options: readonly OptionSpec[];
  readonly summary: string;
  /** Runs as configured until it is stopped: it takes neither `--live` nor `--sandbox`. */
  readonly serves?: true;
  /** Only reads, so it may be suggested for a mistyped one. */
  readonly harmless?: true;
  /** Affects live and sandbox alike. */
  readonly bothModes?: true;
  /** Shown by `--help`; each one works as it is. */
  readonly examples: readonly string[];
  /** If the usage line cannot be derived from the arguments. */
  readonly usage?: string;
}

/** The exports of a command's file: its syntax and its code. */
export interface CommandFile {
  readonly spec: CommandSpec;
  readonly run: Command;
}

/** The argument of commands that are about one campaign. */
export const CAMPAIGN_ID = { syntax: "<campaign>", description: "id of a campaign, as in main-17" };

/** The arguments of commands that take a list. */
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
  /** Sends, confirms and deletes nothing, so it may be suggested for a mistyped one. */
  readonly harmless?: true;
}

/** The role that was given, a viewer's without one. */
export function roleOption(options: Options): Result<Role> {
  const typed = textOption(options, "role") ?? "viewer";
  const role = ROLES.find((one) => one === typed);
  return role === undefined
    ? refuseUsage(`"${typed}" is not a role.`, `Give ${ROLES.join(", ")}.`)
    : accept(role);
}

/** For commands that send a list. */
export const AGAIN: OptionSpec = {
  flags: "--again",
  description: "send a list that was sent before under this name to everyone again",
};

/** The command line has a mistake. */
export function refuseUsage(message: string, fix: string): Refused {
  return refuse("usage", message, fix);
}

/** The value of a text option; undefined if it was not given. */
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

/** Names with commas between them; null if the option was not given. */
export function namesOption(options: Options, name: string): readonly string[] | null {
  const typed = textOption(options, name);
  return typed === undefined ? null : typed.split(",").map((one) => one.trim());
}

/**
 * The likely meaning of a mistyped command or option; null if nothing is near, or if the nearest
 * would send, confirm or delete: a person may run the suggestion without reading it.
 */
export function suggestion(
  typed: string,
  known: readonly (CommandSpec | OptionSpec)[],
): string | null {
  // Of two equally near ones, assume the one that acts.
  const acting = known.filter(({ harmless }) => harmless === undefined).map(nameOf);
  const harmless = known.filter((one) => one.harmless === true).map(nameOf);
  const meant = nearest(typed, [...acting, ...harmless]);
  return meant !== null && harmless.includes(meant) ? meant : null;
}

function nameOf(spec: CommandSpec | OptionSpec): string {
  return "flags" in spec ? (/--[a-z0-9-]+/.exec(spec.flags)?.[0] ?? spec.flags) : spec.name;
}

/** A whole number of `what` from 1 to `max`; null if the option was not given. */
export function countOption(
  options: Options,
  name: string,
  { max, of }: { readonly max: number; readonly of: string },
): Result<number | null> {
  const typed = textOption(options, name);
  if (typed === undefined) return accept(null);
  const value = /^[1-9]\d{0,8}$/.test(typed) ? Number(typed) : Number.NaN;
  if (value <= max) return accept(value);
  const most = max.toLocaleString("en-US");
  return refuseUsage(`--${name} ${typed} is not a number of ${of}.`, `Give 1 to ${most}.`);
}
