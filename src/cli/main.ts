import { setImmediate as nextTurn } from "node:timers/promises";
import { type Argument, Command as Commander, CommanderError, Option } from "commander";
import type { Mode } from "../core/mode.ts";
import { accept, type Refusal, type Result } from "../core/refusal.ts";
import { describeRefusal } from "../core/refusals.ts";
import { VERSION } from "../version.ts";
import type {
  Cli,
  CommandFile,
  CommandResult,
  CommandSpec,
  OptionSpec,
  Options,
  ProgramShape,
} from "./command.ts";
import { flagOption, refuseUsage, suggestion } from "./command.ts";
import { loadCommands } from "./commands.ts";
import { explainFault } from "./fault.ts";
import { withTypedName } from "./program-name.ts";
import { createTerminal } from "./terminal.ts";

/**
 * The command line: `argv` as in `process.argv`. Never rejects; sets the exit code: 0 done,
 * 1 refused or failed, 2 wrong usage. With `--json`, stdout gets exactly one JSON value, also for a
 * refusal or wrong usage.
 */
export async function run(argv: string[]): Promise<void> {
  const json = asksForJson(argv);
  const screen = createTerminal(process);
  const { env } = process;
  const cwd = process.cwd();
  const cli = {
    // Scripts get the text unchanged.
    terminal: json ? screen : withTypedName(screen, { argv, env, cwd }),
    ...{ env, cwd, json },
    version: VERSION,
  };
  const code = await runCommandLine(argv.slice(2), cli, leaveSoon);
  // An error of the last write comes after it.
  await nextTurn();
  const lost = screen.lost();
  process.exitCode = lost === null ? code : Math.max(1, code);
  if (lost !== null) screen.say(`error: The output could not be written whole (${lost}).`);
}

/**
 * As {@link run}, with only the arguments and a given command line; returns the exit code.
 * `onFault` is called for anything that is not a refusal: a bug, or an infrastructure failure.
 */
export async function runCommandLine(
  args: readonly string[],
  cli: Omit<Cli, "chosenMode" | "onlyLooks">,
  onFault: () => void = () => {},
): Promise<number> {
  let result: CommandResult = { ok: true, value: null };
  const commands = await loadCommands(args.find((arg) => arg !== "--json"));
  const specs = commands.map(({ spec }) => spec);
  const printed: string[] = [];
  const print = cli.json ? (text: string): void => void printed.push(text) : undefined;
  const program = buildProgram({ ...cli, print }, commands, async ({ spec, run: start }, input) => {
    const chosen = chosenMode(spec, input.options);
    const onlyLooks = spec.harmless === true || spec.bothModes === true;
    result = chosen.ok
      ? await start(
          { ...cli, chosenMode: chosen.value, onlyLooks },
          { ...input, program: () => describeProgram(cli) },
        )
      : chosen;
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      result = explainFault(error, cli.env);
      onFault();
    } else if (error.exitCode === 0) {
      if (cli.json) cli.terminal.out(JSON.stringify(printed.join("").trimEnd()));
      return 0;
    } else result = wrongUsage(program, specs, error);
  }
  return finish(cli, result);
}

function chosenMode({ serves }: CommandSpec, options: Options): Result<Mode | null> {
  if (serves) return accept(null);
  const [live, sandbox] = [flagOption(options, "live"), flagOption(options, "sandbox")];
  if (live && sandbox) return refuseUsage("--live and --sandbox were both given.", "Give one.");
  return accept(live ? "live" : sandbox ? "sandbox" : null);
}

/** What the failure left open (a connection, a timer) must not keep the process alive. */
function leaveSoon(): void {
  setTimeout(() => process.exit(1), FAULT_EXIT_MS).unref();
}

const FAULT_EXIT_MS = 500;

function finish(cli: Pick<Cli, "json" | "terminal">, result: CommandResult): number {
  cli.terminal.live("");
  if (!result.ok) {
    printRefusal(cli, result.refusal);
    return describeRefusal(result.refusal.code).exitCode;
  }
  const report = result.value;
  if (report === null) return 0;
  if (cli.json) cli.terminal.out(JSON.stringify(report.json));
  else if (report.text !== "") cli.terminal.out(report.text);
  return report.exitCode ?? 0;
}

function printRefusal({ json, terminal }: Pick<Cli, "json" | "terminal">, refusal: Refusal): void {
  if (json) {
    terminal.out(JSON.stringify({ error: refusal }));
    return;
  }
  const { errorColours: colours } = terminal;
  terminal.say(`${colours.red("error:")} ${refusal.message}`);
  const { problems = [] } = refusal;
  if (problems.length > 1) {
    for (const { name, message, fix } of problems) {
      terminal.say(`  ${colours.bold(name)} ${message}.\n    ${fix}`);
    }
  } else if (refusal.fix !== "") terminal.say(refusal.fix);
}

type Act = (
  command: CommandFile,
  input: { readonly args: string[]; readonly options: Options },
) => Promise<void>;

