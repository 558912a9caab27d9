import { type FoundCampaign, findRows } from "../campaigns/find.ts";
import { DELIMITER_NAMES, type Delimiter, delimiterNamed } from "../core/delimiters.ts";
import { STATE_NAMES, type State } from "../core/message.ts";
import { accept, type Result } from "../core/refusal.ts";
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

const FORMATS = ["csv", "ndjson", "xlsx", "rejects"] as const;
type Format = (typeof FORMATS)[number] | "json";

export const spec: CommandSpec = {
  name: "export",
  harmless: true,
  args: [CAMPAIGN_ID],
  options: [
    {
      flags: "--format <format>",
      description: "csv (the default), ndjson, xlsx, or rejects: the rejected rows to correct",
      harmless: true,
    },
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
    {
      flags: "--only <state>",
      description: "the same as --state",
      repeatable: true,
      harmless: true,
    },
  ],
  summary: "one line per row: input columns, state, code, times, wamid",
  examples: [
    "dropcast export main-17 > result.csv",
    "dropcast export main-17 --state failed --state unknown > again.csv",
    "dropcast export main-17 --format xlsx --only failed > failed.xlsx",
    "dropcast export main-17 --format rejects > correct.csv",
  ],
};

/** `export ID`: one line per row on stdout, in the order of the list, in bounded memory. */
export const run: Command = async (cli, { args: [id = ""], options }) => {
  const format = readFormat(cli, textOption(options, "format"));
  if (!format.ok) return format;
  const states = readStates([...listOption(options, "state"), ...listOption(options, "only")]);
  if (!states.ok) return states;
  const delimiter = readDelimiter(format.value, textOption(options, "delimiter"));
  if (!delimiter.ok) return delimiter;
  const fits = checkOutput(cli, format.value, states.value);
  if (!fits.ok) return fits;
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform.stores, id);
    if (!found.ok) return found;
    const chosen = { format: format.value, states: states.value, delimiter: delimiter.value };
    const { terminal } = cli;
    for await (const chunk of await chunksOf(found.value, chosen)) {
      if (terminal.closed.aborted) break;
      await terminal.write(chunk);
    }
    return accept(null);
  });
};

/** Loaded when needed: every start of a command would pay for it. */
async function chunksOf(
  found: FoundCampaign,
  {
    format,
    states,
    delimiter,
  }: { format: Format; states: ReadonlySet<State>; delimiter: Delimiter | null },
): Promise<AsyncIterable<string | Uint8Array>> {
  if (format === "rejects") {
    const { storedRejects } = await import("../producer/rejects/stored.ts");
    return storedRejects(found.store, found.campaign);
  }
  const { exportRows, exportXlsx } = await import("../export/export-rows.ts");
  const rows = { store: found.store, campaign: found.campaign, states };
  return format === "xlsx" ? exportXlsx(rows) : exportRows({ ...rows, format, delimiter });
}

function checkOutput({ terminal }: Cli, format: Format, states: ReadonlySet<State>): Result<null> {
  if (format === "xlsx" && terminal.interactive) {
    return refuseUsage("A terminal cannot show a workbook.", "Write it to a file: … > result.xlsx");
  }
  if (format === "rejects" && states.size > 0) {
    return refuseUsage(
      "The format rejects has the rejected rows only.",
      "Leave out --state and --only, or choose another format.",
    );
  }
  return accept(null);
}

function readFormat({ json }: Cli, text: string | undefined): Result<Format> {
  if (json) {
    return text === undefined
      ? accept("json")
      : refuseUsage("--json and --format were both given.", "Give one of the two.");
  }
  const format = FORMATS.find((one) => one === (text ?? "csv"));
  if (format !== undefined) return accept(format);
  return refuseUsage(`"${text}" is not a format.`, `Give one of ${FORMATS.join(", ")}.`);
}

/** Null: as in the list. */
function readDelimiter(format: Format, text: string | undefined): Result<Delimiter | null> {
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
