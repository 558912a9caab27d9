import { type Refused, refuse } from "../core/refusal.ts";

export const ANSWER_SHAPES = ["meta", "id-wamid", "id-own", "empty"] as const;

/**
 * The body of a success, which LiveChat does not document: Meta's body passed through, `{id}` with
 * the wamid, `{id}` with an id of LiveChat's own, or no body.
 */
export type AnswerShape = (typeof ANSWER_SHAPES)[number];

/** An inclusive range in milliseconds. */
type RangeMs = readonly [minMs: number, maxMs: number];

/** Meta error code -> share of messages, 0 to 1. */
type CodeShares = Readonly<Record<number, number>>;

/** The value of every knob. Shares are probabilities from 0 to 1. */
export interface SandboxSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The same seed and requests give the same decisions for each recipient. */
  readonly seed: number;
  /** Existing WhatsApp-number ids; any other is answered 404. */
  readonly numberIds: readonly string[];
  /** Must follow `Basic `; anything else is answered 401. */
  readonly token: string;
  /** Where to send status webhooks; null: nowhere. */
  readonly webhookUrl: string | null;
  /** Standard Webhooks secret, base64, with or without `whsec_`. */
  readonly webhookSecret: string;
  /** The request log: one JSON line per POST, written before the answer. Has phone numbers. */
  readonly logPath: string | null;
  /** One JSON line per webhook delivery. Has wamids. */
  readonly webhookLogPath: string | null;
  /** Whether magic recipients force their outcome. */
  readonly magic: "on" | "off";

  /** From the last byte of a request to its answer. */
  readonly latencyMs: RangeMs;
  readonly answerShape: AnswerShape | "mixed";
  /** Accepted as `held_for_quality_assessment`. Only the shape `meta` shows it. */
  readonly heldShare: number;
  /** Requests per second and number, with a burst of one second; above it 429. Null: no limit. */
  readonly ratePerSecondLimit: number | null;
  /** After this many POSTs every request is answered 401. Null: never. */
  readonly unauthorizedAfter: number | null;

  readonly reject429: number;
  /** `Retry-After` of a 429, in whole seconds; null: no header. */
  readonly retryAfterSeconds: number | null;
  /** Refused in the answer, with Meta's body and the code's official HTTP status. */
  readonly errorCodes: CodeShares;
  readonly acceptThen500: number;
  readonly acceptThenReset: number;
  /** Accepted, and never answered. */
  readonly hang: number;
  /** Accepted; the answer is cut off halfway. */
  readonly cutAnswer: number;
  /** NOT accepted, answered 500: looks the same as `acceptThen500` to the caller. */
  readonly dropThen500: number;
  readonly dropThenReset: number;
  readonly dropThenHang: number;

  /** Accepted, later reported `failed` by webhook. */
  readonly failStatusCodes: CodeShares;
  /** The share of messages that become `read`, among those that do not fail. */
  readonly readShare: number;
  /** Between the answer and `sent`, and between one status and the next. */
  readonly webhookDelayMs: RangeMs;
  /** The `sent` webhook arrives before the POST's answer. */
  readonly webhookBeforeAnswer: number;
  /** Every webhook is sent three times: twice with one webhook-id, once with a new one. */
  readonly webhookDuplicate: number;
  /** The webhooks arrive in reverse order. */
  readonly webhookOutOfOrder: number;
  /** All webhooks of the message are late by `webhookLateMs`. */
  readonly webhookLate: number;
  readonly webhookLateMs: RangeMs;
  /** No webhook of the message is ever sent. */
  readonly webhookLost: number;
  /** A webhook of an agent's chat with the same person precedes those of the message. */
  readonly webhookForeign: number;
  /** Waits between attempts to deliver a webhook that was not answered 2xx; then it is dropped. */
  readonly webhookRetryDelaysMs: readonly number[];
  /** `pricing.category` and `conversation.origin.type` of the webhooks. */
  readonly category: string;
}

