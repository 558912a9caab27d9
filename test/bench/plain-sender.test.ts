import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

test.each([
  ["send each row exactly once", "send"],
  ["have each message as read when all webhooks are taken", "campaign"],
])("both senders of the bench %s", async (_, figure) => {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-bench-test-"));
  const results = join(dir, "RESULTS.md");
  try {
    const volume = ["--rows", "300", "--rounds", "1", "--fsync", "everysec"];
    // The command fails by itself when a recipient is missing or comes twice, or an outcome is wrong.
    await promisify(execFile)(
      process.execPath,
      ["bench/run.mjs", figure, ...volume, "--results", results],
      { cwd: root },
    );
    const text = readFileSync(results, "utf8");

    expect(text).toContain("| Dropcast |");
    expect(text).toContain("| plain sender |");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
