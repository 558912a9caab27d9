// `npm run faults`: the fault runs at full volume, and their figures into docs/reliability.md. What
// is given on the command line goes to vitest (a file name, -t); the document is then left alone.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFigures } from "./faults/figures.mjs";
import { loadNow } from "./results.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const asked = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "dropcast-faults-"));
const results = join(folder, "figures.ndjson");
try {
  const load = loadNow();
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reasons = join(root, "scripts", "faults", "reasons.mjs");
  const options = ["--project", "faults", "--reporter", "default", "--reporter", reasons];
  const { status } = spawnSync(process.execPath, [vitest, "run", ...options, ...asked], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, FAULTS: "full", FAULTS_RESULTS: results },
  });
  process.exitCode = status ?? 1;
  const lines = existsSync(results) ? readFileSync(results, "utf8").trim().split("\n") : [];
  const runs = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  if (status !== 0) {
    console.error("A run failed: put its seed, printed above, into test/faults/seeds.json.");
  } else if (asked.length === 0) {
    writeFigures({ file: join(root, "docs", "reliability.md"), runs, load });
  } else {
    console.log(lines.join("\n"));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
