import { html } from "hono/html";
import { assetUrl } from "../assets.ts";

/** The result of a tagged template of `hono/html`. Values in it are escaped. */
export type Html = ReturnType<typeof html>;

/** Seconds between reloads without a script; with one, the page updates in place. */
const RELOAD_SECONDS = 10;

/** A whole page. `live` ones update the contents of `<main>`. */
export function layout(input: { title: string; kind: "live" | "still"; main: Html }): Html {
  const { title, kind, main } = input;
  const live = kind === "live";
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>${title} · Dropcast</title>
    <link rel="icon" type="image/svg+xml" href="${assetUrl("icon.svg")}">
    <link rel="stylesheet" href="${assetUrl("style.css")}">
    ${live ? html`<noscript><meta http-equiv="refresh" content="${RELOAD_SECONDS}"></noscript>` : ""}
    ${live ? html`<script type="module" src="${assetUrl("refresh.js")}"></script>` : ""}
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header class="bar">
      <a class="brand" href="/"><img src="${assetUrl("icon.svg")}" alt="" width="28" height="28">Dropcast</a>
      <nav aria-label="Main">
        <a href="/">Campaigns</a>
        <a href="/queues">Queues</a>
        <a href="/api/docs">API</a>
      </nav>
      ${live ? html`<p class="stale" id="stale" role="status" hidden>Not up to date: the dashboard does not answer.</p>` : ""}
    </header>
    <main id="main"${live ? html` data-live` : ""}>${main}</main>
  </body>
</html>`;
}
