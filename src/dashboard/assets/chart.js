// Draws the charts of a campaign: messages a second, used and allowed, with the times in which it
// could not send shaded and named; and outcomes over time. The figures come from the API; the page
// has them as tables, too. uPlot sets styles by script only, which the policy of the page allows.
import uPlot from "./uplot.js";

const HEIGHT = 220;
const EVERY_MS = 5_000;
/** A shaded time that is narrower has no name on it, px. */
const NAMED_FROM = 60;
const NAMES = { backoff: "backoff", paused: "paused", suspended: "suspended" };

const RATE = [
  { label: "Used, per second", key: "used", colour: "--underway", fill: true },
  { label: "Allowed", key: "allowed", colour: "--quiet", dash: [6, 4] },
];
const OUTCOMES = [
  { label: "Taken by LiveChat", key: "accepted", colour: "--left" },
  { label: "Sent", key: "sent", colour: "--underway" },
  { label: "Delivered", key: "delivered", colour: "--reached" },
  { label: "Read", key: "read", colour: "--read" },
  { label: "Failed", key: "failed", colour: "--failed" },
  { label: "Unknown", key: "unknown", colour: "--unknown" },
];

const boxes = [...document.querySelectorAll("[data-chart]")];
const charts = new Map();
const dark = matchMedia("(prefers-color-scheme: dark)");
let timeline;
let askedAt = 0;

if (boxes.length > 0) {
  void renew();
  document.addEventListener("renewed", () => void renew());
  dark.addEventListener("change", redraw);
  const sizes = new ResizeObserver(() => {
    for (const [box, chart] of charts) chart.setSize({ width: widthOf(box), height: HEIGHT });
  });
  for (const box of boxes) sizes.observe(box);
}

async function renew() {
  if (performance.now() - askedAt < EVERY_MS && timeline !== undefined) return;
  askedAt = performance.now();
  try {
    const answer = await fetch(boxes[0].dataset.from, { headers: { accept: "application/json" } });
    if (!answer.ok) return;
    timeline = await answer.json();
  } catch {
    // The page itself says that the dashboard does not answer.
    return;
  }
  show();
}

function show() {
  for (const box of boxes) {
    const isRate = box.dataset.chart === "rate";
    const series = isRate ? RATE : OUTCOMES;
    const data = isRate ? ratesOf(timeline.rate, series) : totalsOf(timeline.outcomes, series);
    const chart = charts.get(box);
    if (data[0].length === 0) continue;
    if (chart !== undefined) chart.setData(data);
    else charts.set(box, new uPlot(optionsOf(box, series, isRate), data, box));
  }
}

function redraw() {
  for (const chart of charts.values()) chart.destroy();
  charts.clear();
  if (timeline !== undefined) show();
}

/** One list for the times and one for each series; steps in which nothing happened are zero. */
function ratesOf({ stepSeconds, points }, series) {
  const times = [];
  const values = series.map(() => []);
  const put = (at, pick) => {
    times.push(at);
    for (const [place, { key }] of series.entries()) values[place].push(pick(key));
  };
  for (const [place, point] of points.entries()) {
    const at = Date.parse(point.at) / 1_000;
    put(at, (key) => point[key]);
    const next = points[place + 1];
    const until = next === undefined ? Number.POSITIVE_INFINITY : Date.parse(next.at) / 1_000;
    if (until - at < 1.5 * stepSeconds) continue;
    // What was allowed holds to the end of its step, and is not known after it.
    put(at + stepSeconds, (key) => (key === "allowed" ? point[key] : 0));
    put(at + 1.1 * stepSeconds, (key) => (key === "allowed" ? null : 0));
  }
  const end = endOfHolds();
  if (times.length > 0 && end > times.at(-1)) put(end, () => null);
  return [times, ...values];
}

/** How many messages have come so far to each state, in the same form. */
function totalsOf({ stepSeconds, points }, series) {
  const times = [];
  const values = series.map(() => []);
  const totals = series.map(() => 0);
  const put = (at) => {
    if (at === times.at(-1)) return;
    times.push(at);
    for (const [place, total] of totals.entries()) values[place].push(total);
  };
  for (const point of points) {
    const at = Date.parse(point.at) / 1_000;
    put(at);
    for (const [place, { key }] of series.entries()) totals[place] += point[key];
    put(Math.max(at, Math.min(at + stepSeconds, Date.now() / 1_000)));
  }
  return [times, ...values];
}

/** A time in which it cannot send may have begun after the last message. */
function endOfHolds() {
  const now = Date.now() / 1_000;
  const ends = timeline.holds.map(({ until }) => Math.min(now, untilOf(until)));
  return Math.max(0, ...ends);
}

function untilOf(until) {
  return until === null ? Date.now() / 1_000 : Date.parse(until) / 1_000;
}

function optionsOf(box, series, isRate) {
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--quiet"), grid, ticks: grid };
  return {
    title: isRate ? "Messages a second" : "Outcomes so far",
    width: widthOf(box),
    height: HEIGHT,
    cursor: { y: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
    axes: [
      { ...axis, values: clockTimes, space: 80 },
      { ...axis, size: 60 },
    ],
    series: [
      { label: "Time", value: (_, at) => moment(at) },
      ...series.map((one) => seriesOf(one, isRate)),
    ],
    hooks: isRate ? { drawClear: [shade] } : {},
  };
}

const DAY_S = 86_400;
const MINUTES = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const SECONDS = { ...MINUTES, second: "2-digit" };
const DAYS = { day: "numeric", month: "short" };

/** The reader's own clock; with the day where the chart is longer than one. */
function clockTimes(chart, ticks, _axis, _space, step) {
  const { min, max } = chart.scales.x;
  const form = step >= DAY_S ? DAYS : step < 60 ? SECONDS : MINUTES;
  const isLong = max - min > DAY_S && step < DAY_S;
  const format = new Intl.DateTimeFormat(undefined, isLong ? { ...DAYS, ...form } : form);
  return ticks.map((at) => format.format(at * 1_000));
}

/** A rate holds for its step; totals grow within it. */
function seriesOf({ label, colour: name, dash, fill }, isStepped) {
  return {
    label,
    stroke: colour(name),
    width: 2,
    dash,
    fill: fill ? `${colour(name)}33` : undefined,
    paths: isStepped ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
    points: { show: false },
    value: (_, value) => (value === null || value === undefined ? "–" : value.toLocaleString("en")),
  };
}

/** Behind the lines: each time in which it could not send, with its name where there is room. */
function shade(chart) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  // One number of several keeps the others from nothing: it is told below the chart.
  for (const { kind, from, until } of timeline.holds.filter(({ number }) => number === null)) {
    const left = chart.valToPos(Date.parse(from) / 1_000, "x", true);
    const right = chart.valToPos(untilOf(until), "x", true);
    if (right < bbox.left || left > bbox.left + bbox.width) continue;
    const width = Math.max(2, right - left);
    ctx.fillStyle = `${colour(kind === "backoff" ? "--unknown" : "--failed")}33`;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    if (width < NAMED_FROM * devicePixelRatio) continue;
    ctx.fillStyle = colour("--ink");
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.fillText(
      NAMES[kind] ?? kind,
      Math.max(left, bbox.left) + 6,
      bbox.top + 16 * devicePixelRatio,
    );
  }
  ctx.restore();
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function moment(at) {
  if (at === null || at === undefined) return "–";
  return new Date(at * 1_000).toLocaleString(undefined, {
    ...{ ...DAYS, ...SECONDS },
  });
}

function widthOf(box) {
  return Math.max(240, box.clientWidth);
}
