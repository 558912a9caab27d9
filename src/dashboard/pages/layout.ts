import type { Context } from "hono";
import { html } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Access, ApiEnv } from "../../api/access.ts";
import { assetUrl, STYLES } from "../assets.ts";
import type { Html } from "./frame.ts";
import { banner, bar, type Frame, keysDialog } from "./frame.ts";

export type { Html } from "./frame.ts";

/** What one page adds to the frame that all share. */
export interface PageContent {
  readonly title: string;
  /**
   * The main part of a `live` page is renewed while it is open, for all readers of the same
   * address, role and numbers at once: it must not depend on who reads it. An element that a script
   * draws has an id and `data-own`: its inside stays.
   */
  readonly kind: "live" | "still";
  readonly main: Html;
  /** Assets with what only this page needs. */
  readonly scripts?: readonly string[];
  /** Default: 200. */
  readonly status?: number;
}

declare module "hono" {
  /** Set by the dashboard for each person who is signed in. */
  interface ContextVariableMap {
    frame?: Frame;
  }
}

/** The parts of a live page that are renewed, as HTML. */
interface LiveParts {
  readonly banner: string;
  readonly main: string;
}

/** Seconds between reloads without a script; with one, the page updates in place. */
const RELOAD_SECONDS = 10;

/** Answers with a whole page. */
export async function page(context: Context<ApiEnv>, content: PageContent): Promise<Response> {
  const { kind, status = 200 } = content;
  // A stranger sees a refusal or the sign-in, and nothing of what is behind it.
  const access = context.get("access") as Access | undefined;
  const frame = context.get("frame");
  const top = frame === undefined || access === undefined ? "" : await banner(frame, access);
  if (asksForParts(context)) {
    // A refusal: a page that is never renewed has no stream.
    if (kind !== "live") return context.body(null, pageStatus(status));
    const main = String(await content.main);
    return context.json({ banner: String(top), main } satisfies LiveParts, pageStatus(status));
  }
  const whole = layout(content, { bar: bar({ frame, access, kind, path: context.req.path }), top });
  return context.html(html`${whole}`, pageStatus(status));
}

/**
 * The addresses of the pages of kind `live`: known before a page is read, so that a stream never
 * reads one that it cannot show.
 */
const LIVE_PATHS = /^\/(?:numbers|drops|actions(?:\/[^/]+)?|campaigns\/[^/]+)?(?:\?|$)/;

export function isLivePath(path: string): boolean {
  return LIVE_PATHS.test(path);
}

/** Only the process itself can set it (live.ts): a request cannot carry it. */
export const LIVE_PARTS = { liveParts: true };

function asksForParts({ env }: Context): boolean {
  return (env as Partial<typeof LIVE_PARTS> | undefined)?.liveParts === true;
}

/** A whole page, in a frame of its own. */
function layout(
  { title, kind, main, scripts = [] }: PageContent,
  around: { readonly bar: Html; readonly top: Html | "" },
): Html {
  const isLive = kind === "live";
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${title} · Dropcast</title>
    <link rel="icon" type="image/svg+xml" href="${assetUrl("icon.svg")}">
    ${STYLES.map((name) => html`<link rel="stylesheet" href="${assetUrl(name)}">`)}
    ${isLive ? html`<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>` : ""}
    ${[...SCRIPTS, ...scripts].map((name) => html`<script type="module" src="${assetUrl(name)}"></script>`)}
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    ${around.bar}
    <div id="banner">${around.top}</div>
    <main id="main"${isLive ? html` data-live` : ""}>${main}</main>
    ${keysDialog()}
  </body>
</html>`;
}

const SCRIPTS = ["page.js"];

function pageStatus(status: number): ContentfulStatusCode {
  return status as ContentfulStatusCode;
}
