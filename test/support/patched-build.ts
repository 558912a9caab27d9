import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A text in a file of `dist/`, which has it once, and what stands there instead. */
export type Change = readonly [file: string, text: string, by: string];

/**
 * A copy of the built program with some changes. It is there in a copy without git, needs no other
 * packages, and differs in the changes alone. Returns the path of its program; removed when the
 * test ends. Throws if a text is not there once.
 */
export function patchedBuild(changes: readonly Change[], manifest: object = {}): string {
  const dir = mkdtempSync(join(tmpdir(), "dropcast-patched-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const part of ["bin", "dist"]) {
    cpSync(join(ROOT, part), join(dir, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as object;
  writeFileSync(join(dir, "package.json"), JSON.stringify({ ...own, ...manifest }));
  for (const [file, text, by] of changes) {
    const path = join(dir, "dist", file);
    const parts = readFileSync(path, "utf8").split(text);
    if (parts.length !== 2) throw new Error(`${file} does not have once: ${text}`);
    writeFileSync(path, parts.join(by));
  }
  return join(dir, "bin", "dropcast.js");
}
