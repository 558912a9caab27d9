/**
 * A LiveChat-compatible API and the sender of its status webhooks, in one process: what everything
 * is tried against, and the requestLog of the end-to-end tests. It is an independent reading of the
 * wire: it shares no code with the API client or the webhook receiver.
 */
import { createApi } from "./api.ts";
import { createCounters, type PostStats } from "./counters.ts";
import { createDecider } from "./decide-outcome.ts";
import { openJsonLog } from "./json-log.ts";
import { createListener } from "./listener.ts";
import {
  FIXED_OPTIONS,
  SANDBOX_DEFAULTS,
  type SandboxOptions,
  type SandboxSettings,
  settingsFault,
  withOptions,
} from "./options.ts";
import { createPages } from "./pages.ts";
import { createPending } from "./pending.ts";
import { createStatusFeed } from "./status-feed.ts";
import { createTimers } from "./timers.ts";
import { createWamidGenerator } from "./wamid.ts";
import { createWebhookSender, type WebhookStats } from "./webhook-sender.ts";

/** What `GET /sandbox/stats` answers. No phone and no wamid is in it. */
export interface SandboxStats extends PostStats {
  /** `open`: messages and webhooks that are still under way. */
  readonly webhooks: WebhookStats & { readonly open: number };
}

export interface Sandbox {
  /** Listens. `url` is the base URL of the API, without a slash at its end. */
  start(): Promise<{ url: string; port: number }>;
  /** Ends every connection, timer and delivery; nothing of it keeps the process alive. */
  stop(): Promise<void>;
  /** Resolves when every webhook of every message so far was delivered, given up, or lost by stop. */
  drained(): Promise<void>;
  stats(): SandboxStats;
  /**
   * Turns knobs while it runs: the next POST is decided by them. Throws a RangeError for shares
   * that add up to more than 1, and for host, port and log paths, which are fixed at the start.
   */
  change(options: SandboxOptions): void;
}

/** Throws a RangeError when the shares of {@link SandboxOptions} add up to more than 1. */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  let settings = checked(withOptions(SANDBOX_DEFAULTS, options));
  let decide = createDecider(settings);
  let isStopped = false;
  const current = () => settings;
  const counters = createCounters();
  const pending = createPending();
  const timers = createTimers();
  const wamids = createWamidGenerator();
  const requestLog = openJsonLog(settings.logPath);
  const webhookLog = openJsonLog(settings.webhookLogPath);
  const sender = createWebhookSender({ settings: current, pending, timers, log: webhookLog });
  const feed = createStatusFeed({ settings: current, sender, wamids, pending, timers });
  const api = createApi({
    settings: current,
    decide: (to, nth, state) => decide(to, nth, state),
    counters,
    log: requestLog,
    feed,
    wamids,
    pending,
    timers,
  });
  const sandbox: Sandbox = {
    start: () => listener.open(settings),
    async stop() {
      if (isStopped) return;
      isStopped = true;
      // From the outside in: no request may come to a log that is closed, or start a timer.
      await listener.close();
      await sender.close();
      timers.cancelAll();
      requestLog.close();
      webhookLog.close();
      pending.abandon();
    },
    drained: () => pending.settled(),
    stats: () => ({
      ...counters.stats(),
      webhooks: { open: pending.count(), ...sender.stats() },
    }),
    change(patch) {
      settings = turned(settings, patch);
      decide = createDecider(settings);
    },
  };
  const pages = createPages({
    settings: current,
    stats: () => sandbox.stats(),
    change: (patch) => sandbox.change(patch),
  });
  const listener = createListener((request, response, body) => {
    const handle = request.url?.startsWith("/sandbox/") ? pages : api;
    handle(request, response, body);
  });
  return sandbox;
}

function turned(settings: SandboxSettings, patch: SandboxOptions): SandboxSettings {
  const fixed = FIXED_OPTIONS.find((name) => patch[name] !== undefined);
  if (fixed !== undefined) {
    throw new RangeError(`${fixed} cannot be changed while the sandbox runs`);
  }
  return checked(withOptions(settings, patch));
}

function checked(settings: SandboxSettings): SandboxSettings {
  const fault = settingsFault(settings);
  if (fault !== null) throw new RangeError(fault.refusal.message);
  return settings;
}
