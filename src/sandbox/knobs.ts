import { accept, type Result, refuse } from "../core/refusal.ts";
import {
  ANSWER_SHAPES,
  SANDBOX_DEFAULTS,
  type SandboxOptions,
  type SandboxSettings,
  settingsFault,
  withOptions,
} from "./options.ts";

/** One knob, as the command line offers it and the README lists it. */
export interface SandboxKnob {
  /** `--accept-then-500`: what commander turns into the name of the option. */
  readonly flag: string;
  readonly option: keyof SandboxSettings;
  readonly kind: "number" | "probability" | "range" | "text" | "codes";
  /** In the form in which it is typed; empty: off. */
  readonly default: string;
  readonly description: string;
}

/** Every knob of the sandbox. Ranges are milliseconds: `50`, or `20-200`. */
export const SANDBOX_KNOBS: readonly SandboxKnob[] = [
  knob("--host", "text", "address to listen on"),
  knob("--port", "number", "port to listen on; 0 takes any free one"),
  knob("--seed", "number", "same seed and same requests, same decisions for each recipient"),
  knob("--number-ids", "text", "WhatsApp-number ids that exist, comma-separated; others get 404"),
  knob("--token", "text", "the token that is accepted after `Basic `; others get 401"),
  knob("--webhook-url", "text", "where status webhooks are sent; empty: nowhere"),
  knob("--webhook-secret", "text", "what webhooks are signed with (Standard Webhooks, whsec_…)"),
  knob("--log-path", "text", "append one JSON line per POST to this file, before the answer"),
  knob("--webhook-log-path", "text", "append one JSON line per delivery of a webhook to this file"),
  knob("--magic", "text", "on or off: whether magic recipients force their outcome"),
  knob("--latency-ms", "range", "time from a request to its answer"),
  knob("--answer-shape", "text", "body of a success: meta, id-wamid, id-own, empty or mixed"),
  knob("--held-share", "probability", "accepted, marked held_for_quality_assessment"),
  knob("--rate-per-second-limit", "number", "above so many requests a second for a number: 429"),
  knob("--unauthorized-after", "number", "after so many POSTs every request is answered 401"),
  knob("--reject-429", "probability", "answered 429"),
  knob("--retry-after-seconds", "number", "Retry-After of a 429; empty: no such header"),
  knob("--error-codes", "codes", "refused in the answer with this Meta code: 131056=0.01,100=0.02"),
  knob("--accept-then-500", "probability", "accepted, but answered 500"),
  knob("--accept-then-reset", "probability", "accepted, but the connection is reset"),
  knob("--hang", "probability", "accepted, but never answered"),
  knob("--cut-answer", "probability", "accepted, but the answer is cut in its middle"),
  knob("--drop-then-500", "probability", "NOT accepted, and answered 500"),
  knob("--drop-then-reset", "probability", "NOT accepted, and the connection is reset"),
  knob("--drop-then-hang", "probability", "NOT accepted, and never answered"),
  knob("--fail-status-codes", "codes", "accepted, then failed by webhook with this code"),
  knob("--read-share", "probability", "of the messages that do not fail, these become read"),
  knob("--webhook-delay-ms", "range", "time before each status webhook"),
  knob("--webhook-before-answer", "probability", "sent is delivered before the POST is answered"),
  knob("--webhook-duplicate", "probability", "every webhook of the message comes three times"),
  knob("--webhook-out-of-order", "probability", "the statuses come in reverse"),
  knob("--webhook-late", "probability", "all webhooks of the message come late"),
  knob("--webhook-late-ms", "range", "how late is late"),
  knob("--webhook-lost", "probability", "no webhook of the message ever comes"),
  knob("--webhook-foreign", "probability", "an agent's chat with the same person reports as well"),
  knob("--webhook-retry-delays-ms", "text", "waits before repeating a webhook that failed"),
  knob("--category", "text", "pricing category of the webhooks: marketing, utility, …"),
];

/**
 * Reads knobs as they are typed: option name -> text. Only what is given is in the result. An
 * empty text means what it means for the default: off, where a knob can be off.
 */
export function parseKnobs(values: Readonly<Record<string, string>>): Result<SandboxOptions> {
  const options: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(values)) {
    const found = SANDBOX_KNOBS.find(({ option }) => option === name);
    if (found === undefined) {
      return refuse(
        "sandbox_knob_unknown",
        `The sandbox has no knob "${name}".`,
        "Run `dropcast sandbox --help`: it lists every knob.",
      );
    }
    const value = readKnob(found, text.trim());
    if (value === undefined) {
      return refuse(
        "sandbox_knob_invalid",
        `${found.flag}: "${text}" is not ${expected(found)}.`,
        `Give ${expected(found)}${found.default === "" ? "" : `, such as ${found.default}`}.`,
      );
    }
    options[name] = value;
  }
  const fault = settingsFault(withOptions(SANDBOX_DEFAULTS, options));
  return fault ?? accept(options);
}

type Reader = (text: string) => unknown;

/** Knobs whose text has a form of its own; all others are read by their kind. */
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
  range: [range, "milliseconds, or a range of them such as 20-200"],
  text: [(text) => (text === "" ? undefined : text), "a text that is not empty"],
  codes: [codes, "error codes with their shares, such as 131026=0.02,131049=0.01"],
};

function readKnob(knob: SandboxKnob, text: string): unknown {
  if (text === "" && SANDBOX_DEFAULTS[knob.option] === null) return null;
  // A number that can be turned off says so by an empty text, even where its default is on.
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

/** A value in the form in which it is typed. */
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
