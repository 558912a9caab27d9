import { fileURLToPath } from "node:url";
import type { Command, CommandSpec } from "./command.ts";
import { run as up } from "./up.ts";

/** Comes with the program, so an installed package can show itself without a file. */
const CAMPAIGN = fileURLToPath(new URL("../../examples/spring-sale.yaml", import.meta.url));

export const spec: CommandSpec = {
  name: "demo",
  serves: true,
  args: [],
  options: [],
  summary: "send a campaign of 1,000 rows to a simulated API",
  examples: ["dropcast demo"],
};

/** `demo`: `up --sandbox` with the example campaign. It never talks to the real API. */
export const run: Command = (cli, input) =>
  up(cli, { ...input, args: [], options: { sandbox: true, send: CAMPAIGN, again: true } });
