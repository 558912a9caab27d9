import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

const TITLE = `# Figures

Written by the commands named below; README.md says what each of them measures. The senders, their
Redis and the API share one machine: trust the ratios and the CPU per message, not absolute rates.
`;

/** Puts a section into the results file, in the place of the one of that name. */
export function writeSection({ file, name, lines }) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : TITLE;
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const section = [begin, ...lines, end].join("\n");
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  const known = from !== -1 && to > from;
  const next = known
    ? text.slice(0, from) + section + text.slice(to + end.length)
    : `${text.trimEnd()}\n\n${section}\n`;
  writeFileSync(file, next);
  console.log(lines.join("\n"));
}

/** What the figures depend on. `load`: the machine's before the run, 0 when it was quiet. */
export function machine({ redisVersion, load }) {
  const model = cpus()[0]?.model.trim() ?? "unknown CPU";
  return (
    `${availableParallelism()} cores (${model}), Node ${process.versions.node}, ` +
    `Redis ${redisVersion}; load before the run ${load.toFixed(1)}.`
  );
}

export function loadNow() {
  return loadavg()[0] ?? 0;
}

export function table(header, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** `median (lowest-highest)`, rounded. */
export function spread(values) {
  const round = (value) => Math.round(value).toLocaleString("en");
  return `${round(median(values))} (${round(Math.min(...values))}-${round(Math.max(...values))})`;
}

export function reachedOrNot(reached) {
  return reached ? "reached" : "NOT reached";
}
