/**
 * A LiveChat-compatible API and the sender of its status webhooks, in one process, for trying out
 * and for tests. It shares no code with the API client and the webhook receiver, so that one
 * misreading of the protocol cannot hide in both.
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

/** The answer of `GET /sandbox/stats`, without phone numbers and wamids. */
export interface SandboxStats extends PostStats {
  /** `open`: messages and webhooks still in progress. */
  readonly webhooks: WebhookStats & { readonly open: number };
}

export interface Sandbox {
  /** Listens. `url` is the base URL of the API, without a trailing slash. */
  start(): Promise<{ url: string; port: number }>;
  /** Ends every connection, timer and delivery; nothing keeps the process alive. */
  stop(): Promise<void>;
  /** Resolves once every webhook so far was delivered or dropped, or the sandbox stops. */
  drained(): Promise<void>;
  stats(): SandboxStats;
  /**
   * Changes knobs for the next POSTs. Throws a RangeError if shares add up to more than 1, and for
   * host, port and log paths, which cannot change.
   */
  change(options: SandboxOptions): void;
}

/** Throws a RangeError if the shares of {@link SandboxOptions} add up to more than 1. */
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
      // From the outside in: a late request must not write to a closed log or start a timer.
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
      settings = changed(settings, patch);
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

function changed(settings: SandboxSettings, patch: SandboxOptions): SandboxSettings {
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
