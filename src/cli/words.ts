import { count } from "../core/format.ts";
import { type Mode, modeName } from "../core/mode.ts";

/** Numbers, times and tables in the style of the command line. */

export { count, counted, isoTime, printable } from "../core/format.ts";

/** Who gets the messages. */
export function modeWords(mode: Mode): string {
  return `${modeName(mode)}, ${mode === "live" ? "to real people" : "no real people"}`;
}

/** A rate with no more digits than it needs: `0.5/s`, `80/s`. */
export function rate(perSecond: number): string {
  const digits = perSecond < 10 ? 2 : perSecond < 100 ? 1 : 0;
  return `${Number(perSecond.toFixed(digits)).toLocaleString("en-US")}/s`;
}

/** `45 s`, `2 min 36 s`, `3 h 5 min`, `2 days 4 h`: the two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return join(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return join(hours, "h", minutes % 60, "min");
  return join(Math.floor(hours / 24), "days", hours % 24, "h");
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
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

/** The offset from UTC: a name such as CET is ambiguous. */
function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `${minutes < 0 ? "-" : "+"}${pad(hours)}:${pad(rest)}`;
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

/** Local date and time with its zone: `2026-12-01 09:00:05 +01:00`. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time} ${zone(date)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
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
