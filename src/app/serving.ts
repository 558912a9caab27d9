import { setTimeout as sleep } from "node:timers/promises";
import { askApiMode } from "../config/api-mode.ts";
import { type Config, describeConfig, inMode, type ReadConfig } from "../config/config.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Logger } from "../logger.ts";
import type { Platform } from "./platform.ts";

export interface ServingOptions {
  readonly logLevel: string;
  /** What to do if an API on loopback does not report its mode. */
  readonly unknownMode: "wait" | "live";
  /** Called once, with the reason, before it waits for the mode. */
  readonly onWait: (why: string) => void;
}

/** The outputs of a serving process: `say` for people, `log` for log lines. */
export interface Output {
  readonly say: (line: string) => void;
  readonly log: (text: string) => void;
}

/** When to give up the start, and where to register cleanup. */
interface Opening {
  readonly signal: AbortSignal;
  readonly onStop: (stop: () => Promise<void>) => void;
}

/**
 * The logger of a serving process, and a function that opens its platform: it waits for an API on
 * loopback to report its mode, then for a Redis that is absent or still loading, and reports both.
 * The platform is closed when the process stops. `configuredLogger` logs at the configured level,
 * whatever level is requested here.
 */
export async function openServing(
  output: Output,
  config: ReadConfig,
  options: ServingOptions,
): Promise<{
  logger: Logger;
  configuredLogger: Logger;
  open: (opening: Opening) => Promise<Result<Platform>>;
}> {
  const [{ openPlatform }, { createLogger }] = await Promise.all([
    import("./platform.ts"),
    import("../logger.ts"),
  ]);
  const loggerAt = (level: string): Logger =>
    createLogger({
      level,
      pretty: process.stderr.isTTY === true,
      stream: { write: (line) => output.log(line) },
    });
  const logger = loggerAt(options.logLevel);
  return {
    logger,
    configuredLogger: loggerAt(config.logLevel),
    open: async ({ signal, onStop }) => {
      const say = (line: string): void => output.say(line);
      const known = await findMode(config, { ...options, say, signal });
      if (!known.ok) return known;
      logger.debug({ config: describeConfig(known.value) }, "configuration");
      const opening = { config: known.value, logger, say, patience: "wait", signal } as const;
      const platform = await openPlatform(opening);
      if (platform.ok) onStop(() => platform.value.close());
      return platform;
    },
  };
}

type Asking = ServingOptions & {
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

/** Refuses only if the process is stopped before the API has answered. */
async function findMode(read: ReadConfig, asking: Asking): Promise<Result<Config>> {
  const mode = read.mode === null ? await askApiMode(read.apiUrl) : accept(read.mode);
  if (mode.ok) return accept(inMode(read, mode.value));
  const { message } = mode.refusal;
  if (asking.unknownMode === "live") {
    asking.say(`Assuming LIVE until the API answers: ${message}`);
    void askUntilAnswered(read.apiUrl, asking.signal).then(stopWhenSandbox);
    return accept(inMode(read, "live"));
  }
  asking.say(`Waiting: ${message}`);
  asking.onWait(message);
  const answered = await askUntilAnswered(read.apiUrl, asking.signal);
  return answered.ok ? accept(inMode(read, answered.value)) : answered;
}

const ASK_AGAIN_MS = 1_000;

async function askUntilAnswered(apiUrl: string, signal: AbortSignal) {
  for (;;) {
    await sleep(ASK_AGAIN_MS, undefined, { signal, ref: false }).catch(() => {});
    const mode = await askApiMode(apiUrl);
    if (mode.ok || signal.aborted) return mode;
  }
}

/** Live and sandbox share no data: a process cannot switch while it runs. */
function stopWhenSandbox(answered: Awaited<ReturnType<typeof askApiMode>>): void {
  if (!answered.ok || answered.value === "live") return;
  throw new Error("The API is the sandbox, but this process started as LIVE. Start it again.");
}

/** A running role; `stop` first finishes the work in progress. */
export interface RunningRole {
  readonly stop: () => Promise<void>;
  /** The address or folder it serves, for people; null if it has none. */
  readonly place: string | null;
}
