import pc from "picocolors";
import type { Cli } from "../../src/cli/command.ts";
import { runCommandLine } from "../../src/cli/main.ts";
import type { Person } from "../../src/cli/person.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import type { Place } from "./run-cli.ts";

/** What a command line came to that ran in this process, and what its person was asked. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was shown to the person at the terminal, the questions included. */
  readonly shown: string;
  readonly questions: readonly string[];
}

/**
 * Runs a command line in this process: milliseconds instead of the second that a process takes.
 * `answer` is the person at the terminal, who may do something before the answer; null: nobody is.
 */
export async function runHere(
  place: Pick<Place, "dir" | "env">,
  args: readonly string[],
  answer: (() => string | null | Promise<string | null>) | null = null,
): Promise<Ran> {
  const [stdout, stderr, shown, questions]: string[][] = [[], [], [], []];
  const person: Person = {
    tell: (text) => void shown?.push(text),
    ask: async (question) => {
      questions?.push(question);
      shown?.push(question);
      return (await answer?.()) ?? null;
    },
  };
  const terminal: Terminal = {
    interactive: false,
    person: () => (answer === null ? null : person),
    columns: () => 80,
    colours: pc.createColors(false),
    errorColours: pc.createColors(false),
    closed: new AbortController().signal,
    out: (line) => void stdout?.push(`${line}\n`),
    write: async (data) =>
      void stdout?.push(typeof data === "string" ? data : Buffer.from(data).toString("latin1")),
    say: (line) => void stderr?.push(`${line}\n`),
    log: (text) => void stderr?.push(text),
    live: () => {},
  };
  const { env, dir: cwd } = place;
  const cli: Omit<Cli, "chosenMode" | "onlyLooks"> = {
    terminal,
    env,
    cwd,
    json: args.includes("--json"),
    version: "0.0.0",
  };
  const code = await runCommandLine(args, cli);
  const text = (lines: string[] | undefined): string => (lines ?? []).join("");
  return {
    ...{ code, stdout: text(stdout), stderr: text(stderr), shown: text(shown) },
    questions: questions ?? [],
  };
}
