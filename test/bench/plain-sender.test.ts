import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("both senders of the bench send each row exactly once", async () => {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-bench-test-"));
  const results = join(dir, "RESULTS.md");
  try {
    const volume = ["--rows", "300", "--rounds", "1", "--fsync", "everysec"];
    // The command fails by itself when a recipient is missing or comes twice.
    await promisify(execFile)(
      process.execPath,
      ["bench/run.mjs", "send", ...volume, "--results", results],
      { cwd: root, timeout: 110_000 },
    );
    const text = readFileSync(results, "utf8");

    expect(text).toContain("| Dropcast |");
    expect(text).toContain("| plain sender |");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 120_000);
