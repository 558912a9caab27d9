import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openPlatform, type Platform } from "../../src/app/platform.ts";
import { type Config, inMode, loadConfig } from "../../src/config/config.ts";
import { createLogger } from "../../src/logger.ts";
import { redisUrl } from "./redis.ts";

type Numbers = Readonly<Record<string, object>>;

/** A platform in this process, of the numbers of a file that the test may change. */
export async function openTestPlatform(
  numbers: Numbers,
  env: Readonly<Record<string, string>> = {},
) {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-platform-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "numbers.yaml");
  const write = (of: Numbers): void => writeFileSync(path, JSON.stringify({ numbers: of }));
  const load = () =>
    loadConfig({
      cwd: dir,
      env: {
        ...{ DROPCAST_CONFIG: path, DROPCAST_REDIS_URL: redisUrl() },
        ...{ DROPCAST_API_URL: "http://127.0.0.1:9", DROPCAST_WEBHOOK_PORT: "0" },
        ...env,
      },
      strangers: "warn",
    });
  /** What the file says now. */
  function read(): Config {
    const loaded = load();
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return inMode(loaded.config, "live");
  }
  write(numbers);
  const logged: string[] = [];
  const stream = { write: (line: string) => logged.push(line) };
  const logger = createLogger({ level: "info", pretty: false, stream });
  const opening = { config: read(), logger, say: () => {}, patience: "wait" as const };
  const opened = await openPlatform(opening);
  if (!opened.ok) throw new Error(opened.refusal.message);
  const platform: Platform = opened.value;
  onTestFinished(() => platform.close());
  return { dir, path, write, load, read, logged: () => logged.join(""), platform };
}
