import { randomBytes } from "node:crypto";
import { PURPOSE } from "./decide-outcome.ts";
import type { SandboxSettings } from "./options.ts";
import { SENT, type StatusStep, type WebhookFaults } from "./outcome.ts";
import type { Pending } from "./pending.ts";
import { drawWithin } from "./random.ts";
import type { Timers } from "./timers.ts";
import { newWebhookId, type WebhookSender } from "./webhook-sender.ts";

/** An accepted message and its coming webhooks. */
export interface AcceptedMessage {
  readonly wamid: string;
  /** As WhatsApp spells the recipient. */
  readonly waId: string;
  readonly steps: readonly StatusStep[];
  readonly webhooks: WebhookFaults;
  /** Send no earlier than this, in milliseconds since the epoch; null: now. */
  readonly sendAtMs: number | null;
  /** State of the draws (random.ts). */
  readonly state: number;
}

/** Sends the status webhooks of accepted messages over time. */
export interface StatusFeed {
  /** Schedules the webhooks of a message. */
  follow(message: AcceptedMessage): void;
  /** Sends the first webhook now, calls `then` after the first attempt, and schedules the rest. */
  followBefore(message: AcceptedMessage, then: () => void): void;
}

/**
 * The wait for a status starts after the first attempt to deliver the one before it. So a message's
 * webhooks arrive in the planned order even at a slow receiver; only retries are overtaken.
 */
export function createStatusFeed(deps: {
  settings: () => SandboxSettings;
  sender: WebhookSender;
  wamids: (to: string) => string;
  pending: Pending;
  timers: Timers;
}): StatusFeed {
  const { settings, sender, pending, timers } = deps;

  function emit(message: AcceptedMessage, step: StatusStep, onTried?: () => void): void {
    const report = {
      wamid: message.wamid,
      status: step.status,
      code: step.code,
      recipientId: message.waId,
      atMs: Date.now(),
      category: settings().category,
      origin: settings().category,
      conversationId: message.state.toString(16).padStart(8, "0").repeat(4),
    };
    const id = newWebhookId();
    sender.send(report, id, onTried);
    if (message.webhooks.duplicate) {
      sender.send(report, id);
      sender.send(report, newWebhookId());
    }
  }

  /** The webhook of an agent's own message to the same person: its wamid is unknown to Dropcast. */
  function emitForeign(message: AcceptedMessage): void {
    sender.send(
      {
        wamid: deps.wamids(message.waId),
        status: SENT.status,
        code: 0,
        recipientId: message.waId,
        atMs: Date.now(),
        category: "service",
        origin: "service",
        conversationId: randomBytes(16).toString("hex"),
      },
      newWebhookId(),
    );
  }

  function run(message: AcceptedMessage, steps: readonly StatusStep[], from: number): void {
    const step = steps[from];
    if (step === undefined) {
      pending.end();
      return;
    }
    const waitMs =
      drawWithin(settings().webhookDelayMs, message.state, PURPOSE.firstDelay + from) +
      (from === 0 ? startDelayMs(settings(), message) : 0);
    timers.after(waitMs, () => {
      if (from === 0 && message.webhooks.foreign) emitForeign(message);
      emit(message, step, () => run(message, steps, from + 1));
    });
  }

  function isSilent(message: AcceptedMessage): boolean {
    return settings().webhookUrl === null || message.webhooks.lost || message.steps.length === 0;
  }

  return {
    follow(message) {
      if (!isSilent(message)) {
        pending.begin();
        run(message, ordered(message), 0);
      }
    },
    followBefore(message, then) {
      const steps = ordered(message);
      const first = steps[0];
      if (isSilent(message) || first === undefined) {
        then();
        return;
      }
      pending.begin();
      emit(message, first, () => {
        then();
        run(message, steps, 1);
      });
    },
  };
}

function ordered(message: AcceptedMessage): readonly StatusStep[] {
  return message.webhooks.outOfOrder ? message.steps.toReversed() : message.steps;
}

function startDelayMs(settings: SandboxSettings, message: AcceptedMessage): number {
  const untilSchedule = message.sendAtMs === null ? 0 : Math.max(0, message.sendAtMs - Date.now());
  const lateness = message.webhooks.late
    ? drawWithin(settings.webhookLateMs, message.state, PURPOSE.lateness)
    : 0;
  return untilSchedule + lateness;
}
