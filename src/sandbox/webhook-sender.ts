import { createHmac, randomBytes } from "node:crypto";
import { Agent } from "undici";
import type { JsonLog, WebhookEntry } from "./json-log.ts";
import type { SandboxSettings } from "./options.ts";
import type { Pending } from "./pending.ts";
import { type StatusReport, statusBody } from "./status-body.ts";
import type { Timers } from "./timers.ts";

/** Delivers signed webhooks in order, up to 32 at once. */
export interface WebhookSender {
  /** Queues a webhook. Calls `onTried` once, after the first attempt, whatever its outcome. */
  send(report: StatusReport, webhookId: string, onTried?: () => void): void;
  stats(): WebhookStats;
  close(): Promise<void>;
}

export interface WebhookStats {
  /** Waiting for a free connection. */
  readonly queued: number;
  /** Answered 2xx. */
  readonly delivered: number;
  /** Attempts after the first. */
  readonly retried: number;
  /** Never answered 2xx, and not retried again. */
  readonly givenUp: number;
}

interface Delivery {
  readonly id: string;
  readonly report: StatusReport;
  tries: number;
  onTried: (() => void) | undefined;
}

const IN_FLIGHT_MAX = 32;
/** Standard Webhooks 1.0 recommends 15 to 30 s. */
const ANSWER_TIMEOUT_MS = 15_000;

/** A Standard Webhooks id. It has no full stop, which the signature uses as a separator. */
export function newWebhookId(): string {
  return `msg_${randomBytes(18).toString("base64url")}`;
}

/**
 * Signs as in Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, with a new timestamp in
 * seconds and the same id for each attempt. Uses node:crypto rather than the library with which the
 * receiver verifies, to test it independently.
 */
export function signWebhook(
  secret: string,
  message: { id: string; timestampSeconds: number; body: string },
): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${message.id}.${message.timestampSeconds}.${message.body}`;
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
}

export function createWebhookSender(deps: {
  settings: () => SandboxSettings;
  pending: Pending;
  timers: Timers;
  log: JsonLog;
}): WebhookSender {
  const agent = new Agent({ connections: IN_FLIGHT_MAX, pipelining: 1 });
  let queue: Delivery[] = [];
  let next = 0;
  let inFlight = 0;
  let isClosed = false;
  const counts = { delivered: 0, retried: 0, givenUp: 0 };

  function pump(): void {
    while (inFlight < IN_FLIGHT_MAX && next < queue.length && !isClosed) {
      const delivery = queue[next++] as Delivery;
      // Dropping the delivered head occasionally is cheaper than a shift per delivery.
      if (next > 1_024 && next * 2 > queue.length) {
        queue = queue.slice(next);
        next = 0;
      }
      inFlight++;
      void attempt(delivery);
    }
  }

  async function attempt(delivery: Delivery): Promise<void> {
    delivery.tries++;
    const httpStatus = await post(agent, deps.settings(), delivery);
    inFlight--;
    if (isClosed) return;
    const line: WebhookEntry = {
      at: Date.now(),
      webhookId: delivery.id,
      wamid: delivery.report.wamid,
      status: delivery.report.status,
      tryNumber: delivery.tries,
      httpStatus,
    };
    deps.log.append(line);
    settle(delivery, httpStatus);
    delivery.onTried?.();
    delivery.onTried = undefined;
    pump();
  }

  function settle(delivery: Delivery, httpStatus: number): void {
    const waitMs = deps.settings().webhookRetryDelaysMs[delivery.tries - 1];
    if (httpStatus >= 200 && httpStatus < 300) {
      counts.delivered++;
      deps.pending.end();
    } else if (waitMs === undefined || httpStatus === 410) {
      // 410: the receiver wants no more webhooks (Standard Webhooks 1.0).
      counts.givenUp++;
      deps.pending.end();
    } else {
      counts.retried++;
      deps.timers.after(waitMs, () => {
        queue.push(delivery);
        pump();
      });
    }
  }

  return {
    send(report, id, onTried) {
      deps.pending.begin();
      queue.push({ id, report, tries: 0, onTried });
      pump();
    },
    stats: () => ({ queued: queue.length - next, ...counts }),
    async close() {
      isClosed = true;
      await agent.destroy();
    },
  };
}

/** The receiver's HTTP status; 0 if it did not answer. Never rejects. */
async function post(agent: Agent, settings: SandboxSettings, delivery: Delivery): Promise<number> {
  const body = statusBody(delivery.report);
  const timestampSeconds = Math.floor(Date.now() / 1_000);
  try {
    const url = new URL(settings.webhookUrl ?? "");
    const answer = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "dropcast-sandbox",
        "webhook-id": delivery.id,
        "webhook-timestamp": String(timestampSeconds),
        "webhook-signature": signWebhook(settings.webhookSecret, {
          id: delivery.id,
          timestampSeconds,
          body,
        }),
      },
      body,
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
    });
    await answer.body.dump();
    return answer.statusCode;
  } catch {
    return 0;
  }
}