function buildProgram(
  cli: Pick<Cli, "terminal" | "version"> & {
    /** Takes help and version, which come in pieces; default: they go to stdout. */
    readonly print?: ((text: string) => void) | undefined;
  },
  commands: readonly CommandFile[],
  act: Act,
): Commander {
  const program = new Commander("dropcast")
    .description("Sends WhatsApp template-message campaigns through LiveChat.")
    .version(cli.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addOption(jsonOption())
    .configureHelp({
      styleTitle: (title) => cli.terminal.colours.bold(title),
      // Every command has options: repeating that each time is noise.
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
    })
    .configureOutput({
      writeOut: cli.print ?? ((text) => cli.terminal.out(text.trimEnd())),
      writeErr: (text) => cli.terminal.say(text.trimEnd()),
      // Reported by `finish`, like every other failure.
      outputError: () => {},
    })
    .exitOverride()
    // commander's own would suggest --yes for --yse.
    .showSuggestionAfterError(false)
    .addHelpText("after", "\nTry it without an account: dropcast demo");
  for (const command of commands) addCommand(program, command, act);
  return program;
}

/** The whole command line, as it would be parsed. */
async function describeProgram(cli: Pick<Cli, "terminal" | "version">): Promise<ProgramShape> {
  const files = await loadCommands(undefined);
  const program = buildProgram(cli, files, async () => {});
  return {
    name: program.name(),
    options: program.options.map(optionShape),
    commands: program.commands.map((command) => ({
      name: command.name(),
      summary: command.description(),
      words: files.find(({ spec }) => spec.name === command.name())?.spec.args[0]?.choices ?? [],
      options: command.options.map(optionShape),
    })),
  };
}

function optionShape({ long, description, required, optional }: Option) {
  return { flag: long ?? "", description, takesValue: required || optional };
}

function addCommand(program: Commander, file: CommandFile, act: Act): void {
  const { spec } = file;
  const command = program.command(spec.name).description(spec.summary).addOption(jsonOption());
  for (const { flags, description } of spec.serves ? [] : MODE_OPTIONS) {
    command.addOption(new Option(flags, description));
  }
  for (const { syntax, description } of spec.args) command.argument(syntax, description);
  for (const { flags, description, repeatable } of spec.options) {
    const option = new Option(flags, description);
    if (repeatable) option.argParser(collect);
    command.addOption(option);
  }
  if (spec.usage !== undefined) command.usage(spec.usage);
  const examples = spec.examples.map((example) => `  ${example}`).join("\n");
  command.addHelpText("after", `\nExamples:\n${examples}`);
  command.action(() => act(file, { args: command.args, options: command.opts() }));
}

function argumentTerm(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function jsonOption(): Option {
  return new Option("--json", "print one JSON value on stdout");
}

/** Parsed before the command line is: a wrong one must be reported as JSON too. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(2, end === -1 ? undefined : end).includes("--json");
}

function wrongUsage(
  program: Commander,
  specs: readonly CommandSpec[],
  error: CommanderError,
): CommandResult {
  if (error.code === "commander.help") {
    return refuseUsage("No command was given.", "dropcast --help shows the commands.");
  }
  const problem = error.message.replace(/^error: |\.$/g, "");
  const message = problem.charAt(0).toUpperCase() + problem.slice(1);
  const command = program.commands.find((one) => one.name() === program.args[0]);
  const asked = command === undefined ? "" : `${command.name()} `;
  const help = `dropcast ${asked}--help shows its usage.`;
  return refuseUsage(`${message}.`, [...instead(error, specs, command), help].join(" "));
}

/** What may be suggested for a mistyped word; see `suggestion`. */
function instead(
  { code, message }: CommanderError,
  specs: readonly CommandSpec[],
  command: Commander | undefined,
): string[] {
  const [, typed = ""] = /'([^']*)'/.exec(message) ?? [];
  if (code === "commander.unknownCommand") {
    const meant = suggestion(typed, specs);
    if (meant !== null) return [`Did you mean ${meant}?`];
    return [`The commands are ${specs.map(({ name }) => name).join(", ")}.`];
  }
  if (code === "commander.excessArguments") return ["What has spaces stands in quotes."];
  if (code !== "commander.unknownOption") return [];
  const spec = specs.find(({ name }) => name === command?.name());
  const own = [...(spec?.options ?? []), ...(spec?.serves === true ? [] : MODE_OPTIONS)];
  const meant = suggestion(typed, [...own, ...COMMON_OPTIONS]);
  if (meant !== null) return [`Did you mean ${meant}?`];
  return command === undefined ? [] : [`Usage: dropcast ${command.name()} ${command.usage()}.`];
}

const MODE_OPTIONS: readonly OptionSpec[] = [
  { flags: "--sandbox", description: "use the sandbox, whatever is configured", harmless: true },
  { flags: "--live", description: "use the real API, whatever runs here" },
];

const COMMON_OPTIONS: readonly OptionSpec[] = ["--json", "--help"].map((flags) => ({
  ...{ flags, description: "", harmless: true as const },
}));
