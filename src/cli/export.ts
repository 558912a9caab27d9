import { findRows } from "../campaigns/find.ts";
import { DELIMITER_NAMES, type Delimiter, delimiterNamed } from "../core/delimiters.ts";
import { STATE_NAMES, type State } from "../core/message.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { ExportFormat } from "../export/row-format.ts";
import {
  CAMPAIGN_ID,
  type Cli,
  type Command,
  type CommandSpec,
  listOption,
  refuseUsage,
  textOption,
} from "./command.ts";
import { withPlatform } from "./session.ts";

const FORMATS = ["csv", "ndjson"] as const;

export const spec: CommandSpec = {
  name: "export",
  harmless: true,
  args: [CAMPAIGN_ID],
  options: [
    { flags: "--format <format>", description: "csv (the default) or ndjson", harmless: true },
    {
      flags: "--delimiter <name>",
      description: "of a csv: comma, semicolon, tab or bar; default: as in the list",
      harmless: true,
    },
    {
      flags: "--state <state>",
      description: "only rows in this state",
      repeatable: true,
      harmless: true,
    },
  ],
  summary: "one line per row: input columns, state, code, times, wamid",
  examples: [
    "dropcast export main-17 > result.csv",
    "dropcast export main-17 --state failed --state unknown > again.csv",
  ],
};

/** `export ID`: one line per CSV row on stdout, in the order of the list, in bounded memory. */
export const run: Command = async (cli, { args: [id = ""], options }) => {
  const format = readFormat(cli, textOption(options, "format"));
  if (!format.ok) return format;
  const states = readStates(listOption(options, "state"));
  if (!states.ok) return states;
  const delimiter = readDelimiter(format.value, textOption(options, "delimiter"));
  if (!delimiter.ok) return delimiter;
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform.stores, id);
    if (!found.ok) return found;
    const { exportRows: read } = await import("../export/export-rows.ts");
    const { terminal } = cli;
    const chosen = { format: format.value, states: states.value, delimiter: delimiter.value };
    for await (const text of read({ ...found.value, ...chosen })) {
      if (terminal.closed.aborted) break;
      await terminal.write(text);
    }
    return accept(null);
  });
};

function readFormat({ json }: Cli, text: string | undefined): Result<ExportFormat> {
  if (json) {
    return text === undefined
      ? accept("json")
      : refuseUsage("--json and --format were both given.", "Give one of the two.");
  }
  const format = FORMATS.find((one) => one === (text ?? "csv"));
  if (format !== undefined) return accept(format);
  return refuseUsage(`"${text}" is not a format.`, "Give csv or ndjson.");
}

/** Null: as in the list. */
function readDelimiter(format: ExportFormat, text: string | undefined): Result<Delimiter | null> {
  if (text === undefined) return accept(null);
  if (format !== "csv") {
    return refuseUsage("--delimiter is only for CSV.", "Leave out --delimiter or --format.");
  }
  const delimiter = delimiterNamed(text);
  if (delimiter !== null) return accept(delimiter);
  return refuseUsage(
    `"${text}" cannot be a delimiter.`,
    `Give one of ${DELIMITER_NAMES.join(", ")}, or the character itself.`,
  );
}

function readStates(texts: readonly string[]): Result<ReadonlySet<State>> {
  const states = new Set<State>();
  for (const text of texts.flatMap((given) => given.split(","))) {
    const state = STATE_NAMES.find((one) => one === text.trim());
    if (state === undefined) {
      return refuseUsage(`"${text}" is not a state.`, `Give one of ${STATE_NAMES.join(", ")}.`);
    }
    states.add(state);
  }
  return accept(states);
}
