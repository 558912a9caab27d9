import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Hono } from "hono";

const TYPES = {
  "style.css": "text/css; charset=utf-8",
  "refresh.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
} as const;

type AssetName = keyof typeof TYPES;

const assets = new Map(
  Object.entries(TYPES).map(([name, type]) => {
    const bytes = readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8");
    const version = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    return [name, { bytes, type, version }];
  }),
);

/** The address of an asset; it changes with the content, so browsers may cache it. */
export function assetUrl(name: AssetName): string {
  return `/assets/${name}?v=${assets.get(name)?.version}`;
}

export function createAssets(): Hono {
  const app = new Hono();
  for (const [name, { bytes, type }] of assets) {
    app.get(`/assets/${name}`, (context) =>
      context.body(bytes, 200, { "content-type": type, "cache-control": "private, max-age=86400" }),
    );
  }
  return app;
}
