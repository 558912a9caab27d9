import { STATE_NAMES, type State } from "../core/message.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { ExportFormat } from "../export/row-format.ts";
import { type Cli, type Command, listOption, refuseUsage, textOption } from "./command.ts";
import { findRows, withPlatform } from "./session.ts";

const FORMATS = ["csv", "ndjson"] as const;

/** `export ID`: one line per CSV row on stdout, in the order of the list, in bounded memory. */
export const exportRows: Command = async (cli, { args: [id = ""], options }) => {
  const format = readFormat(cli, textOption(options, "format"));
  if (!format.ok) return format;
  const states = readStates(listOption(options, "state"));
  if (!states.ok) return states;
  return withPlatform(cli, async (platform) => {
    const found = await findRows(platform, id);
    if (!found.ok) return found;
    const { exportRows: read } = await import("../export/export-rows.ts");
    const { terminal } = cli;
    for await (const text of read({ ...found.value, format: format.value, states: states.value })) {
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
