import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { REJECTS } from "../../src/core/reject.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const IMPORTS_REFUSE = /^import \{[^}]*\brefuse\b[^}]*\} from "[^"]*\/refusal\.ts";/m;

/** The sources that refuse: path -> text. A function of the same name elsewhere is another one. */
const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: readFileSync(join(root, "src", path), "utf8") }))
  .filter(({ text }) => IMPORTS_REFUSE.test(text));

/** Every code that a `refuse("code"` says, with the files. Some come from a table: `code: "…"`. */
const refused = new Map<string, Set<string>>();
for (const { path, text } of sources) {
  for (const [, said, listed = ""] of text.matchAll(
    /\b(?:refuse\(\s*"([^"]*)"|code: "([a-z_]+)")/g,
  )) {
    const code = said ?? listed;
    refused.set(code, (refused.get(code) ?? new Set()).add(path));
  }
}

const [ofRefusals = "", ofRows = ""] = readFileSync(join(root, "docs/errors.md"), "utf8").split(
  "## Rejected rows",
);
const documented = rowsOf(ofRefusals);

function rowsOf(table: string): { code: string; happened: string; todo: string }[] {
  const lines = table.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const [, code = "", happened = "", todo = ""] = line
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim());
    return { code: code.replaceAll("`", ""), happened, todo };
  });
}

describe("docs/errors.md", () => {
  test("has a row for every refusal of the sources", () => {
    const codes = new Set(documented.map(({ code }) => code));

    const missing = [...refused]
      .filter(([code]) => !codes.has(code))
      .map(([code, paths]) => `${code} (${[...paths].join(", ")}) has no row`);

    expect(missing).toEqual([]);
  });

  test("has no row for a refusal that nothing says", () => {
    const idle = documented.filter(({ code }) => !refused.has(code)).map(({ code }) => code);

    expect(idle).toEqual([]);
  });

  test("is in alphabetical order, each code once", () => {
    const codes = documented.map(({ code }) => code);

    expect(codes).toEqual([...new Set(codes)].sort());
  });

  test("says of each code what happened and what to do", () => {
    const silent = documented.filter(({ happened, todo }) => happened === "" || todo === "");

    expect(silent.map(({ code }) => code)).toEqual([]);
  });
});

test("docs/errors.md has a row for every code of a rejected row, in alphabetical order", () => {
  const rows = rowsOf(ofRows);

  expect(rows.map(({ code }) => code)).toEqual(Object.keys(REJECTS).sort());
  expect(rows.filter(({ happened, todo }) => happened === "" || todo === "")).toEqual([]);
});

describe("refusals", () => {
  test("have codes that scripts can rely on: lower case words with underscores", () => {
    const odd = [...refused.keys()].filter((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code));

    expect(odd).toEqual([]);
  });
});
