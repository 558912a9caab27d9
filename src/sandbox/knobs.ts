import { accept, type Result, refuse } from "../core/refusal.ts";
import {
  ANSWER_SHAPES,
  SANDBOX_DEFAULTS,
  type SandboxOptions,
  type SandboxSettings,
  settingsFault,
  withOptions,
} from "./options.ts";

/** One knob, for the command line and docs/sandbox.md. */
interface SandboxKnob {
  /** Such as `--accept-then-500`; commander derives the option's name from it. */
  readonly flag: string;
  readonly option: keyof SandboxSettings;
  readonly kind: "number" | "probability" | "range" | "text" | "codes";
  /** As typed; empty: off. */
  readonly default: string;
  readonly description: string;
}

/** Every knob of the sandbox. Ranges are in milliseconds: `50` or `20-200`. */
export const SANDBOX_KNOBS: readonly SandboxKnob[] = [
  knob("--host", "text", "address to listen on"),
  knob("--port", "number", "port to listen on; 0: any free port"),
  knob("--seed", "number", "the same seed and requests give the same decisions per recipient"),
  knob("--number-ids", "text", "existing WhatsApp-number ids, comma-separated; others get 404"),
  knob("--token", "text", "the token accepted after `Basic `; others get 401"),
  knob("--webhook-url", "text", "where to send status webhooks; empty: nowhere"),
  knob("--webhook-secret", "text", "secret that signs webhooks (Standard Webhooks, whsec_…)"),
  knob("--log-path", "text", "append one JSON line per POST to this file, before the answer"),
  knob("--webhook-log-path", "text", "append one JSON line per webhook delivery to this file"),
  knob("--magic", "text", "on or off: whether magic recipients force their outcome"),
  knob("--latency-ms", "range", "time from a request to its answer"),
  knob("--answer-shape", "text", "body of a success: meta, id-wamid, id-own, empty or mixed"),
  knob("--held-share", "probability", "accepted, marked held_for_quality_assessment"),
  knob("--rate-per-second-limit", "number", "requests per second and number; above it: 429"),
  knob("--unauthorized-after", "number", "answer every request 401 after this many POSTs"),
  knob("--reject-429", "probability", "answered 429"),
  knob("--retry-after-seconds", "number", "Retry-After of a 429; empty: no header"),
  knob("--error-codes", "codes", "refused in the answer with this Meta code: 131056=0.01,100=0.02"),
  knob("--accept-then-500", "probability", "accepted, but answered 500"),
  knob("--accept-then-reset", "probability", "accepted, but the connection is reset"),
  knob("--hang", "probability", "accepted, but never answered"),
  knob("--cut-answer", "probability", "accepted, but the answer is cut off halfway"),
  knob("--drop-then-500", "probability", "NOT accepted, and answered 500"),
  knob("--drop-then-reset", "probability", "NOT accepted, and the connection is reset"),
  knob("--drop-then-hang", "probability", "NOT accepted, and never answered"),
  knob("--fail-status-codes", "codes", "accepted, then failed by webhook with this code"),
  knob("--read-share", "probability", "share of the messages that do not fail which become read"),
  knob("--webhook-delay-ms", "range", "time before each status webhook"),
  knob("--webhook-before-answer", "probability", "the sent webhook arrives before the answer"),
  knob("--webhook-duplicate", "probability", "every webhook of the message is sent three times"),
  knob("--webhook-out-of-order", "probability", "the webhooks arrive in reverse order"),
  knob("--webhook-late", "probability", "all webhooks of the message are late"),
  knob("--webhook-late-ms", "range", "how late they are"),
  knob("--webhook-lost", "probability", "no webhook of the message is ever sent"),
  knob("--webhook-foreign", "probability", "webhooks of an agent's chat with the same person, too"),
  knob("--webhook-retry-delays-ms", "text", "waits before a failed webhook is sent again"),
  knob("--category", "text", "pricing category of the webhooks: marketing, utility, …"),
];

/**
 * Parses knobs as typed: option name -> text. The result has only the given options. An empty text
 * turns a knob off, if it can be off.
 */
export function parseKnobs(values: Readonly<Record<string, string>>): Result<SandboxOptions> {
  const options: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(values)) {
    const found = SANDBOX_KNOBS.find(({ option }) => option === name);
    if (found === undefined) {
      return refuse(
        "sandbox_knob_unknown",
        `The sandbox has no knob "${name}".`,
        "Run `dropcast sandbox --help` for a list of knobs.",
      );
    }
    const value = readKnob(found, text.trim());
    if (value === undefined) {
      return refuse(
        "sandbox_knob_invalid",
        `${found.flag}: "${text}" is not ${expected(found)}.`,
        `Use ${expected(found)}${found.default === "" ? "" : `, such as ${found.default}`}.`,
      );
    }
    options[name] = value;
  }
  const fault = settingsFault(withOptions(SANDBOX_DEFAULTS, options));
  return fault ?? accept(options);
}

