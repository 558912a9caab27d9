import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { ReadStream } from "node:tty";

/** Whoever sits at the terminal, wherever the output of the command goes. */
export interface Person {
  /** Shows what the answer depends on. */
  readonly tell: (text: string) => void;
  /** The line that was typed; null when the person left instead (Ctrl-C, end of input). */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string | null>;
}

/**
 * The person at the terminal of this process; null when there is no terminal. Output in a pipe or a
 * file (`| tee log`) does not hide it, nor does a script that feeds stdin: only a person at the
 * keyboard can answer. Call it once, when there is something to ask.
 */
export function findPerson(stdin: NodeJS.ReadStream): Person | null {
  const fd = openTerminal();
  if (fd !== null) return personAt(() => new ReadStream(fd), fd);
  // A terminal that controls no session, as some containers give.
  return stdin.isTTY ? personAt(() => stdin, STDIN) : null;
}

const STDIN = 0;

function openTerminal(): number | null {
  try {
    return openSync("/dev/tty", "r+");
  } catch {
    return null;
  }
}

function personAt(openInput: () => ReadStream, fd: number): Person {
  const tell = (text: string): void => void writeSync(fd, `${text}\n`);
  return {
    tell,
    async ask(question, signal) {
      const input = openInput();
      // The terminal edits the line and sends the signals itself: a kill leaves nothing to restore.
      const reader = createInterface({ input, terminal: false });
      const gone = new AbortController();
      reader.once("close", () => gone.abort());
      writeSync(fd, question);
      try {
        return await reader.question("", { signal: AbortSignal.any([signal, gone.signal]) });
      } catch {
        tell("");
        return null;
      } finally {
        reader.close();
        input.destroy();
      }
    },
  };
}
