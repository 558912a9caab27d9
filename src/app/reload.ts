import { statSync } from "node:fs";
import { type Config, inMode, type LoadedConfig, type ReadConfig } from "../config/config.ts";
import type { Platform } from "./platform.ts";

/** How often the configuration file is looked at. A mounted file may change without any event. */
const LOOK_EVERY_MS = 5_000;

/**
 * Takes the numbers of the configuration file again when the file has changed, and when `reload` is
 * called. A configuration with a mistake changes nothing, and is reported. One reload at a time.
 */
export function watchConfiguration(input: {
  readonly platform: Platform;
  readonly load: () => LoadedConfig;
  /** The file that `DROPCAST_CONFIG` names; null: there is none. */
  readonly path: string | null;
  readonly logger: Platform["logger"];
}) {
  const { platform, load, path, logger } = input;
  let seen = signOf(path);
  let last: Promise<void> = Promise.resolve();

  function reload(): void {
    seen = signOf(path);
    last = last.then(take).catch((error: unknown) => {
      logger.error({ error: String(error) }, `${KEPT}: it could not be taken`);
    });
  }

  async function take(): Promise<void> {
    const loaded = load();
    if (!loaded.ok) {
      for (const { name, message, fix } of loaded.problems) {
        logger.error({ name, fix }, `${KEPT}: ${name} ${message}`);
      }
      return;
    }
    const next = inMode(loaded.config, platform.config.mode);
    if (othersOf(next) !== othersOf(platform.config)) {
      logger.warn("settings besides the numbers have changed: they take effect after a restart");
    }
    const taken = await platform.renumber(next);
    if (!taken.ok) {
      const { code, message, fix } = taken.refusal;
      logger.error({ code, fix }, `${KEPT}: ${message}`);
      return;
    }
    const { added, removed, changed } = taken.value;
    logger.info({ added, removed, changed }, "the numbers of the configuration were taken again");
  }

  const timer = setInterval(() => {
    if (signOf(path) !== seen) reload();
  }, LOOK_EVERY_MS / platform.config.timeScale).unref();

  return {
    reload,
    async stop(): Promise<void> {
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
