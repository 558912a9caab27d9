import type { Config } from "../config.ts";
import type { Platform } from "../platform.ts";
import type { ImportResult } from "../producer/import/import-outcome.ts";
import type { ImportFileInput } from "../producer/import-file.ts";
import type { Cli } from "./command.ts";
import { readingProgress } from "./reading-progress.ts";

/** Looks at a list as the import will, with progress on a terminal. */
export async function checkList(
  cli: Cli,
  platform: Platform | null,
  input: Omit<ImportFileInput, "purpose" | "onProgress"> & { readonly config: Config },
): Promise<ImportResult> {
  const { createChecker } = await import("../app-lists.ts");
  const { config, ...rest } = input;
  const onProgress = readingProgress(cli);
  const check = await createChecker(config, platform);
  const checked = await check({ ...rest, purpose: "check", onProgress });
  cli.terminal.live("");
  return checked;
}