/** {@link SandboxSettings} with every knob optional; a range may be a single number. */
export type SandboxOptions = {
  readonly [K in keyof SandboxSettings]?: SandboxSettings[K] extends RangeMs
    ? RangeMs | number
    : SandboxSettings[K];
};

/** A healthy API with realistic delays. */
export const SANDBOX_DEFAULTS: SandboxSettings = {
  host: "127.0.0.1",
  port: 0,
  seed: 1,
  numberIds: ["sandbox-number"],
  token: Buffer.from("sandbox-account:sandbox-pat").toString("base64"),
  webhookUrl: null,
  webhookSecret: `whsec_${Buffer.from("dropcast-sandbox-webhook-secret!").toString("base64")}`,
  logPath: null,
  webhookLogPath: null,
  magic: "on",
  latencyMs: [20, 60],
  answerShape: "meta",
  heldShare: 0,
  ratePerSecondLimit: null,
  unauthorizedAfter: null,
  reject429: 0,
  retryAfterSeconds: 1,
  errorCodes: {},
  acceptThen500: 0,
  acceptThenReset: 0,
  hang: 0,
  cutAnswer: 0,
  dropThen500: 0,
  dropThenReset: 0,
  dropThenHang: 0,
  failStatusCodes: {},
  readShare: 0.6,
  webhookDelayMs: [100, 600],
  webhookBeforeAnswer: 0,
  webhookDuplicate: 0,
  webhookOutOfOrder: 0,
  webhookLate: 0,
  webhookLateMs: [30_000, 60_000],
  webhookLost: 0,
  webhookForeign: 0,
  webhookRetryDelaysMs: [200, 1_000, 5_000, 15_000, 60_000],
  category: "marketing",
};

/** Options that cannot change while the sandbox runs. */
export const FIXED_OPTIONS: readonly (keyof SandboxSettings)[] = [
  "host",
  "port",
  "logPath",
  "webhookLogPath",
];

/** `base` overridden by the given options. */
export function withOptions(base: SandboxSettings, options: SandboxOptions): SandboxSettings {
  const { latencyMs, webhookDelayMs, webhookLateMs, ...others } = options;
  return {
    ...base,
    ...others,
    latencyMs: asRange(latencyMs ?? base.latencyMs),
    webhookDelayMs: asRange(webhookDelayMs ?? base.webhookDelayMs),
    webhookLateMs: asRange(webhookLateMs ?? base.webhookLateMs),
  };
}

/** Why these settings contradict each other, or null. */
export function settingsFault(settings: SandboxSettings): Refused | null {
  const ofAnswers =
    settings.reject429 +
    sum(settings.errorCodes) +
    settings.acceptThen500 +
    settings.acceptThenReset +
    settings.hang +
    settings.cutAnswer +
    settings.dropThen500 +
    settings.dropThenReset +
    settings.dropThenHang;
  // A tolerance for rounding: ten times 0.1 is not exactly 1.
  if (ofAnswers > 1 + 1e-9) {
    return refuse(
      "sandbox_shares_above_one",
      `The shares of faulty POSTs add up to ${ofAnswers.toFixed(3)}.`,
      "Each POST has one outcome: lower the shares of 429, error codes, 500, reset, hang and cut until they add up to 1 or less.",
    );
  }
  if (sum(settings.failStatusCodes) > 1 + 1e-9) {
    return refuse(
      "sandbox_shares_above_one",
      `The shares of messages that fail by webhook add up to ${sum(settings.failStatusCodes).toFixed(3)}.`,
      "Lower the shares of failStatusCodes until they add up to 1 or less.",
    );
  }
  return null;
}

function asRange(value: RangeMs | number): RangeMs {
  return typeof value === "number" ? [value, value] : value;
}

function sum(shares: CodeShares): number {
  return Object.values(shares).reduce((total, share) => total + share, 0);
}
