// Runs the fault runs at full volume and writes their figures into docs/reliability.md.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dropcast-faults-"));
const results = join(folder, "figures.ndjson");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
try {
  const { status } = spawnSync(
    process.execPath,
    [vitest, "run", "--project", "faults", ...process.argv.slice(2)],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, FAULTS: "full", FAULTS_RESULTS: results },
    },
  );
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
