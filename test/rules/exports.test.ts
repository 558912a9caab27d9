import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where an export may be used. */
const READERS = ["bin", "src", "test", "bench", "scripts"];

/** Used by name where no import statement shows it: `bin/dropcast.js`. */
const READ_OTHERWISE: readonly string[] = ["src/cli/main.ts:run"];

const DECLARED =
  /^export (?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;
const LISTED = /^export (?:type )?\{([^}]*)\}/gm;
const NAMED_IMPORT =
  /(?:import|export)\s+(?:type\s+)?(?:\w+\s*,\s*)?\{([^}]*)\}\s*from\s*"([^"]+)"/g;
const TAKEN_APART = /\{([^{}]*)\}\s*=\s*(?:await\s+)?import\(\s*["'`]([^"'`]+)["'`]/g;
const WHOLE =
  /(?:\*(?:\s+as\s+\w+)?\s+from\s*|import\(\s*|vi\.importActual[^(]*\(\s*)["'`]([^"'`]+)["'`]/g;

test("each export of a source file is imported by another file", () => {
  const used = new Set<string>();
  const wholes = new Set<string>();
  for (const { path, text } of files(READERS)) {
    for (const [, names = "", from = ""] of [
      ...text.matchAll(NAMED_IMPORT),
      ...text.matchAll(TAKEN_APART),
    ]) {
      for (const name of originals(names)) used.add(`${target(path, from)}:${name}`);
    }
    const apart = text.replace(TAKEN_APART, "");
    for (const [, from = ""] of apart.matchAll(WHOLE)) wholes.add(target(path, from));
  }
  const unused = files(["src"])
    .filter(({ path }) => !wholes.has(path))
    .flatMap(({ path, text }) => exported(text).map((name) => `${path}:${name}`))
    .filter((each) => !used.has(each) && !READ_OTHERWISE.includes(each));
  expect(unused, "Drop `export`, or delete what nothing uses").toEqual([]);
});

function exported(text: string): string[] {
  const declared = [...text.matchAll(DECLARED)].map(([, name = ""]) => name);
  const listed = [...text.matchAll(LISTED)].flatMap(([, names = ""]) =>
    names.split(",").flatMap(
      (each) =>
        bare(each)
          .split(/\s+as\s+/)
          .at(-1) ?? [],
    ),
  );
  return [...declared, ...listed].filter((name) => name !== "");
}

/** `type A, b as c, d: e` -> A, b, d. */
function originals(names: string): string[] {
  return names.split(",").map((each) => bare(each).split(/\s+as\s+|\s*:\s*/)[0] ?? "");
}

function bare(name: string): string {
  return name
    .replace(/\/\/.*$/gm, "")
    .trim()
    .replace(/^type\s+/, "");
}

/** The source file that is imported there, from the project's root; scripts import what is built. */
function target(importer: string, from: string): string {
  if (!from.startsWith(".")) return from;
  const path = normalize(join(importer, "..", from));
  return path.startsWith("dist/") ? path.replace(/^dist/, "src").replace(/\.js$/, ".ts") : path;
}

function files(folders: readonly string[]): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
      .filter((each) => each.isFile() && /\.m?[jt]s$/.test(each.name))
      .map((each) => {
        const path = join(each.parentPath, each.name);
        return { path: relative(ROOT, path), text: readFileSync(path, "utf8") };
      }),
  );
}
