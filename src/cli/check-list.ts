import type { Platform } from "../app/platform.ts";
import type { Config } from "../config.ts";
import type { ImportFileInput } from "../producer/import-file.ts";
import type { ImportResult } from "../producer/report.ts";
import type { ImportProgress } from "../producer/request.ts";
import type { Cli } from "./command.ts";
import { count } from "./words.ts";

/** Looks at a list as the import will, with progress on a terminal. */
export async function checkList(
  cli: Cli,
  platform: Platform | null,
  input: Omit<ImportFileInput, "onProgress"> & { readonly config: Config },
): Promise<ImportResult> {
  const { createChecker } = await import("../app/lists.ts");
  const { config, ...rest } = input;
  const check = await createChecker(config, platform);
  const checked = await check({ ...rest, onProgress: readingProgress(cli) });
  cli.terminal.live("");
  return checked;
}

/** Shows on a terminal how far a list has been read. */
export function readingProgress({ json, terminal }: Cli): (progress: ImportProgress) => void {
  let lookAt = 0;
  return ({ rows, bytes, totalBytes }) => {
    const now = performance.now();
    if (json || now - lookAt < 100) return;
    lookAt = now;
    const percent = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
    terminal.live(`Reading the list: ${count(rows)} rows, ${percent} %`);
  };
}
