// Keeps an open page up to date over server-sent events. A hidden tab closes its stream. Where there
// are too many streams, the page asks for itself every few seconds. Without this script it reloads.
import { morphChildren } from "./morph.js";
import { localise } from "./times.js";

const POLL_MS = 10_000;
const PAUSED = "dropcast-paused";
const SILENT = "Not up to date: the dashboard does not answer.";

const main = document.querySelector("main[data-live]");
const banner = document.getElementById("banner");
const button = document.getElementById("live");
const stale = document.getElementById("stale");

let source;
let timer;
let waiting;
let isPaused = sessionStorage.getItem(PAUSED) !== null;

if (main !== null && button !== null) {
  button.addEventListener("click", toggleLive);
  document.addEventListener("visibilitychange", begin);
  document.addEventListener("selectionchange", () => waiting !== undefined && show(waiting));
  addEventListener("pagehide", end);
  addEventListener("pageshow", ({ persisted }) => persisted && begin());
  begin();
}

/** Stops or starts the updates of this page, and of those opened after it in this tab. */
export function toggleLive() {
  if (button === null) return;
  isPaused = !isPaused;
  if (isPaused) sessionStorage.setItem(PAUSED, "yes");
  else sessionStorage.removeItem(PAUSED);
  say("");
  begin();
}

function begin() {
  end();
  button.textContent = isPaused ? "Paused" : "Live";
  button.setAttribute("aria-pressed", String(!isPaused));
  if (isPaused || document.hidden) return;
  source = new EventSource(`/live?page=${encodeURIComponent(location.pathname + location.search)}`);
  source.addEventListener("open", () => say(""));
  source.addEventListener("page", ({ data }) => {
    say("");
    show(JSON.parse(data));
  });
  source.addEventListener("trouble", ({ data }) => {
    if (data !== "404") return say("Not up to date: the page cannot be read now.");
    end();
    say("This page is not there any more.");
  });
  // The browser connects again by itself, unless the server refused.
  source.addEventListener("error", ({ target }) => {
    if (target !== source) return;
    if (source.readyState === EventSource.CLOSED) void poll();
    else say(SILENT);
  });
}

function end() {
  source?.close();
  source = undefined;
  waiting = undefined;
  clearTimeout(timer);
}

/** Shows the page as it is now, and tries a stream again later. */
async function poll() {
  timer = setTimeout(begin, POLL_MS);
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.status === 401 || answer.redirected) return say("Signed out: load the page again.");
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const inside = (selector) => page.querySelector(selector)?.innerHTML ?? "";
    show({ banner: inside("#banner"), main: inside("main") });
    say("Many pages are open: this one is renewed every 10 seconds.");
  } catch {
    say(SILENT);
  }
}

/** Nothing moves under a text that is being selected: it is shown afterwards. */
function show(parts) {
  waiting = parts;
  const selection = getSelection();
  if (!selection.isCollapsed && main.contains(selection.anchorNode)) return;
  waiting = undefined;
  renew(banner, parts.banner);
  renew(main, parts.main);
  document.dispatchEvent(new CustomEvent("renewed"));
}

function renew(element, inside) {
  const next = document.createElement("template");
  next.innerHTML = inside;
  localise(next.content);
  morphChildren(element, next.content);
}

function say(words) {
  stale.textContent = words;
  stale.hidden = words === "";
}
