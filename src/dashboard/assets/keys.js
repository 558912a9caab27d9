// Keys for people who use a page all day; `?` lists them, and there they can be switched off.
import { toggleLive } from "./live.js";

const GO = { c: "/", n: "/numbers", o: "/opt-outs" };
/** How long `g` waits for its second key. */
const SECOND_MS = 1_500;
const OFF = "dropcast-keys-off";

const dialog = document.getElementById("keys");
const help = document.getElementById("help");
const areOn = document.getElementById("keys-on");
let goUntil = 0;

if (help !== null) {
  help.addEventListener("click", () => dialog.showModal());
  areOn.checked = localStorage.getItem(OFF) === null;
  areOn.addEventListener("change", () => {
    if (areOn.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
  document.addEventListener("keydown", press);
}

function press(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !areOn.checked || dialog.open) return;
  if (target.closest("input, textarea, select, [contenteditable]") !== null) return;
  const isSecond = performance.now() < goUntil;
  goUntil = 0;
  if (isSecond && key in GO) location.assign(GO[key]);
  else if (key === "g") goUntil = performance.now() + SECOND_MS;
  else if (key === "/") document.getElementById("search").focus();
  else if (key === "?") dialog.showModal();
  else if (key === "p") toggleLive();
  else return;
  event.preventDefault();
}
