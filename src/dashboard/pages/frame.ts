import { html } from "hono/html";
import { type Access, seesNumber } from "../../api/access.ts";
import type { Stop } from "../../campaigns/stops.ts";
import { includesRole, type Role } from "../../core/access.ts";
import { type Mode, modeName } from "../../core/mode.ts";
import { assetUrl } from "../assets.ts";
import { moment } from "./format.ts";

/** What stands around every page: search, SANDBOX or LIVE, what stands still, and the menu. */

/** What the frame shows of the deployment. */
export interface Frame {
  readonly mode: Mode;
  /** Worst first. */
  readonly stops: () => Promise<readonly Stop[]>;
  /** Whether there is such a page: none is offered that is not there. */
  readonly hasPage: (path: string) => boolean;
}

/** The pages, with the least role that may see each. */
const PAGES: readonly (readonly [path: string, title: string, role: Role])[] = [
  ["/", "Campaigns", "viewer"],
  ["/new", "New campaign", "operator"],
  ["/opt-outs", "Opt-outs", "viewer"],
  ["/numbers", "Numbers", "viewer"],
  ["/actions", "Bulk actions", "viewer"],
  ["/drops", "Drops", "viewer"],
  ["/audit", "Audit", "viewer"],
  ["/access", "Access", "admin"],
  ["/queues", "Queues", "operator"],
  ["/api/docs", "API", "viewer"],
];

/** The page of the numbers, where what stands still is explained. */
const NUMBERS = "/numbers";

interface Around {
  readonly frame: Frame | undefined;
  readonly access: Access | undefined;
  readonly kind: "live" | "still";
  readonly path: string;
}

/** The top of every page; for a stranger only the name. */
export function bar({ frame, access, kind, path }: Around): Html {
  if (frame === undefined || access === undefined) {
    return html`<header class="bar"><div class="row">${brand()}</div></header>`;
  }
  return html`<header class="bar">
    <div class="row">
      ${brand()}
      ${modeOf(frame.mode)}
      <form class="search" method="post" action="/search" role="search">
        <label class="hidden" for="search">Search for a phone number, message id, row or campaign</label>
        <input id="search" name="q" type="search" required maxlength="200" autocomplete="off"
          autocapitalize="off" spellcheck="false" placeholder="Phone, message id, main-1:42, campaign">
        <button>Search</button>
      </form>
      ${kind === "live" ? liveSwitch() : ""}
      <p class="who">${whoWords(access.who)} <span class="quiet">${access.role}</span></p>
      ${access.session === undefined ? "" : html`<form method="post" action="/sign-out"><button class="plain">Sign out</button></form>`}
      <button type="button" class="menu" popovertarget="menu">Menu</button>
    </div>
    <nav id="menu" class="pages" aria-label="Main" popover>
      ${PAGES.filter(([to, , role]) => includesRole(access.role, role) && frame.hasPage(to)).map(
        ([to, title]) =>
          html`<a href="${to}"${isIn(path, to) ? html` aria-current="page"` : ""}>${title}</a>`,
      )}
      <button type="button" id="help" class="needs-script">Keys</button>
    </nav>
  </header>`;
}

/** `user:ana` -> `ana`. One password has many users, so it names none of them. */
function whoWords(who: string): string {
  const [kind = "", ...name] = who.split(":");
  if (name.length === 0) return "Password";
  return kind === "token" ? `token ${name.join(":")}` : name.join(":");
}

function brand(): Html {
  return html`<a class="brand" href="/"><img src="${assetUrl("icon.svg")}" alt="" width="28" height="28">Dropcast</a>`;
}

function modeOf(mode: Mode): Html {
  const meaning = mode === "live" ? "Messages reach people" : "No message reaches anyone";
  return html`<strong class="mode mode-${mode}" title="${meaning}">${modeName(mode)}</strong>`;
}

/** Only a script can stop and start the updates, so it also shows the switch. */
function liveSwitch(): Html {
  return html`<p class="live"><button type="button" id="live" class="needs-script" aria-pressed="true">Live</button>
    <span id="stale" class="stale" role="status" hidden></span></p>`;
}

/** A campaign's pages belong to the campaigns. */
function isIn(path: string, page: string): boolean {
  if (page === "/") return path === "/" || path.startsWith("/campaigns/");
  return path === page || path.startsWith(`${page}/`);
}

/** What stands still and concerns the reader; empty if nothing does. The worst is told in full. */
export async function banner({ stops, hasPage }: Frame, access: Access): Promise<Html | ""> {
  const all = await stops();
  const [worst, ...others] = all.filter(
    ({ number }) => number === null || seesNumber(access, number),
  );
  if (worst === undefined) return "";
  return html`<section class="stops" role="alert" aria-label="What stands still">
    <p><strong>${worst.title}.</strong> ${stopWords(worst)}${hasPage(NUMBERS) ? html` <a href="${NUMBERS}">Numbers and health</a>` : ""}</p>
    ${others.map(
      (stop) => html`<details><summary>${stop.title}</summary><p>${stopWords(stop)}</p></details>`,
    )}
  </section>`;
}

function stopWords({ words, sinceMs }: Stop): Html {
  return html`${words}${sinceMs === null ? "" : html` Since ${moment(sinceMs)}.`}`;
}

const KEYS: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "Search"],
  [["g", "c"], "Campaigns"],
  [["g", "n"], "Numbers and health"],
  [["g", "o"], "Opt-outs"],
  [["p"], "Stop or start the updates of this page; sending goes on"],
  [["?"], "This list"],
];

/** Opened by a script. */
export function keysDialog(): Html {
  return html`<dialog id="keys" aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <dl class="keys">
      ${KEYS.map(
        ([keys, does]) =>
          html`<div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${does}</dd></div>`,
      )}
    </dl>
    <label><input type="checkbox" id="keys-on" checked> Use these keys in this browser</label>
    <form method="dialog"><button>Close</button></form>
  </dialog>`;
}

/** The result of a tagged template of `hono/html`. Values in it are escaped. */
export type Html = ReturnType<typeof html>;
