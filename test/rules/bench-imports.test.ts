import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const files = ["bench", "scripts"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mjs"))
    .map((name) => join(folder, name)),
);

test("packages that benches and scripts import are declared", () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(join(root, "package.json"), "utf8"),
  ) as Record<"dependencies" | "devDependencies", Record<string, string>>;
  const declared = new Set(Object.keys({ ...dependencies, ...devDependencies }));
  const imported = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), "utf8").matchAll(/\bfrom "(@[\w-]+\/[\w-]+|[\w-]+)["/]/g),
    ].map(([, name = ""]) => ({ file, name })),
  );

  expect(imported.length).toBeGreaterThan(5);
  expect(imported.filter(({ name }) => !declared.has(name))).toEqual([]);
});

test("what benches and scripts take of the built product has a source: no build tells when it moves", () => {
  const taken = files.flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/"(?:\.\.?\/)+dist\/([\w./-]+)\.js"/g)].map(
      ([, name]) => ({ file, source: `src/${name}.ts` }),
    ),
  );

  expect(taken.length).toBeGreaterThan(20);
  expect(taken.filter(({ source }) => !existsSync(join(root, source)))).toEqual([]);
});
