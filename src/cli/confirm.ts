import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type Cli, flagOption, type OptionSpec, type Options } from "./command.ts";
import { onInterrupt } from "./interrupt.ts";

/** The option of every command that asks for confirmation. */
export const YES: OptionSpec = { flags: "--yes", description: "do not ask" };

/** Whether a command must ask: a script confirms with `--yes`, and `--json` implies it. */
export function asksFirst(cli: Cli, options: Options): boolean {
  return !cli.json && !flagOption(options, "yes");
}

/** An irreversible action, as a question for a person. */
export interface Question {
  /** Shown before the question; empty: the question is enough. */
  readonly shown: string;
  /** Ends with a question mark. */
  readonly question: string;
  /** What would be done, if there is no terminal: follows "would". */
  readonly would: string;
  /** What a "no" means. */
  readonly otherwise: string;
}

/**
 * Asks the person at the terminal. Only an explicit yes counts: anything else, including Ctrl-C and
 * end of input, is a no (`not_confirmed`). Without a terminal: `confirmation_needed`, which exits
 * 2.
 */
export async function confirm(
  cli: Cli,
  { shown, question, would, otherwise }: Question,
  signal: AbortSignal,
): Promise<Result<void>> {
  const person = cli.terminal.person();
  if (person === null) {
    if (shown !== "") cli.terminal.out(`${shown}\n`);
    return refuse(
      "confirmation_needed",
      `${otherwise}: there is no terminal to ask at. This would ${would}.`,
      "Add --yes to do it without asking.",
    );
  }
  if (shown !== "") person.tell(`${shown}\n`);
  const answer = await person.ask(`${question} [y/N] `, signal);
  return /^\s*(y|yes)\s*$/i.test(answer ?? "") ? accept(undefined) : refuseUnconfirmed(otherwise);
}

/** As {@link confirm}, for commands that wait for nothing else. */
export async function confirmAlone(cli: Cli, question: Question): Promise<Result<void>> {
  const interrupt = onInterrupt();
  try {
    return await confirm(cli, question, interrupt.signal);
  } finally {
    interrupt.release();
  }
}

function refuseUnconfirmed(otherwise: string): Refused {
  return refuse("not_confirmed", `${otherwise}.`, "To do it, answer y or add --yes.");
}
