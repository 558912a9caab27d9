import { findNumber, requireSendingNumber } from "../config/find-number.ts";
import { accept } from "../core/refusal.ts";
import { timings } from "../core/timings.ts";
import { type Command, type CommandSpec, textOption } from "./command.ts";

export const spec: CommandSpec = {
  name: "fetch",
  harmless: true,
  args: [],
  options: [{ flags: "--number <name>", description: "a configured number (default: the first)" }],
  summary: "print a number's template messages as the API returns them",
  examples: ["dropcast fetch --number main"],
};

/** `fetch`: the template messages of a number, printed as the API returns them. */
export const run: Command = async (cli, { options }) => {
  const { loadCommandConfig } = await import("./configuration.ts");
  const loaded = await loadCommandConfig(cli);
  if (!loaded.ok) return loaded;
  const config = loaded.value;
  const name = textOption(options, "number") ?? Object.keys(config.numbers)[0] ?? "main";
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
    const answer = await client.fetchTemplates();
    if (!answer.ok) return answer;
    const { status, text } = answer.value;
    if (!cli.json) cli.terminal.say(`HTTP ${status}`);
    const exitCode = status >= 200 && status <= 299 ? 0 : 1;
    return accept({ json: { number: name, status, body: readJson(text) }, text, exitCode });
  } finally {
    await client.close();
  }
};

/** The body as JSON if it is JSON, else as text: its shape is not documented. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
