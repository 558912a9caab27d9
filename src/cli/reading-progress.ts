import type { ImportProgress } from "../producer/import/import-options.ts";
import type { Cli } from "./command.ts";
import { count } from "./words.ts";

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
