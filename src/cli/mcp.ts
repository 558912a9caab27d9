import { readEnvironment } from "../config/environment.ts";
import { accept, refuse } from "../core/refusal.ts";
import { type Command, type CommandSpec, refuseUsage, textOption } from "./command.ts";
import { refuseConfig } from "./configuration.ts";
import { onInterrupt } from "./interrupt.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";
const TOKEN = "DROPCAST_MCP_TOKEN";

export const spec: CommandSpec = {
  name: "mcp",
  serves: true,
  args: [],
  options: [{ flags: "--url <url>", description: `of the dashboard (default: ${DEFAULT_URL})` }],
  summary: "serve the HTTP API to an AI assistant (MCP on stdin and stdout)",
  examples: [`${TOKEN}=… dropcast mcp --url https://dropcast.example.com`],
};

/** `mcp`: tools for an assistant, over the HTTP API; it acts only on what it has previewed. */
export const run: Command = async (cli, { options }) => {
  const typed = textOption(options, "url") ?? DEFAULT_URL;
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "") {
    return refuseUsage("--url is not an address.", `Give one such as ${DEFAULT_URL}.`);
  }
  const environment = readEnvironment(cli.env, cli.cwd);
  const token = environment.secret(TOKEN);
  // It needs nothing else of a configuration, so mistakes elsewhere do not keep it back.
  const problems = environment.findings.problems.filter(({ name }) => name.startsWith(TOKEN));
  if (problems.length > 0) return refuseConfig(problems);
  if (token === undefined) {
    return refuse(
      "mcp_token_missing",
      `${TOKEN} is not set.`,
      "Make a token (dropcast token add assistant --role viewer) and give it in that variable, in the environment or in .env. With the role operator the assistant can also act.",
    );
  }
  const [{ createApiClient }, { serveMcp }] = await Promise.all([
    import("../mcp/api-client.ts"),
    import("../mcp/server.ts"),
  ]);
  cli.terminal.say(`Serving the tools of ${url.origin} on stdin and stdout.`);
  const interrupt = onInterrupt();
  await serveMcp({
    ask: createApiClient({ url, token }),
    version: cli.version,
    signal: interrupt.signal,
  });
  interrupt.release();
  return accept(null);
};
