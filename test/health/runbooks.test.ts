import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CHECKS } from "../../src/health/runbook.ts";

const PAGE = "../../docs/runbooks.md";

test("docs/runbooks.md says what the checks say (renew it with `vitest -u`)", async () => {
  await expect(render()).toMatchFileSnapshot(PAGE);
});

test("every check has a heading in docs/runbooks.md that its code leads to", () => {
  const page = readFileSync(fileURLToPath(new URL(PAGE, import.meta.url)), "utf8");
  const headings = [...page.matchAll(/^## (\S+)$/gm)].map(([, code]) => code);

  expect(headings).toEqual(Object.keys(CHECKS));
});

test("every entry says in sentences what to do, and whether it is safe", () => {
  const odd = Object.entries(CHECKS).filter(([, { means, steps, safe }]) =>
    [means, safe, ...steps].some((text) => !/^[A-Z`].*[.?`]$/.test(text)),
  );

  expect(odd.map(([code]) => code)).toEqual([]);
});

function render(): string {
  const entries = Object.entries(CHECKS).map(([code, { title, means, steps, safe }]) =>
    [
      ...[`## ${code}`, "", wrapped(`**${title}.** ${means}`), ""],
      ...steps.map((step, at) => wrapped(`${at + 1}. ${step}`, "   ")),
      ...["", wrapped(`*Is it safe?* ${safe}`), ""],
    ].join("\n"),
  );
  return [
    "# Runbooks",
    "",
    "One section for each check of `dropcast doctor`, `GET /api/health` and the page of numbers and",
    "health, the gravest first.",
    "",
    ...entries,
  ].join("\n");
}

const COLUMNS_MAX = 100;

/** In lines of the length that documents have. */
function wrapped(text: string, indent = ""): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + 1 + word.length > COLUMNS_MAX) lines.push(`${indent}${word}`);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n");
}
