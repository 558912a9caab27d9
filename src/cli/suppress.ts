import { addToList, removeFromList } from "../campaigns/opt-outs.ts";
import type { Config } from "../config/config.ts";
import { commonCountry } from "../config/find-number.ts";
import { REMOVAL_NAMES } from "../core/act.ts";
import { SCOPES, type Scope } from "../core/category.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { originWords } from "../export/opt-out-words.ts";
import type { OptOutFormat } from "../export/opt-outs.ts";
import type { ActLog, OptOut, Suppressions } from "../store/index.ts";
import { commandActor } from "./actor.ts";
import {
  type Cli,
  type Command,
  type CommandResult,
  type CommandSpec,
  type Options,
  refuseUsage,
  textOption,
} from "./command.ts";
import { ENCODING_OPTION } from "./encoding-option.ts";
import { withPlatform } from "./session.ts";
import { importFile } from "./suppress-import.ts";
import { count, counted, dateTime } from "./words.ts";

interface Task {
  readonly cli: Cli;
  readonly given: readonly string[];
  readonly options: Options;
  readonly scope: Scope | null;
  readonly country: string | null;
  readonly suppressions: Suppressions;
  readonly acts: ActLog;
}

const ACTIONS: Readonly<Record<string, (task: Task) => Promise<CommandResult>>> = {
  add,
  remove,
  list: (task) => write(task, "list"),
  import: importFile,
  export: (task) => write(task, "export"),
};

export const spec: CommandSpec = {
  name: "suppress",
  args: [
    {
      syntax: "<action>",
      description: "add, remove, list, import or export",
      choices: Object.keys(ACTIONS),
    },
    { syntax: "[numbers...]", description: "phone numbers in any spelling; for import: a file" },
  ],
  options: [
    { flags: "--scope <scope>", description: "marketing or all (add, import: all)" },
    { flags: "--source <text>", description: "who reported it, for add and import" },
    { flags: "--reason <why>", description: `of remove: ${REMOVAL_NAMES.join(", ")}` },
    { flags: "--country <code>", description: "country of numbers without a country code" },
    {
      flags: "--column <name>",
      description: "of import: a column with phones; default: all that have some",
      repeatable: true,
    },
    { ...ENCODING_OPTION, description: `of import: ${ENCODING_OPTION.description}` },
    { flags: "--format <format>", description: "of export: csv (the default) or ndjson" },
  ],
  summary: "people who must not be messaged, by any number",
  examples: [
    'dropcast suppress add "+48 600 700 800" --source "phone call"',
    "dropcast suppress import opt-outs.csv --scope marketing",
    "dropcast suppress list",
    "dropcast suppress export > opt-outs.csv",
  ],
};

/** `suppress add|remove|list|import|export`: who must not be messaged, by any number. */
export const run: Command = async (cli, { args: [action = "", ...given], options }) => {
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (act === undefined) {
    return refuseUsage(`Unknown action "${action}".`, `Give ${Object.keys(ACTIONS).join(", ")}.`);
  }
  const wantsMore = action === "add" || action === "remove" || action === "import";
  if (wantsMore !== given.length > 0) {
    return wantsMore
      ? refuseUsage(`${action} needs ${action === "import" ? "a file" : "a phone number"}.`, USAGE)
      : refuseUsage(`${action} takes no argument.`, USAGE);
  }
  if (action !== "remove" && "reason" in options) {
    return refuseUsage("--reason is an option of remove.", USAGE);
  }
  const idle = action === "import" ? undefined : OF_IMPORT.find((name) => name in options);
  if (idle !== undefined) return refuseUsage(`--${idle} is an option of import.`, USAGE);
  const scope = readScope(textOption(options, "scope"));
  if (!scope.ok) return scope;
  if (wantsMore && (await import("./configuration.ts")).followsSandbox(cli)) {
    return refuse(
      "mode_unclear",
      "A sandbox runs here, and its opt-outs are separate from those of the real numbers.",
      "Choose one: add --live or --sandbox.",
    );
  }
  return withPlatform(cli, async (platform) => {
    const { config } = platform;
    const suppressions = await platform.openSuppressions(config.mode);
    const country = await readCountry(textOption(options, "country"), config);
    if (!country.ok) return country;
    return act({
      ...{ cli, given, options, scope: scope.value, country: country.value },
      ...{ suppressions, acts: platform.actsOf(config.mode) },
    });
  });
};

const OF_IMPORT = ["column", "encoding"];

const USAGE = "dropcast suppress --help shows its usage.";

