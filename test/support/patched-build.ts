import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * A copy of the built program in which one line of one file is another, to see that a run notices
 * it. Returns the path of its program; removed when the test ends. Throws if the line is not there.
 */
export function patchedBuild(o: { file: string; line: string; by: string }): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-patched-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const part of ["bin", "dist", "package.json"]) {
    cpSync(join(ROOT, part), join(dir, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  const path = join(dir, "dist", o.file);
  const source = readFileSync(path, "utf8");
  if (!source.includes(o.line)) throw new Error(`${o.file} has no line ${o.line}`);
  writeFileSync(path, source.replace(o.line, o.by));
  return join(dir, "bin", "dropcast.js");
}
