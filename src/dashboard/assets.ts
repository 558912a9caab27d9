import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { Hono } from "hono";

/** By the ending of a file in the folder `assets`; all of them are served. */
const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const folder = new URL("./assets/", import.meta.url);

/** What a page needs of a package is served from here, too: no page asks another host. */
const PACKAGED = { "uplot.js": "uplot/dist/uPlot.esm.js", "uplot.css": "uplot/dist/uPlot.min.css" };

const files: readonly (readonly [name: string, at: URL])[] = [
  ...readdirSync(folder).map((name) => [name, new URL(name, folder)] as const),
  ...Object.entries(PACKAGED).map(
    ([name, path]) => [name, new URL(import.meta.resolve(path))] as const,
  ),
];

const assets = new Map(
  files.map(([name, at]) => [
    name,
    { bytes: readFileSync(at), type: TYPES[extname(name)] ?? "text/plain" },
  ]),
);

/** Of all of them together, since scripts import each other by name. */
const version = digestOf([...assets.values()].map(({ bytes }) => bytes));

/** Every style sheet: first the one that has the colours and what pages share. */
export const STYLES: readonly string[] = [
  "style.css",
  ...[...assets.keys()].filter((name) => name.endsWith(".css") && name !== "style.css").sort(),
];

/** The address of an asset; it changes with the content, so browsers may cache it. */
export function assetUrl(name: string): string {
  if (!assets.has(name)) throw new Error(`There is no asset ${name}.`);
  return `/assets/${version}/${name}`;
}

export function createAssets(): Hono {
  const app = new Hono();
  for (const [name, { bytes, type }] of assets) {
    app.get(`/assets/:version/${name}`, (context) =>
      context.body(bytes, 200, { "content-type": type, "cache-control": "private, max-age=86400" }),
    );
  }
  return app;
}

function digestOf(parts: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 12);
}
