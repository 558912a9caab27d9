import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type Cli, flagOption, type OptionSpec, type Options } from "./command.ts";
import { onInterrupt } from "./interrupt.ts";

/** The option of every command that asks first. */
export const YES: OptionSpec = { flags: "--yes", description: "do not ask" };

/** Whether a command has to ask: a script says yes by `--yes`, and means it by `--json`. */
export function asksFirst(cli: Cli, options: Options): boolean {
  return !cli.json && !flagOption(options, "yes");
}

/** Something that cannot be taken back, as it is put to a person. */
export interface Question {
  /** What the answer depends on; empty: the question says it all. */
  readonly shown: string;
  /** Ends in a question mark. */
  readonly question: string;
  /** What would be done, for whoever is not asked: follows "would". */
  readonly would: string;
  /** What a "no" comes to. */
  readonly otherwise: string;
}

/**
 * Asks the person at the terminal. Only a plain yes is a yes: all else, Ctrl-C and the end of input
 * too, is a no (`not_confirmed`). With nobody to ask: `confirmation_needed`, which exits 2.
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
      "Add --yes to do it without a question.",
    );
  }
  if (shown !== "") person.tell(`${shown}\n`);
  const answer = await person.ask(`${question} [y/N] `, signal);
  return /^\s*(y|yes)\s*$/i.test(answer ?? "") ? accept(undefined) : refuseUnconfirmed(otherwise);
}

/** As {@link confirm}, for commands that wait for nothing else meanwhile. */
export async function confirmAlone(cli: Cli, question: Question): Promise<Result<void>> {
  const interrupt = onInterrupt();
  try {
    return await confirm(cli, question, interrupt.signal);
  } finally {
    interrupt.release();
  }
}

function refuseUnconfirmed(otherwise: string): Refused {
  return refuse("not_confirmed", `${otherwise}.`, "Answer y, or give --yes, to do it.");
}
