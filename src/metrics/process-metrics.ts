import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { WEBHOOKS } from "../core/refusals/webhooks.ts";
import { VERSION } from "../version.ts";
import { createRateMeter } from "./rate-meter.ts";

/**
 * The result of a POST, by the outcome that the client reports. Every request that left, or tried
 * to, has exactly one.
 */
const POST_RESULTS = {
  accepted: "accepted",
  failed: "failed",
  unknown: "unknown",
  not_sent: "not_sent",
  slow: "too_fast",
  pair: "pair_too_fast",
  later: "later",
  account: "account",
  restricted: "restricted",
  template: "template",
} as const;

type PostOutcome = keyof typeof POST_RESULTS;

const STATUSES = ["sent", "delivered", "read", "failed"] as const;

/** The answers of the webhooks port, and what only a start can meet. */
const REJECTED = Object.keys(WEBHOOKS).filter(
  (code) => code.startsWith("webhooks_") && code !== "webhooks_cannot_listen",
);

/** An answer normally takes a few hundred milliseconds, and 60 s at most. 5 s: see alerts.yml. */
const ANSWER_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** WhatsApp reports within seconds; `read` follows when the person reads, reports of it at once. */
const LAG_BUCKETS = [1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

/**
 * What this process counts: the same names in every role, so that a dashboard asks one question
 * whatever runs where. Counters of known labels begin at 0, because `increase()` does not see the
 * first step of a series that did not exist.
 */
export function createProcessMetrics(
  registry: Registry,
  { numbers, now }: { readonly numbers: readonly string[]; readonly now: () => number },
) {
  const registers = [registry];
  const build = new Gauge({
    name: "dropcast_build_info",
    help: "Always 1; the labels say what runs.",
    labelNames: ["version", "node"],
    registers,
  });
  build.set({ version: VERSION, node: process.versions.node }, 1);
  const redisUp = new Gauge({
    name: "dropcast_redis_up",
    help: "1 while Redis answers; 0: metrics from the ledger are missing.",
    registers,
  });
  const posts = new Counter({
    name: "dropcast_posts_total",
    help: "POSTs to the API by result; not_sent: no byte left.",
    labelNames: ["number", "result"],
    registers,
  });
  const claimToAnswer = new Histogram({
    name: "dropcast_claim_to_answer_seconds",
    help: "From asking for the claim to the API's answer, or to the end of waiting for it.",
    labelNames: ["number"],
    buckets: ANSWER_BUCKETS,
    registers,
  });
  const sendTimesMoved = new Counter({
    name: "dropcast_send_times_moved_total",
    help: "Granted messages that could not leave at their send time, and got another one.",
    labelNames: ["number"],
    registers,
  });
  const capped = new Counter({
    name: "dropcast_frequency_capped_total",
    help: "Messages that a frequency cap kept back when their turn came: put off, or left out.",
    labelNames: ["number"],
    registers,
  });
  const meters = new Map(numbers.map((number) => [number, createRateMeter(now)]));
  new Gauge({
    name: "dropcast_rate_used",
    help: "Messages a second that this process POSTed in the last ten seconds.",
    labelNames: ["number"],
    registers,
    collect() {
      for (const [number, meter] of meters) this.set({ number }, meter.perSecond());
    },
  });
  const webhooks = new Counter({
    name: "dropcast_webhooks_total",
    help: "Webhook requests by result.",
    labelNames: ["result"],
    registers,
  });
  const webhooksRejected = new Counter({
    name: "dropcast_webhook_rejected_total",
    help: "Webhook requests that were not taken, by the code of docs/errors.md.",
    labelNames: ["reason"],
    registers,
  });
  const statuses = new Counter({
    name: "dropcast_webhook_statuses_total",
    help: "Status events that changed a message, by their status.",
    labelNames: ["number", "status"],
    registers,
  });
  const webhookLag = new Histogram({
    name: "dropcast_webhook_lag_seconds",
    help: "From WhatsApp's time of a status event to its record in the ledger.",
    labelNames: ["number"],
    buckets: LAG_BUCKETS,
    registers,
  });
  for (const reason of REJECTED) webhooksRejected.inc({ reason }, 0);
  for (const number of numbers) {
    for (const result of Object.values(POST_RESULTS)) posts.inc({ number, result }, 0);
    for (const status of STATUSES) statuses.inc({ number, status }, 0);
    sendTimesMoved.inc({ number }, 0);
    capped.inc({ number }, 0);
    claimToAnswer.zero({ number });
    webhookLag.zero({ number });
  }

  return {
    redisUp,
    /** For the webhooks port. */
    webhooks: { results: webhooks, rejected: webhooksRejected },

    /** A POST ended; `seconds` since its claim was asked for. */
    posted(number: string, outcome: PostOutcome, seconds: number): void {
      posts.inc({ number, result: POST_RESULTS[outcome] });
      if (outcome === "not_sent") return;
      claimToAnswer.observe({ number }, seconds);
      meters.get(number)?.count();
    },

    /** A frequency cap kept messages back. */
    capped(number: string, messages: number): void {
      capped.inc({ number }, messages);
    },

    /** A granted message did not leave. */
    moved(number: string): void {
      sendTimesMoved.inc({ number });
    },

    /** A status event changed a message. */
    status(number: string, status: (typeof STATUSES)[number], lagSeconds: number): void {
      statuses.inc({ number, status });
      webhookLag.observe({ number }, Math.max(0, lagSeconds));
    },
  };
}

export type ProcessMetrics = ReturnType<typeof createProcessMetrics>;
