import { count, duration, pad, zone } from "../core/format.ts";
import { type Mode, modeName } from "../core/mode.ts";

/** Numbers, times and tables in the style of the command line. */

export {
  count,
  counted,
  dateTime,
  duration,
  isoTime,
  printable,
  rate,
} from "../core/format.ts";

/** Who gets the messages. */
export function modeWords(mode: Mode): string {
  return `${modeName(mode)}, ${mode === "live" ? "to real people" : "no real people"}`;
}

/** Local time: `14:32 +01:00` today, `Tue 14:32 +01:00` within a week, else with the date. */
export function clockTime(ms: number, nowMs: number): string {
  const date = new Date(ms);
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())} ${zone(date)}`;
  if (date.toDateString() === new Date(nowMs).toDateString()) return time;
  if (Math.abs(ms - nowMs) < 6 * 86_400_000) {
    return `${date.toLocaleDateString("en-US", { weekday: "short" })} ${time}`;
  }
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${time}`;
}

/** A future time, with its day and zone: `Mon 30 Nov 09:00 +01:00, in 22 h`. */
export function timeToCome(ms: number, nowMs: number): string {
  const date = new Date(ms);
  const word = (part: "weekday" | "month"): string =>
    date.toLocaleDateString("en-US", { [part]: "short" });
  const year = date.getFullYear() === new Date(nowMs).getFullYear() ? "" : ` ${date.getFullYear()}`;
  const day = `${word("weekday")} ${date.getDate()} ${word("month")}${year}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  return `${day} ${time} ${zone(date)}, in ${largestUnit(ms - nowMs)}`;
}

function largestUnit(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 2) return duration(ms);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${count(Math.round(hours / 24))} days`;
}

/** `14:02:10 UTC`: for events reported as they happen. */
export function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)} UTC`;
}

/** Columns two spaces apart; those in `right` are numbers. No trailing spaces. */
export function table(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, index) =>
          right.has(index) ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Wraps text at words to lines of at most `columns`; each begins with `indent`. */
export function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + line.length + 1 + word.length > columns) {
      lines.push(indent + line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, indent + line].join("\n");
}
