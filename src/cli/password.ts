import { accept, type Result, refuse } from "../core/refusal.ts";
import type { Cli } from "./command.ts";
import { onInterrupt } from "./interrupt.ts";

/** Longer than any password that is taken. */
const BYTES_MAX = 4_096;

/**
 * A new password: typed twice at the terminal, where it is not shown, or the first line of stdin
 * if that is not a terminal. Never an argument: those are shown by `ps` and kept by shells.
 */
export async function newPassword(cli: Cli, stdin: NodeJS.ReadStream): Promise<Result<string>> {
  if (!stdin.isTTY) return accept(await firstLine(stdin));
  const interrupt = onInterrupt();
  try {
    const typed = await typeHidden(stdin, "New password: ", cli, interrupt.signal);
    const again = await typeHidden(stdin, "The same again: ", cli, interrupt.signal);
    if (typed !== null && typed === again) return accept(typed);
    return refuse(
      "not_confirmed",
      typed === null || again === null
        ? "No password was given, so nothing was changed."
        : "The two passwords differ, so nothing was changed.",
      "Run the command again.",
    );
  } finally {
    interrupt.release();
  }
}

async function firstLine(stdin: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin as AsyncIterable<Buffer>) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > BYTES_MAX || chunk.includes(10)) break;
  }
  return Buffer.concat(chunks).toString("utf8").split(/\r?\n/, 1)[0] ?? "";
}

/** Ctrl-C and Ctrl-D. */
const LEAVES = ["\u0003", "\u0004"];
const ENDS = ["\r", "\n", ...LEAVES];

/** Null: the person left. */
function typeHidden(
  stdin: NodeJS.ReadStream,
  question: string,
  { terminal }: Cli,
  signal: AbortSignal,
): Promise<string | null> {
  terminal.log(question);
  return new Promise((resolve) => {
    let typed = "";
    const end = (value: string | null): void => {
      stdin.off("data", take);
      signal.removeEventListener("abort", leave);
      stdin.setRawMode(false);
      stdin.pause();
      terminal.log("\n");
      resolve(value);
    };
    const leave = (): void => end(null);
    const take = (chunk: Buffer): void => {
      for (const letter of chunk.toString("utf8")) {
        if (ENDS.includes(letter)) {
          end(LEAVES.includes(letter) ? null : typed);
          return;
        }
        if (letter === "\u007f" || letter === "\b") typed = Array.from(typed).slice(0, -1).join("");
        else if (typed.length < BYTES_MAX) typed += letter;
      }
    };
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on("data", take);
    signal.addEventListener("abort", leave, { once: true });
  });
}
