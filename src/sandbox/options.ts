import { type Refused, refuse } from "../core/refusal.ts";

export const ANSWER_SHAPES = ["meta", "id-wamid", "id-own", "empty"] as const;

/**
 * How a success looks, for LiveChat does not document it: Meta's body passed through, `{id}`
 * holding the wamid, `{id}` of LiveChat's own kind, or no body at all.
 */
export type AnswerShape = (typeof ANSWER_SHAPES)[number];

/** Milliseconds from and to, both included. */
export type RangeMs = readonly [minMs: number, maxMs: number];

/** Meta error code -> share of the messages, 0 to 1. */
export type CodeShares = Readonly<Record<number, number>>;

/** Every knob with its value. A share is a probability from 0 to 1. */
export interface SandboxSettings {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The same seed and the same requests give the same decisions for each recipient. */
  readonly seed: number;
  /** WhatsApp-number ids that exist; any other is answered 404. */
  readonly numberIds: readonly string[];
  /** What must follow `Basic `; anything else is answered 401. */
  readonly token: string;
  /** Where status webhooks go; null: none are sent. */
  readonly webhookUrl: string | null;
  /** Standard Webhooks secret, base64, with or without `whsec_`. */
  readonly webhookSecret: string;
  /** The oracle: one JSON line per POST, written before the answer. It holds phone numbers. */
  readonly logPath: string | null;
  /** One JSON line per delivery of a webhook. It holds wamids. */
  readonly webhookLogPath: string | null;
  /** Recipients with a magic ending get the outcome of their ending. */
  readonly magic: "on" | "off";

  /** From the last byte of a request to its answer. */
  readonly latencyMs: RangeMs;
  readonly answerShape: AnswerShape | "mixed";
  /** Accepted answers that say `held_for_quality_assessment`. Only the shape `meta` shows it. */
  readonly heldShare: number;
  /** Requests per second for each number, burst of one second; above it 429. Null: no limit. */
  readonly ratePerSecondLimit: number | null;
  /** After so many POSTs every further one is answered 401. Null: never. */
  readonly unauthorizedAfter: number | null;

  readonly reject429: number;
  /** `Retry-After` of a 429, whole seconds; null: no such header. */
  readonly retryAfterSeconds: number | null;
  /** Refused in the answer, with Meta's body and the code's official HTTP status. */
  readonly errorCodes: CodeShares;
  readonly acceptThen500: number;
  readonly acceptThenReset: number;
  /** Accepted, and never answered. */
  readonly hang: number;
  /** Accepted; the answer is cut in its middle. */
  readonly cutAnswer: number;
  /** NOT accepted, answered 500: from outside the same as `acceptThen500`. */
  readonly dropThen500: number;
  readonly dropThenReset: number;
  readonly dropThenHang: number;

  /** Accepted, later reported `failed` by webhook. */
  readonly failStatusCodes: CodeShares;
  /** Of the messages that do not fail, the share that becomes `read`. */
  readonly readShare: number;
  /** Between the answer and `sent`, and between one status and the next. */
  readonly webhookDelayMs: RangeMs;
  /** `sent` is delivered before the POST is answered. */
  readonly webhookBeforeAnswer: number;
  /** Every webhook comes three times: twice under one webhook-id, once under a new one. */
  readonly webhookDuplicate: number;
  /** The statuses come in reverse. */
  readonly webhookOutOfOrder: number;
  /** All webhooks of the message come later by `webhookLateMs`. */
  readonly webhookLate: number;
  readonly webhookLateMs: RangeMs;
  /** No webhook of the message ever comes. */
  readonly webhookLost: number;
  /** Before the message's own webhooks one comes about an agent's chat with the same person. */
  readonly webhookForeign: number;
  /** Waits before each repeat of a webhook that was not answered 2xx; then it is given up. */
  readonly webhookRetryDelaysMs: readonly number[];
  /** `pricing.category` and `conversation.origin.type` of the webhooks. */
  readonly category: string;
}

/** What {@link SandboxSettings} has, each knob optional; a range may be one number. */
export type SandboxOptions = {
  readonly [K in keyof SandboxSettings]?: SandboxSettings[K] extends RangeMs
    ? RangeMs | number
    : SandboxSettings[K];
};

/** The values of the knobs that nobody turned: a healthy API with lifelike delays. */
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

/** What the running process is bound to: it cannot be changed after the start. */
export const FIXED_OPTIONS: readonly (keyof SandboxSettings)[] = [
  "host",
  "port",
  "logPath",
  "webhookLogPath",
];

/** `base` with the given options laid over it. */
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

/** Why these settings cannot work together, or null. */
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
  // Sums of decimal fractions: ten times 0.1 is a hair above or below 1.
  if (ofAnswers > 1 + 1e-9) {
    return refuse(
      "sandbox_shares_above_one",
      `The shares of POSTs that go wrong add up to ${ofAnswers.toFixed(3)}.`,
      "Each POST has one outcome: lower the shares of 429, error codes, 500, reset, hang and cut until they add up to 1 or less.",
    );
  }
  if (sum(settings.failStatusCodes) > 1 + 1e-9) {
    return refuse(
      "sandbox_shares_above_one",
      `The shares of messages that fail later add up to ${sum(settings.failStatusCodes).toFixed(3)}.`,
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
