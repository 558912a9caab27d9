// Renders what the fault runs published into the generated part of docs/reliability.md.
import { spawnSync } from "node:child_process";
import { machine, table, writeSection } from "../results.mjs";

/** What the runs are about, as a column title, in this order; a run has some of them. */
const COLUMNS = [
  ["kills", "kills"],
  ["interrupted", "interrupted sends"],
  ["rows", "rows"],
  ["posts", "POSTs"],
  ["events", "webhooks taken"],
  ["duplicates", "duplicates"],
  ["losses", "silent losses"],
  ["stuck", "stuck rows"],
  ["unknownsMade", "unknown: made"],
  ["unknownsResolved", "settled by evidence"],
  ["unknownsLeft", "left"],
];

/** `runs`: {name, seed, ...figures} each. `load`: the machine's before they began. */
export function writeFigures({ file, runs, load }) {
  const known = COLUMNS.filter(([key]) => runs.some((run) => run[key] !== undefined));
  const cell = (value) => (value === undefined ? "" : value.toLocaleString("en"));
  const sum = (key) => runs.reduce((total, run) => total + (run[key] ?? 0), 0);
  const interrupted = sum("interrupted");
  writeSection({
    file,
    name: "faults",
    lines: [
      `\`npm run faults\` - ${machine({ redisVersion: redisVersion(), load })}`,
      "",
      ...table(
        ["run", ...known.map(([, title]) => title)],
        [
          ...runs.map((run) => [`\`${run.name}\``, ...known.map(([key]) => cell(run[key]))]),
          ["all", ...known.map(([key]) => `**${cell(sum(key))}**`)],
        ],
      ),
      "",
      bound(interrupted, sum("duplicates") + sum("losses")),
      "",
      ...table(["run", "seed", "besides"], runs.map(besides)),
    ],
  });
}

function bound(interrupted, failures) {
  const sends = interrupted.toLocaleString("en");
  if (failures > 0) return `${failures} failures in ${sends} interrupted sends.`;
  const percent = ((3 / interrupted) * 100).toFixed(3);
  return (
    `No duplicate and no silent loss in ${sends} interrupted sends: below 3/${sends} = ${percent} % ` +
    "of interrupted sends, at 95 % confidence."
  );
}

/** What only this run has. */
function besides(run) {
  const shown = new Set(["name", "seed", ...COLUMNS.map(([key]) => key)]);
  const others = Object.entries(run).filter(([key]) => !shown.has(key));
  const words = others.map(([key, value]) => `${value.toLocaleString("en")} ${spaced(key)}`);
  return [`\`${run.name}\``, run.seed, words.join(", ")];
}

/** `eventsPerSecond` -> `events per second`. */
function spaced(key) {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function redisVersion() {
  const { stdout } = spawnSync("redis-server", ["--version"], { encoding: "utf8" });
  return /v=([\d.]+)/.exec(stdout ?? "")?.[1] ?? "of the runs' own";
}