async function add(task: Task): Promise<CommandResult> {
  const { cli, given, scope, country, options, suppressions, acts } = task;
  const phones = await readPhones(given, country);
  if (!phones.ok) return phones;
  const source = textOption(options, "source") ?? "command line";
  const wanted = scope ?? "all";
  const act = { suppressions, acts, by: commandActor(cli) };
  const done = await addToList(act, { phones: phones.value, scope: wanted, source });
  if (!done.ok) return done;
  const { added, unchanged: known } = done.value;
  const from = wanted === "all" ? "any message" : "marketing messages";
  const before = known === 0 ? "" : ` ${counted(known, "was", "were")} already on the list.`;
  return accept({
    json: { added, unchanged: known, scope: wanted },
    text: `${counted(added, "person", "people")} added: no number sends them ${from} from now on.${before}`,
  });
}

async function remove(task: Task): Promise<CommandResult> {
  const { cli, given, country, options, suppressions, acts } = task;
  const typed = textOption(options, "reason");
  const reason = REMOVAL_NAMES.find((one) => one === typed) ?? null;
  if (typed !== undefined && reason === null) {
    return refuseUsage(`"${typed}" is not a reason.`, `Give ${REMOVAL_NAMES.join(", ")}.`);
  }
  const phones = await readPhones(given, country);
  if (!phones.ok) return phones;
  const act = { suppressions, acts, by: commandActor(cli) };
  const done = await removeFromList(act, { phones: phones.value, reason });
  if (!done.ok) return done;
  const { removed, absent } = done.value;
  return accept({
    json: { removed, absent },
    text: `${counted(removed, "person", "people")} removed${absent === 0 ? "." : `; ${count(absent)} not on the list.`}`,
  });
}

async function write({ cli, scope, options, suppressions }: Task, what: "list" | "export") {
  const asked = textOption(options, "format") ?? "csv";
  if (asked !== "csv" && asked !== "ndjson") {
    return refuseUsage(`"${asked}" is not a format.`, "Give csv or ndjson.");
  }
  const { terminal, json } = cli;
  const { optOutFormat } = await import("../export/opt-outs.ts");
  const format = json ? optOutFormat("json") : what === "list" ? forPeople() : optOutFormat(asked);
  let erased = 0;
  await terminal.write(format.head);
  for await (const page of suppressions.all()) {
    const wanted = page.filter((one) => scope === null || one.scope === scope);
    const shown = what === "list" ? wanted : wanted.filter(({ phone }) => phone !== null);
    erased += wanted.length - shown.length;
    await terminal.write(format.entries(shown));
  }
  await terminal.write(format.tail());
  if (erased > 0) {
    terminal.say(
      `${counted(erased, "erased person", "erased people")} left out: only a digest is kept.`,
    );
  }
  return accept(null);
}

/** One line each, in the order of the last change. */
function forPeople(): OptOutFormat {
  let listed = 0;
  return {
    head: "",
    entries(entries) {
      listed += entries.length;
      return entries.map((entry) => `${lineOf(entry)}\n`).join("");
    },
    tail: () => (listed === 0 ? "The list is empty.\n" : ""),
  };
}

function lineOf(entry: OptOut): string {
  const { phone, scope, at } = entry;
  const who = phone === null ? "(erased)" : `+${phone}`;
  return `${who.padEnd(17)} ${scope.padEnd(10)} ${dateTime(at)}  ${originWords(entry)}`.trimEnd();
}

function readScope(text: string | undefined): Result<Scope | null> {
  if (text === undefined) return accept(null);
  const scope = SCOPES.find((one) => one === text);
  return scope === undefined
    ? refuseUsage(`Unknown scope "${text}".`, `Give ${SCOPES.join(" or ")}.`)
    : accept(scope);
}

/** The given country, or the common country of the numbers; refuses a wrong one (`usage`). */
export async function readCountry(
  typed: string | undefined,
  config: Pick<Config, "numbers">,
): Promise<Result<string | null>> {
  if (typed === undefined) return accept(commonCountry(config));
  const { isPhoneCountry } = await import("../producer/phones/phone-reader.ts");
  return isPhoneCountry(typed)
    ? accept(typed)
    : refuseUsage(`"${typed}" is not a country.`, "Give two letters, as in --country PL.");
}

/** The given phone numbers as digits; refuses an unreadable one (`phone_unreadable`). */
export async function readPhones(
  given: readonly string[],
  country: string | null,
): Promise<Result<string[]>> {
  const { createPhoneReader } = await import("../producer/phones/phone-reader.ts");
  const readPhone = createPhoneReader(country);
  const phones: string[] = [];
  for (const [index, text] of given.entries()) {
    const phone = readPhone(text);
    if (!phone.ok) {
      return refuse(
        "phone_unreadable",
        given.length === 1
          ? "The phone number cannot be read."
          : `Phone number ${index + 1} of ${given.length} cannot be read.`,
        'Write it with its country code and in quotes, as in "+48 600 700 800", or name the country: --country PL.',
      );
    }
    phones.push(phone.digits);
  }
  return accept(phones);
}
