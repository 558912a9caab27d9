import type { Found, FoundInAnswer, WantedRow } from "../campaigns/found-in-answer.ts";
import type { Config } from "../config/config.ts";
import { findNumber, requireSendingNumber } from "../config/find-number.ts";
import { accept, type Result } from "../core/refusal.ts";
import { timings } from "../core/timings.ts";
import {
  type Cli,
  type Command,
  type CommandResult,
  type CommandSpec,
  refuseUsage,
  textOption,
} from "./command.ts";
import { count, counted, printable, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "fetch",
  harmless: true,
  args: [],
  options: [
    { flags: "--number <name>", description: "a configured number (default: the first)" },
    {
      flags: "--unknown <campaign>",
      description: "show where its unknown messages appear in what the API lists",
    },
  ],
  summary: "print a number's template messages as the API returns them",
  examples: ["dropcast fetch --number main", "dropcast fetch --unknown main-17"],
};

/** `fetch`: the template messages of a number, printed as the API returns them. */
export const run: Command = async (cli, { options }) => {
  const campaign = textOption(options, "unknown");
  const number = textOption(options, "number");
  if (campaign !== undefined) {
    return number === undefined
      ? lookForUnknown(cli, campaign)
      : refuseUsage("--unknown names the number already.", "Leave --number out.");
  }
  const { loadCommandConfig } = await import("./configuration.ts");
  const loaded = await loadCommandConfig(cli);
  if (!loaded.ok) return loaded;
  const name = number ?? Object.keys(loaded.value.numbers)[0] ?? "main";
  const answer = await fetchFrom(loaded.value, name);
  if (!answer.ok) return answer;
  const { status, text } = answer.value;
  if (!cli.json) cli.terminal.say(`HTTP ${status}`);
  const exitCode = isGood(status) ? 0 : 1;
  return accept({ json: { number: name, status, body: readJson(text) }, text, exitCode });
};

/**
 * `fetch --unknown ID`: each place of the API's list where the phone or the id of an unknown row
 * stands, beside that row. It decides nothing: the shape of the list is not documented, and an
 * entry about a person may be about another message. A person resolves the row.
 */
async function lookForUnknown(cli: Cli, id: string): Promise<CommandResult> {
  const [{ findRows }, { findInAnswer }, { batchOfRow }, { withPlatform }] = await Promise.all([
    import("../campaigns/find.ts"),
    import("../campaigns/found-in-answer.ts"),
    import("../store/index.ts"),
    import("./session.ts"),
  ]);
  return withPlatform(cli, async ({ stores, config }) => {
    const found = await findRows(stores, id);
    if (!found.ok) return found;
    const { campaign, store } = found.value;
    // Each number may have an account of its own.
    if (found.value.pool !== undefined) {
      const { refuseOfPool } = await import("../campaigns/refusals.ts");
      return refuseOfPool(found.value, "A look at LiveChat");
    }
    const unknown = await store.campaigns.unknownRows(id);
    const wanted: WantedRow[] = [];
    for (const batch of new Set(unknown.map(batchOfRow))) {
      for (const { row, state, phone, wamid } of await store.rows.batch(id, batch)) {
        if (state === "unknown" && phone !== "") wanted.push({ row, phone, wamid });
      }
    }
    const answer = await fetchFrom(config, campaign.number);
    if (!answer.ok) return answer;
    const { status, text } = answer.value;
    const inList = findInAnswer(readJson(text), wanted);
    return accept({
      json: { campaign: id, status, unknown: wanted.length, ...inList },
      text: foundText(id, wanted.length, inList),
      exitCode: isGood(status) ? 0 : 1,
    });
  });
}

function foundText(id: string, unknown: number, { found, isCut }: Found): string {
  const rows = new Set(found.map(({ row }) => row)).size;
  const head = `${counted(unknown, "unknown message")}; ${count(rows)} of them in the API's list.`;
  if (found.length === 0) return `${head}\nThat proves nothing: the list may be incomplete.`;
  const beside = ({ beside }: FoundInAnswer): string =>
    Object.entries(beside)
      .map(([name, value]) => printable(`${name}: ${String(value)}`))
      .join(", ");
  return [
    head,
    table([
      ["ROW", "BY", "WHERE", "BESIDE IT"],
      ...found.map((one) => [`${id}:${one.row}`, one.by, printable(one.path), beside(one)]),
    ]),
    ...(isCut ? ["More were found than are shown."] : []),
    `Nothing was decided: an entry may be about another message to the same person. If its time and template fit, dropcast resolve ${id} ROW sent.`,
  ].join("\n");
}

/** The API's list of a number, whatever its status. */
async function fetchFrom(
  config: Config,
  name: string,
): Promise<Result<{ readonly status: number; readonly text: string }>> {
  const known = findNumber(config, name);
  if (!known.ok) return known;
  const number = requireSendingNumber(known.value);
  if (!number.ok) return number;
  const { createLivechatClient } = await import("../livechat/client.ts");
  const { answerTimeoutMs, connectTimeoutMs } = timings(config);
  const client = createLivechatClient({
    apiUrl: config.apiUrl,
    numberId: number.value.id,
    token: number.value.token,
    connections: 1,
    answerTimeoutMs,
    connectTimeoutMs,
  });
  try {
    return await client.fetchTemplates();
  } finally {
    await client.close();
  }
}

function isGood(status: number): boolean {
  return status >= 200 && status <= 299;
}

/** The body as JSON if it is JSON, else as text: its shape is not documented. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
