import { recurringJson } from "../../campaigns/recurring.ts";
import { accept } from "../../core/refusal.ts";
import { type Check, checkJson } from "../../health/check.ts";
import { type Command, type CommandSpec, flagOption } from "../command.ts";
import type { Terminal } from "../terminal.ts";
import { counted } from "../words.ts";

export const spec: CommandSpec = {
  name: "doctor",
  harmless: true,
  args: [],
  options: [
    {
      flags: "--accept-rollback",
      description: "after a rollback of Redis: mark possibly sent messages unknown, and continue",
    },
    {
      flags: "--nothing-lost",
      description: "after a mere restart of Redis, with all its data: continue",
    },
    {
      flags: "--recount",
      description: "correct counters that differ from their rows, campaign by campaign",
    },
  ],
  summary: "check the configuration, Redis, the API, the clock and the folders",
  examples: ["dropcast doctor"],
};

/** `doctor`: checks everything that sending depends on; exits 1 if something is broken. */
export const run: Command = async (cli, { options }) => {
  if (flagOption(options, "acceptRollback")) {
    return (await import("./accept-rollback.ts")).acceptRollback(cli);
  }
  if (flagOption(options, "nothingLost")) {
    return (await import("./accept-rollback.ts")).confirmStart(cli);
  }
  if (flagOption(options, "recount")) return (await import("./recount.ts")).recountAll(cli);
  const checks: Check[] = [];
  const add = (check: Check): void => {
    checks.push(check);
    if (!cli.json) cli.terminal.out(checkLine(check, cli.terminal));
  };
  add({ code: "node", name: "Node", verdict: "ok", message: process.version });
  const recurring = await (await import("./examine.ts")).examine(cli, add);
  const having = (wanted: Check["verdict"]): number =>
    checks.filter(({ verdict }) => verdict === wanted).length;
  const faults = having("fail");
  return accept({
    json: {
      ok: faults === 0,
      checks: checks.map(checkJson),
      recurring: recurring.map(recurringJson),
    },
    text: `\n${endWords(faults, having("warn"))}`,
    exitCode: faults === 0 ? 0 : 1,
  });
};

function endWords(faults: number, warnings: number): string {
  if (faults > 0) return `${counted(faults, "problem")} found.`;
  return warnings > 0 ? `No faults; ${counted(warnings, "warning")}.` : "All is well.";
}

function checkLine({ name, verdict, message, fix }: Check, { colours }: Terminal): string {
  const mark = {
    ok: colours.green("ok  "),
    warn: colours.yellow("warn"),
    fail: colours.red("FAIL"),
  };
  const help = fix === undefined ? "" : `\n     ${" ".repeat(NAME_WIDTH)}${fix}`;
  return `${mark[verdict]} ${name.padEnd(NAME_WIDTH - 1)} ${message}${help}`;
}

const NAME_WIDTH = 16;
