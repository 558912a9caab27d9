import { STATE_NAMES, type State } from "../core/message.ts";
import { accept, type Result } from "../core/refusal.ts";
import { createRowFormat, type ExportFormat } from "../export/row-format.ts";
import type { CampaignRow } from "../store/row-reader.ts";
import { type Cli, type Command, refuseUsage, textOption } from "./command.ts";

import { type FoundCampaign, findCampaign, withPlatform } from "./session.ts";

const FORMATS = ["csv", "ndjson"] as const;

/** `export ID`: one line per CSV row on stdout, in the order of the list, in bounded memory. */
export const exportRows: Command = async (cli, { args: [id = ""], options }) => {
  const format = readFormat(cli, textOption(options, "format"));
  if (!format.ok) return format;
  const state = readState(textOption(options, "state"));
  if (!state.ok) return state;
  return withPlatform(cli, async (platform) => {
    const found = await findCampaign(platform, id);
    if (!found.ok) return found;
    await writeRows(cli, found.value, { format: format.value, state: state.value });
    return accept(null);
  });
};

async function writeRows(
  { terminal }: Cli,
  { campaign, store }: FoundCampaign,
  wanted: { format: ExportFormat; state: State | null },
): Promise<void> {
  const columns = (await store.campaigns.toSend(campaign.id))?.columns ?? [];
  const format = await createRowFormat(wanted.format, columns);
  await terminal.write(format.head());
  let pending: CampaignRow[] = [];
  const flush = async (): Promise<void> => {
    if (pending.length > 0) await terminal.write(format.rows(pending));
    pending = [];
  };
  for await (const row of store.rows.all(campaign.id, campaign.rows)) {
    if (terminal.closed.aborted) return;
    if (wanted.state !== null && row.state !== wanted.state) continue;
    pending.push(row);
    if (pending.length >= ROWS_AT_ONCE) await flush();
  }
  await flush();
  await terminal.write(format.tail());
}

const ROWS_AT_ONCE = 500;

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

function readState(text: string | undefined): Result<State | null> {
  if (text === undefined) return accept(null);
  const state = STATE_NAMES.find((one) => one === text);
  if (state !== undefined) return accept(state);
  return refuseUsage(`"${text}" is not a state.`, `Give one of ${STATE_NAMES.join(", ")}.`);
}
