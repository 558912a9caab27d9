import pc from "picocolors";
import { printable } from "./core/format.ts";

const COLOURS: Readonly<Record<string, (text: string) => string>> = {
  fatal: pc.red,
  error: pc.red,
  warn: pc.yellow,
  debug: pc.dim,
  trace: pc.dim,
};

/** Fields that are shown elsewhere in the line, or of no use on a terminal. */
const LEFT_OUT = new Set(["level", "time", "pid", "hostname", "msg", "component", "err"]);

/**
 * One JSON log line as a line for a terminal: `09:30:12Z warn  worker: number held  holdMs=2000`,
 * with the stack of an error below it. A line that is not JSON comes back as it is.
 */
export function formatLogLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const level = fieldText(entry["level"] ?? "");
  const colour = COLOURS[level] ?? ((text: string) => text);
  // UTC, as in JSON lines: what is copied into a report is understood elsewhere.
  const time = `${fieldText(entry["time"] ?? "").slice(11, 19)}Z`;
  const component = entry["component"] === undefined ? "" : `${fieldText(entry["component"])}: `;
  const fields = Object.entries(entry)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => pc.dim(`${name}=${fieldText(value)}`));
  const message = printable(component + fieldText(entry["msg"] ?? ""));
  const head = `${pc.dim(time)} ${colour(level.padEnd(5))} ${[message, ...fields].join("  ")}\n`;
  return head + errorText(entry["err"]);
}

function errorText(err: unknown): string {
  if (typeof err !== "object" || err === null) return "";
  const { stack, message } = err as { stack?: unknown; message?: unknown };
  const lines = (typeof stack === "string" ? stack : fieldText(message ?? "")).split("\n");
  return lines.map((line) => `  ${pc.dim(printable(line))}\n`).join("");
}

function fieldText(value: unknown): string {
  return printable(typeof value === "string" ? value : JSON.stringify(value));
}
