import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...["docs", "bench", "deploy"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
      .map((name) => join(folder, name)),
  ),
].sort();

const read = (page: string): string => readFileSync(join(root, page), "utf8");

/** A page without its code blocks and code words: brackets in there are no links. */
function proseOf(page: string): string {
  return read(page)
    .replaceAll(/^ *```.*?^ *```$/gms, "")
    .replaceAll(/`[^`\n]*`/g, (code) => "x".repeat(code.length));
}

/** The anchors of a page as GitHub makes them of its headings. */
function anchorsOf(page: string): Set<string> {
  const headings = read(page)
    .replaceAll(/^ *```.*?^ *```$/gms, "")
    .matchAll(/^#+ +(.+)$/gm);
  const seen = new Map<string, number>();
  return new Set(
    [...headings].map(([, heading = ""]) => {
      const slug = heading
        .trim()
        .toLowerCase()
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-");
      const before = seen.get(slug) ?? 0;
      seen.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}

interface Link {
  readonly page: string;
  readonly to: string;
}

const links: readonly Link[] = pages.flatMap((page) =>
  [...proseOf(page).matchAll(/(?:\]\(\s*|<img src=")([^)"\s]+)\s*[)"]/g)]
    .map(([, to = ""]) => ({ page, to }))
    .filter(({ to }) => !/^[a-z]+:/.test(to)),
);

function brokenWords({ page, to }: Link): string[] {
  const [path = "", anchor] = to.split("#", 2);
  const target = path === "" ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(root, target))) return [`${page}: ${to} leads to no file`];
  if (anchor === undefined) return [];
  const isPage = target.endsWith(".md") && statSync(join(root, target)).isFile();
  return isPage && anchorsOf(target).has(anchor) ? [] : [`${page}: ${to} leads to no heading`];
}

test("every link of every page leads to a file and to a heading that are there", () => {
  expect(links.length).toBeGreaterThan(100);
  expect(links.flatMap(brokenWords)).toEqual([]);
});

test("docs/README.md lists every page of docs, each once", () => {
  const listed = [...read("docs/README.md").matchAll(/^- \[[^\]]+\]\(([\w-]+\.md)\)/gm)].map(
    ([, page = ""]) => page,
  );
  const pagesOfDocs = pages
    .filter((page) => page.startsWith("docs/") && page !== "docs/README.md")
    .map((page) => relative("docs", page));

  expect(listed.toSorted()).toEqual(pagesOfDocs.toSorted());
});
