import { openSync, writeSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { ReadStream } from "node:tty";

/** The person at the terminal, wherever the command's output goes. */
export interface Person {
  /** Prints what the answer depends on. */
  readonly tell: (text: string) => void;
  /** The line that was typed; null if the person left instead (Ctrl-C, end of input). */
  readonly ask: (question: string, signal: AbortSignal) => Promise<string | null>;
}

/**
 * The person at the terminal of this process; null without a terminal. Piped output (`| tee log`)
 * does not hide the terminal, nor does a script that feeds stdin: only a person at the keyboard can
 * answer. Call it once, when there is something to ask.
 */
export function findPerson(stdin: NodeJS.ReadStream): Person | null {
  const fd = openTerminal();
  if (fd !== null) return personAt(() => new ReadStream(fd), fd);
  // A terminal that controls no session, as in some containers.
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
      // The terminal edits the line and sends the signals: a kill leaves nothing to restore.
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
