import pc from "picocolors";
import { destination, type Logger, pino, stdTimeFunctions } from "pino";
import { printable } from "./core/format.ts";

export type { Logger } from "pino";

/** Where log lines go; one call per line, newline included. */
export interface LogStream {
  write(line: string): void;
}

/**
 * The logger of every role: JSON lines on stderr, or one readable line each on a terminal.
 *
 * What a person or a thief could use never gets through, in three nets: fields with a name of
 * `HIDDEN_FIELDS` at any depth, errors reduced to type, message, code and stack (the Redis client
 * hangs its command, arguments included, on its errors), and a last look at the finished line for
 * wamids, credentials and phone numbers inside any text. Message texts are constants; the data
 * goes into fields.
 */
export function createLogger(options: {
  level: string;
  /** Left out: readable when stderr is a terminal. */
  pretty?: boolean;
  /** Left out: stderr, written before the call returns, so that a crash loses nothing. */
  stream?: LogStream;
}): Logger {
  const target = options.stream ?? destination({ fd: 2, sync: true });
  const pretty = options.pretty ?? (options.stream === undefined && process.stderr.isTTY === true);
  const stream = pretty ? { write: (line: string) => target.write(formatLogLine(line)) } : target;
  return pino(
    {
      level: options.level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: hideFields },
      // Instead of pino's own, which would copy every field of an error.
      serializers: { err: (value: unknown) => hideIn(value, 0) },
      // `formatters.log` sees what is logged; this sees what child loggers are bound to.
      redact: { paths: HIDDEN_PATHS, censor: HIDDEN },
      hooks: { streamWrite: (line) => scrub(withoutDoubles(line)) },
    },
    stream as LogStream,
  );
}

const HIDDEN = "[hidden]";

/** Names of fields whose value is personal or secret, compared without case, `-` and `_`. */
const HIDDEN_FIELDS = [
  "args",
  "authorization",
  "body",
  "cells",
  "clientSecret",
  "components",
  "cookie",
  "dashboardPassword",
  "hash",
  "headers",
  "msisdn",
  "nonce",
  "parameters",
  "password",
  "pat",
  "payload",
  "phone",
  "phones",
  "recipient",
  "recipientId",
  "secret",
  "secrets",
  "signature",
  "to",
  "token",
  "values",
  "verifier",
  "waId",
  "wamid",
  "wamids",
  "webhookSecret",
  "webhookSecrets",
];

const HIDDEN_NAMES = new Set(HIDDEN_FIELDS.map(plainName));
const HIDDEN_PATHS = HIDDEN_FIELDS.flatMap((name) => [name, `*.${name}`]);

/** Beyond this a log entry is a dump; what is cut off cannot leak either. */
const DEPTH_MAX = 6;

/** The logger's own: a field of such a name would stand beside it, or in its place. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["level", "time", "pid", "hostname"]);

function hideFields(entry: Record<string, unknown>): Record<string, unknown> {
  const hidden = hideIn(entry, 0) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(hidden).filter(([name]) => !OWN_FIELDS.has(name)));
}

/**
 * pino writes the fields of a child logger and those of the call one after the other, and looks for
 * no name that is in both. A line keeps the last of them, as a parser would.
 */
function withoutDoubles(line: string): string {
  return `${JSON.stringify(JSON.parse(line))}\n`;
}

function hideIn(value: unknown, depth: number): unknown {
  if (value instanceof Error) return plainError(value, depth);
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return "[deep]";
  if (ArrayBuffer.isView(value)) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => hideIn(item, depth + 1));
  if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`;
  if (value instanceof Date || value instanceof URL) return value.toJSON();
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      HIDDEN_NAMES.has(plainName(name)) ? HIDDEN : hideIn(item, depth + 1),
    ]),
  );
}

function plainError(error: Error, depth: number): Record<string, unknown> {
  const code = "code" in error ? { code: error.code } : {};
  const cause =
    error.cause === undefined || depth >= DEPTH_MAX
      ? {}
      : { cause: hideIn(error.cause, depth + 1) };
  return { type: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, "");
}

/**
 * Replaces what looks personal or secret inside the texts of a finished JSON line. A phone number
 * is 9 to 15 digits that stand alone; digits right after `:`, `,` or `[` are JSON numbers
 * (durations, counts) and are left, since a text there would break the line.
 */
function scrub(line: string): string {
  return line
    .replace(/wamid\.[A-Za-z0-9+/=_-]+/g, "[wamid]")
    .replace(/\b(Basic|Bearer)\s+[A-Za-z0-9+/=._-]{8,}/gi, "$1 [hidden]")
    .replace(/\bwh(sec|sk)_[A-Za-z0-9+/=]+/g, "wh$1_[hidden]")
    .replace(/\b(rediss?:\/\/)[^\s/"@]*@/g, "$1[hidden]@")
    .replace(GROUPED, (found) => (isPhoneLong(found) ? "[digits]" : found))
    .replace(/(?<![\w:,[.-])\+?\d{9,15}(?![\w-])(?!\.\d)/g, "[digits]")
    .replace(/\+\d{9,15}(?!\d)/g, "[digits]");
}

/** Groups of digits with spaces, hyphens or parentheses: a phone number as people write it. */
const GROUPED = /(?<![\w:,[.-])\+?(?:\(?\d{1,4}\)?[ -]){1,6}\d{2,12}(?![\w:-])(?!\.\d)/g;

function isPhoneLong(text: string): boolean {
  const { length } = text.replace(/\D/g, "");
  return length >= 9 && length <= 15;
}

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
