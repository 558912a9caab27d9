import { statSync } from "node:fs";
import { type Config, inMode, type LoadedConfig, type ReadConfig } from "../config/config.ts";
import { createOnceAMinute } from "../core/trouble-log.ts";
import type { Platform } from "./platform.ts";

/** How often the configuration file is looked at. A mounted file may change without any event. */
const LOOK_EVERY_MS = 5_000;

/** A function that looks whether a configuration file has changed since the last call. */
export function createFileLook(path: string | null): FileLook {
  let taken = signOf(path);
  let last = taken;
  return {
    take() {
      taken = signOf(path);
    },
    look() {
      const before = last;
      last = signOf(path);
      // Something that writes it may be in the middle: its half would be taken for the whole.
      if (last !== before) return "changing";
      return last === taken ? "taken" : "changed";
    },
  };
}

export interface FileLook {
  /** The file is read now. */
  take(): void;
  /** `changed`: since it was read last, but not since the look before. */
  look(): "taken" | "changing" | "changed";
}

/**
 * Takes the numbers of the configuration file again when the file has changed, and when `reload` is
 * called. A configuration with a mistake changes nothing, and is reported. What failed is tried at
 * each look: Redis may have been away, or a file that the configuration names. One reload at a
 * time; those that are asked for meanwhile are one.
 */
export function watchConfiguration(input: {
  readonly platform: Pick<Platform, "config" | "renumber" | "logger">;
  readonly load: () => LoadedConfig;
  /** Made before the configuration was read that the process started with. */
  readonly file: FileLook;
}) {
  const { platform, load, file } = input;
  const { logger } = platform;
  const onceAMinute = createOnceAMinute(() => performance.now());
  let isAsked = false;
  let hasFailed = false;
  let isStopped = false;
  let isRunning = false;

  function tell(level: "warn" | "error", words: string, fields: object = {}): void {
    if (!isStopped) onceAMinute.log(words, () => logger[level](fields, words));
  }

  function begin(): void {
    isAsked = true;
    if (!isRunning) void takeAsked();
  }

  async function takeAsked(): Promise<void> {
    isRunning = true;
    while (isAsked && !isStopped) {
      isAsked = false;
      file.take();
      try {
        hasFailed = !(await take());
      } catch (error) {
        hasFailed = true;
        tell("error", `${KEPT}: it could not be taken`, { error: String(error) });
      }
    }
    isRunning = false;
  }

  /** Whether the process has the numbers of the file now. */
  async function take(): Promise<boolean> {
    const loaded = load();
    if (!loaded.ok) {
      for (const { name, message, fix } of loaded.problems) {
        tell("error", `${KEPT}: ${name} ${message}`, { name, fix });
      }
      return false;
    }
    for (const warning of loaded.warnings) tell("warn", warning);
    const next = inMode(loaded.config, platform.config.mode);
    if (othersOf(next) !== othersOf(platform.config)) {
      tell("warn", "settings besides the numbers have changed: they take effect after a restart");
    }
    const taken = await platform.renumber(next);
    if (!taken.ok) {
      const { code, message, fix } = taken.refusal;
      tell("error", `${KEPT}: ${message}`, { code, fix });
      return false;
    }
    const { added, removed, changed } = taken.value;
    logger.info({ added, removed, changed }, "the numbers of the configuration were taken again");
    return true;
  }

  const timer = setInterval(() => {
    const seen = file.look();
    if (seen === "changed" || (hasFailed && seen === "taken")) begin();
  }, LOOK_EVERY_MS / platform.config.timeScale).unref();

  return {
    /** A person asks for it, and is told again what was told before. */
    reload(): void {
      onceAMinute.forget();
      begin();
    },

    /** What has begun goes on, and ends with the role: its stop waits for what is sent. */
    stop(): void {
      isStopped = true;
      clearInterval(timer);
    },
  };
}

const KEPT = "the configuration is kept as it was";

/** Changes with the file, also when a link leads to another one, or to nothing that can be read. */
function signOf(path: string | null): string {
  if (path === null) return "";
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

/** All settings besides the numbers, to be compared. */
function othersOf(config: Config | ReadConfig): string {
  return JSON.stringify({ ...config, numbers: null, otherNumbers: null, sharingSecrets: null });
}