type Reader = (text: string) => unknown;

/** Knobs with a format of their own; all others are parsed by their kind. */
const READERS: { readonly [option in keyof SandboxSettings]?: readonly [Reader, string] } = {
  numberIds: [textList, "a comma-separated list of ids"],
  magic: [oneOf(["on", "off"]), "on or off"],
  answerShape: [oneOf([...ANSWER_SHAPES, "mixed"]), `one of ${ANSWER_SHAPES.join(", ")}, mixed`],
  webhookUrl: [httpUrl, "an http or https URL"],
  webhookSecret: [base64Secret, "base64 of at least one byte, with or without whsec_"],
  logPath: [(text) => (text === "" ? null : text), "a path"],
  webhookLogPath: [(text) => (text === "" ? null : text), "a path"],
  webhookRetryDelaysMs: [waits, "a comma-separated list of milliseconds"],
  port: [whole(0, 65_535), "a whole number from 0 to 65535"],
  ratePerSecondLimit: [orOff(positive), "a number above 0"],
};

const KINDS: Readonly<Record<SandboxKnob["kind"], readonly [Reader, string]>> = {
  number: [whole(0, Number.MAX_SAFE_INTEGER), "a whole number, 0 or more"],
  probability: [share, "a share from 0 to 1"],
  range: [range, "milliseconds, or a range such as 20-200"],
  text: [(text) => (text === "" ? undefined : text), "a non-empty text"],
  codes: [codes, "error codes with their shares, such as 131026=0.02,131049=0.01"],
};

function readKnob(knob: SandboxKnob, text: string): unknown {
  if (text === "" && SANDBOX_DEFAULTS[knob.option] === null) return null;
  // The only knob that can be off and is on by default.
  if (text === "" && knob.option === "retryAfterSeconds") return null;
  const [read] = READERS[knob.option] ?? KINDS[knob.kind];
  return read(text);
}

function expected(knob: SandboxKnob): string {
  return (READERS[knob.option] ?? KINDS[knob.kind])[1];
}

function knob(flag: string, kind: SandboxKnob["kind"], description: string): SandboxKnob {
  const option = flag
    .slice(2)
    .replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof SandboxSettings;
  return { flag, option, kind, default: typed(SANDBOX_DEFAULTS[option], kind), description };
}

/** A value as typed on the command line. */
function typed(value: SandboxSettings[keyof SandboxSettings], kind: SandboxKnob["kind"]): string {
  if (value === null) return "";
  if (Array.isArray(value)) return value.join(kind === "range" ? "-" : ",");
  return typeof value === "object"
    ? Object.entries(value)
        .map(([code, part]) => `${code}=${part}`)
        .join(",")
    : String(value);
}

function positive(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
}

function orOff(read: Reader): Reader {
  return (text) => (text === "" ? null : read(text));
}

function whole(least: number, most: number): Reader {
  return (text) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined;
}

function share(text: string): number | undefined {
  return /^(0|1|0?\.\d+|0\.\d+|1\.0+)$/.test(text) ? Number(text) : undefined;
}

function range(text: string): readonly [number, number] | undefined {
  const parts = /^(\d+)(?:-(\d+))?$/.exec(text);
  const [from, to] = [Number(parts?.[1]), Number(parts?.[2] ?? parts?.[1])];
  return parts !== null && from <= to ? [from, to] : undefined;
}

function codes(text: string): Readonly<Record<number, number>> | undefined {
  const shares: Record<number, number> = {};
  for (const part of text === "" ? [] : text.split(",")) {
    const [, code, value] = /^\s*(\d+)\s*=\s*(\S+)\s*$/.exec(part) ?? [];
    const parsed = share(value ?? "");
    if (code === undefined || parsed === undefined) return undefined;
    shares[Number(code)] = parsed;
  }
  return shares;
}

function textList(text: string): readonly string[] | undefined {
  const items = text.split(",").map((item) => item.trim());
  return items.every((item) => item !== "") ? items : undefined;
}

function waits(text: string): readonly number[] | undefined {
  const items = text === "" ? [] : text.split(",").map((item) => item.trim());
  return items.every((item) => /^\d+$/.test(item)) ? items.map(Number) : undefined;
}

function oneOf(allowed: readonly string[]): Reader {
  return (text) => (allowed.includes(text) ? text : undefined);
}

function httpUrl(text: string): string | undefined {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined;
}

function base64Secret(text: string): string | undefined {
  return /^(whsec_)?[A-Za-z0-9+/]{4,}={0,2}$/.test(text) ? text : undefined;
}
