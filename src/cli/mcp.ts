import { COMMAND_VARIABLES } from "../config/variables.ts";
import { accept, refuse } from "../core/refusal.ts";
import { type Command, type CommandSpec, refuseUsage, textOption } from "./command.ts";
import { onInterrupt } from "./interrupt.ts";

const DEFAULT_URL = "http://127.0.0.1:8080";
const TOKEN_VARIABLE = COMMAND_VARIABLES.mcpToken;

export const spec: CommandSpec = {
  name: "mcp",
  serves: true,
  args: [],
  options: [{ flags: "--url <url>", description: `of the dashboard (default: ${DEFAULT_URL})` }],
  summary: "serve the HTTP API to an AI assistant (MCP on stdin and stdout)",
  examples: [`${TOKEN_VARIABLE}=… dropcast mcp --url https://dropcast.example.com`],
};

/** `mcp`: tools for an assistant, over the HTTP API; it acts only on what it has previewed. */
export const run: Command = async (cli, { options }) => {
  const typed = textOption(options, "url") ?? DEFAULT_URL;
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "") {
    return refuseUsage("--url is not an address.", `Give one such as ${DEFAULT_URL}.`);
  }
  const token = cli.env[TOKEN_VARIABLE] ?? "";
  if (token === "") {
    return refuse(
      "mcp_token_missing",
      `${TOKEN_VARIABLE} is not set.`,
      "Make a token (dropcast token add assistant --role viewer) and give it in that variable. With the role operator the assistant can also act.",
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
