import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is gone when this process ends, however it is stopped short of SIGKILL. */
export function temporaryFolder() {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-bench-"));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
