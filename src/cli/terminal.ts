import { clearLine, cursorTo } from "node:readline";
import pc from "picocolors";
import { findPerson, type Person } from "./person.ts";

type Colours = ReturnType<typeof pc.createColors>;

/**
 * The stdout and stderr of a command: data goes to stdout, messages to stderr. A reader that goes
 * away (`| head`) is not an error: the rest is dropped and `closed` notifies the command. At most
 * one live line is at the bottom of a terminal; other output appears above it.
 */
export interface Terminal {
  /** Whether stdout is a terminal, so that a line can be rewritten. */
  readonly interactive: boolean;
  /** The person who can be asked, wherever the output goes; null: none. Looked up on each call. */
  readonly person: () => Person | null;
  readonly columns: () => number;
  /** Colours of stdout: none when it is piped, or with NO_COLOR. */
  readonly colours: Colours;
  readonly errorColours: Colours;
  /** Aborted when stdout has no reader left. */
  readonly closed: AbortSignal;
  /** A line on stdout. */
  readonly out: (line: string) => void;
  /** Raw text or bytes on stdout; resolves when more may be written. */
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** A line on stderr. */
  readonly say: (line: string) => void;
  /** A finished piece of stderr, newline included: for the logger. */
  readonly log: (text: string) => void;
  /** Rewrites the live line; an empty one removes it. Only on an interactive terminal. */
  readonly live: (line: string) => void;
}

interface ProcessTerminal extends Terminal {
  /** Why output could not be written (`ENOSPC`, words); null: all was, or its reader went away. */
  readonly lost: () => string | null;
}

export function createTerminal(input: {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: Readonly<Record<string, string | undefined>>;
}): ProcessTerminal {
  const { stdin, stdout, stderr, env } = input;
  const closing = new AbortController();
  const interactive = stdout.isTTY === true && env["TERM"] !== "dumb";
  let live = "";
  let lost: string | undefined;

  const onError = (error: NodeJS.ErrnoException): void => {
    // A full disk below the output does not stop the sending; the exit code will tell.
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") {
      lost ??= error.code ?? error.message;
    }
    closing.abort();
  };
  stdout.on("error", onError);
  stderr.on("error", onError);

  const above = (stream: NodeJS.WriteStream, text: string): void => {
    if (live === "" || !stream.isTTY) {
      put(stream, text);
      return;
    }
    wipe();
    put(stream, text);
    stdout.write(live);
  };
  const put = (stream: NodeJS.WriteStream, text: string): void => {
    if (stream !== stdout || !closing.signal.aborted) stream.write(text);
  };
  const wipe = (): void => {
    cursorTo(stdout, 0);
    clearLine(stdout, 0);
  };

  return {
    interactive,
    person: () => findPerson(stdin),
    columns: () => stdout.columns || 80,
    colours: pc.createColors(hasColours(stdout, env)),
    errorColours: pc.createColors(hasColours(stderr, env)),
    closed: closing.signal,
    lost: () => lost ?? null,
    out: (line) => above(stdout, `${line}\n`),
    say: (line) => above(stderr, `${line}\n`),
    log: (text) => above(stderr, text),
    live(line) {
      if (!interactive || closing.signal.aborted) return;
      if (live !== "" || line !== "") wipe();
      live = line;
      if (line !== "") stdout.write(line);
    },
    write: (data) =>
      new Promise((resolve) => {
        if (closing.signal.aborted || stdout.write(data)) {
          resolve();
          return;
        }
        const go = (): void => {
          stdout.removeListener("drain", go);
          closing.signal.removeEventListener("abort", go);
          resolve();
        };
        stdout.once("drain", go);
        closing.signal.addEventListener("abort", go);
      }),
  };
}

/** Not picocolors' own detection, which colours pipes if `CI` is set. */
function hasColours(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (env["NO_COLOR"]) return false;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
