const DAY = { day: "numeric", month: "short" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
const today = new Intl.DateTimeFormat(undefined, CLOCK);
const thisYear = new Intl.DateTimeFormat(undefined, { ...DAY, ...CLOCK });
const toTheSecond = new Intl.DateTimeFormat(undefined, { ...DAY, ...CLOCK, second: "2-digit" });
const otherYear = new Intl.DateTimeFormat(undefined, { ...DAY, year: "numeric", ...CLOCK });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** Shows every time in the reader's own zone; how long ago it was, and UTC, when pointed at. */
export function localise(root) {
  const now = new Date();
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    time.textContent = formatOf(time, at, now).format(at);
    time.title = `${ago(at, now)} · ${time.dateTime}`;
  }
}

/** A time of today's may be a clock time alone, where the page asks for that. */
function formatOf(time, at, now) {
  if ("seconds" in time.dataset) return toTheSecond;
  if ("clock" in time.dataset && at.toDateString() === now.toDateString()) return today;
  return at.getFullYear() === now.getFullYear() ? thisYear : otherYear;
}

function ago(at, now) {
  const seconds = Math.round((at - now) / 1_000);
  const [unit, length] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  return relative.format(Math.round(seconds / length), unit);
}
