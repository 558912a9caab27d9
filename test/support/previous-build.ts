import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The layout of the data that the previous build knows, and its version. */
export const PREVIOUS = { layout: 2, version: "0.9.0" } as const;

/**
 * What turns the build into one of the previous layout: it knows no step to layout 3, has its
 * queues under `bull:`, and does not drain them. Each text has to be there.
 */
const CHANGES: readonly (readonly [file: string, text: string, previous: string])[] = [
  ["dist/store/schema.js", "export const SCHEMA = 3;", `export const SCHEMA = ${PREVIOUS.layout};`],
  ["dist/store/schema.js", "await drainOldQueues(input);", ";"],
  ["dist/store/keys.js", "slotKey(number)}:bull", '"bull"}'],
  ["dist/worker/chores.js", "void (await store.drainOldQueues())", "undefined"],
];

/**
 * Writes a whole program into `folder` that is this one with the layout of the data before the
 * last, and returns its `bin/dropcast.js`. It is made from `dist/` and not from an earlier commit:
 * so it is there in a copy without git, needs no other packages, and differs in the layout alone.
 */
export function writePreviousBuild(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const part of ["bin", "dist"]) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as object;
  const previous = { ...manifest, version: PREVIOUS.version };
  writeFileSync(join(folder, "package.json"), JSON.stringify(previous));
  for (const [file, text, replacement] of CHANGES) {
    const path = join(folder, file);
    const code = readFileSync(path, "utf8");
    if (code.split(text).length !== 2) throw new Error(`${file} does not have once: ${text}`);
    writeFileSync(
      path,
      code.replace(text, () => replacement),
    );
  }
  return join(folder, "bin", "dropcast.js");
}
