import closeWithGrace from "close-with-grace";
import { accept, type Result } from "../core/refusal.ts";
import type { Logger } from "../logger.ts";
import type { CommandResult, Report } from "./command.ts";

/** What a start gets: when to abort, and where to register cleanup. */
export interface Boot {
  /** Aborted by the first SIGTERM or SIGINT. */
  readonly signal: AbortSignal;
  /** Called in reverse order when the process stops, also if the start fails half-way. */
  readonly onStop: (stop: () => Promise<void> | void) => void;
}

/** `serve`: run until a signal. A report: the work is done, stop and print it. */
export type Booted = Result<"serve" | Report>;

/** On top of the time the roles take to finish running requests. */
const STOP_MARGIN_MS = 5_000;

/**
 * The life of a serving process. The first SIGTERM or Ctrl-C stops everything in order and exits 0;
 * a second one, or a stop that takes longer than the drain, exits 1 at once. A signal during the
 * start waits for the current step, so that nothing is left half-built. Returns only if the start
 * was refused, or the work is done.
 */
export async function serve(input: {
  drainMs: number;
  logger: Pick<Logger, "error" | "fatal">;
  start: (boot: Boot) => Promise<Booted>;
  /** Called for SIGHUP instead of a stop, unless a terminal was closed. */
  onHangup?: () => void;
  /** The first signal arrived; running requests are being finished. */
  onStopping: () => void;
}): Promise<CommandResult> {
  const { logger } = input;
  const stopping = new AbortController();
  const stops: (() => Promise<void> | void)[] = [];
  const stopAll = async (): Promise<void> => {
    for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) await stop();
  };
  let started: Promise<Booted> | undefined;
  const { onHangup } = input;
  const takesHangup = onHangup !== undefined && process.stdin.isTTY !== true;
  if (takesHangup) process.on("SIGHUP", onHangup);
  const grace = closeWithGrace(
    {
      delay: input.drainMs + STOP_MARGIN_MS,
      logger: { error: (words: unknown) => logger.error(String(words)) },
      // Closing the terminal (SIGHUP) stops it too; a crash signal is not a request to stop.
      skip: [
        ...(["beforeExit", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE"] as const),
        ...(takesHangup ? (["SIGHUP"] as const) : []),
      ],
    },
    async ({ err }) => {
      if (err) logger.fatal({ err }, "unexpected error: stopping");
      stopping.abort();
      input.onStopping();
      await started?.catch(() => {
        // Reported by the caller that awaits the start; here only clean up.
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

/** The process ends elsewhere: in the signal handler. */
function forever(): Promise<never> {
  return new Promise(() => {
    // An empty event loop would end the process in the middle of its stop.
    setInterval(() => {}, 60_000);
  });
}
