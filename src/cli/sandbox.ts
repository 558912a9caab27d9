import { accept, refuse } from "../core/refusal.ts";
import { parseKnobs, SANDBOX_KNOBS } from "../sandbox/knobs.ts";
import { SANDBOX_DEFAULTS } from "../sandbox/options.ts";
import type { Cli, Command, CommandResult, CommandSpec, OptionSpec, Options } from "./command.ts";
import { flagOption, refuseUsage } from "./command.ts";
import { onInterrupt } from "./interrupt.ts";
import { table } from "./words.ts";

/** Every setting as an option of the command line. */
const KNOB_OPTIONS: readonly OptionSpec[] = SANDBOX_KNOBS.map(
  ({ flag, kind, option, default: preset, description }) => ({
    flags: option === "magic" ? `${flag} [${kind}]` : `${flag} <${kind}>`,
    description: [
      description,
      ...(preset === "" ? [] : [` (${preset})`]),
      ...(option === "magic" ? ["; alone it prints them and exits"] : []),
    ].join(""),
    harmless: true as const,
  }),
);

export const spec: CommandSpec = {
  name: "sandbox",
  serves: true,
  harmless: true,
  args: [],
  options: KNOB_OPTIONS,
  summary: "run only the simulated API",
  examples: [
    "dropcast sandbox --port 9000 --webhook-url http://127.0.0.1:8081/webhooks/livechat",
    "dropcast sandbox --reject-429 0.05 --accept-then-500 0.01",
    "dropcast sandbox --magic",
  ],
};

/** `sandbox`: only the simulated API, until Ctrl-C. */
export const run: Command = async (cli, { options }) => {
  if (flagOption(options, "magic")) return magicTable();
  const knobs = parseKnobs(knobTexts(options));
  if (!knobs.ok) return refuseUsage(knobs.refusal.message, knobs.refusal.fix);
  const { createSandbox } = await import("../sandbox/sandbox.ts");
  const running = createSandbox(knobs.value);
  const settings = { ...SANDBOX_DEFAULTS, ...knobs.value };
  const interrupt = onInterrupt();
  try {
    const { url } = await running.start();
    announce(cli, {
      DROPCAST_API_URL: url,
      DROPCAST_NUMBER_ID: settings.numberIds[0] ?? "",
      DROPCAST_API_TOKEN: settings.token,
      DROPCAST_WEBHOOK_SECRET: settings.webhookSecret,
    });
    if (settings.webhookUrl === null) {
      cli.terminal.say(
        "No webhooks are sent: give --webhook-url http://127.0.0.1:8081/webhooks/livechat",
      );
    }
    await untilAborted(AbortSignal.any([interrupt.signal, cli.terminal.closed]));
  } catch (error) {
    return cannotStart(error);
  } finally {
    interrupt.release();
    await running.stop();
  }
  return accept(null);
};

function knobTexts(options: Options): Record<string, string> {
  const known = new Set<string>(SANDBOX_KNOBS.map(({ option }) => option));
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      known.has(name) ? [[name, String(value)]] : [],
    ),
  );
}

function announce({ terminal, json }: Cli, variables: Readonly<Record<string, string>>): void {
  if (json) {
    terminal.out(JSON.stringify({ url: variables["DROPCAST_API_URL"], environment: variables }));
    return;
  }
  terminal.say("The simulated API is up; Ctrl-C stops it. To use it, set:");
  for (const [name, value] of Object.entries(variables)) terminal.out(`${name}=${value}`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function cannotStart(error: unknown): CommandResult {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL") {
    return refuse(
      "sandbox_cannot_listen",
      `The sandbox cannot listen on that port (${code}).`,
      "Give another --port, or 0 for any free one.",
    );
  }
  if (code === "ENOENT" || code === "EISDIR" || code === "EROFS") {
    return refuse(
      "sandbox_log_not_writable",
      `A log of the sandbox cannot be written: ${message}.`,
      "Give --log-path and --webhook-log-path in a folder that exists.",
    );
  }
  throw error;
}

async function magicTable(): Promise<CommandResult> {
  const { MAGIC_RECIPIENTS } = await import("../sandbox/magic.ts");
  const rows = MAGIC_RECIPIENTS.map(({ ending, does }) => [`…${ending}`, does]);
  return accept({
    json: MAGIC_RECIPIENTS.map(({ ending, does }) => ({ ending, does })),
    text: `Recipients whose number ends with:\n${table(rows)}`,
  });
}
