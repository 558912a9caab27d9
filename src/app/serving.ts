import { setTimeout as sleep } from "node:timers/promises";
import { askApiMode } from "../config/api-mode.ts";
import { type Config, describeConfig, inMode, type ReadConfig } from "../config/config.ts";
import { accept, type Result } from "../core/refusal.ts";
import type { Logger } from "../logger.ts";
import type { Platform } from "./platform.ts";

export interface ServingOptions {
  readonly logLevel: string;
  /** What becomes of a process whose API on loopback does not say what it is. */
  readonly unknownMode: "wait" | "live";
  /** Told once, with the reason, before it waits for that. */
  readonly onWait: (why: string) => void;
}

/** Where a process that serves speaks: `say` to people, `log` writes lines of the log. */
export interface Voice {
  readonly say: (line: string) => void;
  readonly log: (text: string) => void;
}

/** When to give up the start, and where to leave what must be undone. */
interface Opening {
  readonly signal: AbortSignal;
  readonly onStop: (stop: () => Promise<void>) => void;
}

/**
 * The logger of a process that serves, and the way to open its platform: it waits for an API on
 * loopback to say what it is, then for a Redis that is absent or still reads its data, and says so;
 * it is closed when the process stops. `talkative` logs at the configured level, whatever level is
 * asked for here.
 */
export async function openServing(
  voice: Voice,
  config: ReadConfig,
  options: ServingOptions,
): Promise<{
  logger: Logger;
  talkative: Logger;
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
      stream: { write: (line) => voice.log(line) },
    });
  const logger = loggerAt(options.logLevel);
  return {
    logger,
    talkative: loggerAt(config.logLevel),
    open: async ({ signal, onStop }) => {
      const say = (line: string): void => voice.say(line);
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

/** Refuses only when the process is told to stop before the API has answered. */
async function findMode(read: ReadConfig, asking: Asking): Promise<Result<Config>> {
  const mode = read.mode === null ? await askApiMode(read.apiUrl) : accept(read.mode);
  if (mode.ok) return accept(inMode(read, mode.value));
  const { message } = mode.refusal;
  if (asking.unknownMode === "live") {
    asking.say(`Taken for LIVE until it answers: ${message}`);
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

/** The two keep apart what they know: it cannot become the other while it runs. */
function stopWhenSandbox(answered: Awaited<ReturnType<typeof askApiMode>>): void {
  if (!answered.ok || answered.value === "live") return;
  throw new Error("The API is the sandbox, and this was started as LIVE. Start it again.");
}
