import { accept } from "../core/refusal.ts";
import { type Command, type CommandSpec, refuseUsage } from "./command.ts";
import { readConfigured } from "./configuration.ts";
import { printable, table } from "./words.ts";

export const spec: CommandSpec = {
  name: "config",
  harmless: true,
  args: [{ syntax: "<action>", description: "print", choices: ["print"] }],
  options: [],
  summary: "every setting as it applies, and where it comes from",
  examples: ["dropcast config print", "dropcast config print --json"],
};

/** `config print`: each setting with its value and source; secrets are hidden. */
export const run: Command = async (cli, { args: [action = ""] }) => {
  if (action !== "print") return refuseUsage(`Unknown action "${action}".`, "Give print.");
  const config = readConfigured(cli);
  if (!config.ok) return config;
  const { describeSettings } = await import("../config/settings.ts");
  const settings = describeSettings(cli, config.value);
  const rows = settings.map(({ name, value, source }) => [
    ...[name, value === null ? "-" : printable(String(value)), source],
  ]);
  return accept({ json: { settings }, text: table([["SETTING", "VALUE", "SOURCE"], ...rows]) });
};
