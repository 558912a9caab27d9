import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("every message in the table of docs/logs.md is one that the code logs", () => {
  const source = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(root, "src", path), "utf8"))
    .join("\n");
  const rows = readFileSync(join(root, "docs/logs.md"), "utf8").matchAll(
    /^\| (?:debug|info|warn|error|fatal) \| ([^|]+) \|/gm,
  );
  const messages = [...rows].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, message = ""]) => message),
  );

  expect(messages.length).toBeGreaterThan(25);
  expect(messages.filter((message) => !source.includes(`"${message}"`))).toEqual([]);
});
