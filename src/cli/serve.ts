import closeWithGrace from "close-with-grace";
import { accept, type Result } from "../core/refusal.ts";
import type { Logger } from "../logger.ts";
import type { CommandResult, Report } from "./command.ts";

/** What a start gets: when to give up, and where to leave what must be undone. */
export interface Boot {
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Called in the reverse order when the process stops, also when the start fails half-way. */
  readonly onStop: (stop: () => Promise<void> | void) => void;
}

/** `serve`: run until a signal comes. A report: the work is done, stop and print it. */
export type Booted = Result<"serve" | Report>;

/** Beyond the time the roles take to finish what is on the wire. */
const STOP_MARGIN_MS = 5_000;

/**
 * The life of a process that serves. The first SIGTERM or Ctrl-C stops everything in good order
 * and exits 0; a second one, or a stop that takes longer than the drain, exits 1 at once. A signal
 * during the start waits for the step that is under way, so that nothing is left half-built.
 * Comes back only when the start was refused, or when its work is done.
 */
export async function serve(input: {
  drainMs: number;
  logger: Pick<Logger, "error" | "fatal">;
  start: (boot: Boot) => Promise<Booted>;
  /** The first signal was heard; what is on the wire is finished now. */
  onStopping: () => void;
}): Promise<CommandResult> {
  const { logger } = input;
  const stopping = new AbortController();
  const stops: (() => Promise<void> | void)[] = [];
  const stopAll = async (): Promise<void> => {
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
  };
  let started: Promise<Booted> | undefined;
  const grace = closeWithGrace(
    {
      delay: input.drainMs + STOP_MARGIN_MS,
      logger: { error: (words: unknown) => logger.error(String(words)) },
      // A terminal that closes is a stop as well (SIGHUP); a failure of memory is nobody's wish.
      skip: ["beforeExit", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE"],
    },
    async ({ err }) => {
      if (err) logger.fatal({ err }, "unexpected error: stopping");
      stopping.abort();
      input.onStopping();
      await started?.catch(() => {
        // Told by whoever awaits the start; what it has opened is closed here.
      });
      await stopAll();
    },
  );
  started = input.start({ signal: stopping.signal, onStop: (stop) => stops.push(stop) });
  let booted: Booted;
  try {
    booted = await started;
  } catch (error) {
    if (stopping.signal.aborted) return forever();
    grace.uninstall();
    await stopAll();
    throw error;
  }
  if (stopping.signal.aborted || (booted.ok && booted.value === "serve")) return forever();
  grace.uninstall();
  await stopAll();
  return booted.ok ? accept(booted.value as Report) : booted;
}

/** The process ends elsewhere: in the handler of the signal. */
function forever(): Promise<never> {
  return new Promise(() => {
    // An empty event loop would end the process in the middle of its stop.
    setInterval(() => {}, 60_000);
  });
}
