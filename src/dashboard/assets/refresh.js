// Renews what is inside <main> every few seconds, and shows times in the reader's own zone. Pauses
// while the tab is hidden. Without this script the page reloads itself.
const EVERY_MS = 3000;

const main = document.querySelector("main[data-live]");
const stale = document.getElementById("stale");
let shown = main?.innerHTML;

localiseTimes();
if (main) schedule();

function schedule() {
  setTimeout(() => {
    if (document.hidden) schedule();
    else void renew().finally(schedule);
  }, EVERY_MS);
}

async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.querySelector("main")?.innerHTML;
    stale.hidden = true;
    if (next === undefined || next === shown || isBusy()) return;
    replace(next);
    shown = next;
  } catch {
    stale.hidden = false;
  }
}

/** Nothing moves under somebody's hands: a focused button, a selected text. */
function isBusy() {
  const active = document.activeElement;
  const typing = active !== null && active !== document.body && main.contains(active);
  return typing || String(getSelection()) !== "";
}

function replace(next) {
  const open = new Set(
    [...main.querySelectorAll("details[open]")].map((each) => each.dataset.keep),
  );
  main.innerHTML = next;
  for (const details of main.querySelectorAll("details")) {
    details.open = open.has(details.dataset.keep);
  }
  localiseTimes();
}

function localiseTimes() {
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    time.title = time.dateTime;
    time.textContent = format.format(new Date(time.dateTime));
  }
}
