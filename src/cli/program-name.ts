import { relative } from "node:path";
import { COMMAND_NAMES } from "./commands.ts";
import type { Terminal } from "./terminal.ts";

/** A command in any advice: the program and one of its commands. */
const ADVICE = new RegExp(`\\bdropcast (?=(?:${COMMAND_NAMES.join("|")})\\b)`, "g");

/**
 * The terminal of a process started by `npm start` (or another script of package.json): a clone has
 * no `dropcast` on its PATH, so advice has to name the file that node runs.
 */
export function withTypedName(
  terminal: Terminal,
  input: {
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly cwd: string;
  },
): Terminal {
  const [, file = ""] = input.argv;
  if (input.env["npm_lifecycle_event"] === undefined) return terminal;
  const typed = `node ${relative(input.cwd, file)} `;
  const name = (text: string): string => text.replace(ADVICE, typed);
  return {
    ...terminal,
    out: (line) => terminal.out(name(line)),
    say: (line) => terminal.say(name(line)),
  };
}
