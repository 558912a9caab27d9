import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Scrape } from "./core/scrape.ts";
import { type NumberStore, numberRate } from "./store/index.ts";

/** Limits on ended campaigns, so that a scrape stays small. */
const SHOWN_AFTER_END_MS = 24 * 3600 * 1000;
const SHOWN_ENDED_MAX = 50;

/** Values from the ledger are cached for this long, so that many scrapers cost as much as one. */
const CACHED_MS = 5_000;
/** If Redis does not answer within this time, it counts as down. */
const LEDGER_TIMEOUT_MS = 2_000;

export interface Metrics extends Scrape {
  /** The process's own metrics, where a role registers its counters. */
  readonly registry: Registry;
}

/**
 * The metrics of every role: its process, and the states of all messages in live campaigns. The
 * latter come from the ledger, read once at a time and cached for some seconds, so that every pod
 * reports the same and frequent requests cost nothing. Without Redis only the process is shown, and
 * `dropcast_redis_up 0`. Labels have no personal data.
 */
export function createMetrics(
  stores: Readonly<Record<string, NumberStore>>,
  now: () => number = () => performance.now(),
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const redisUp = new Gauge({
    name: "dropcast_redis_up",
    help: "1 while Redis answers; 0: metrics from the ledger are missing.",
    registers: [registry],
  });
  const ledger = createLedgerMetrics(stores);
  let read: { readonly text: Promise<string>; readonly at: number } | undefined;

  async function readLedger(): Promise<string> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("Redis does not answer.")), LEDGER_TIMEOUT_MS);
    });
    try {
      const text = await Promise.race([ledger.metrics(), tooLong]);
      redisUp.set(1);
      return text;
    } catch {
      // The process's own metrics are still useful; the gauge shows that the others are missing.
      redisUp.set(0);
      return "";
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    registry,
    contentType: registry.contentType,
    async text() {
      if (read === undefined || now() - read.at > CACHED_MS) {
        read = { text: readLedger(), at: now() };
      }
      const ledgerText = await read.text;
      return `${await registry.metrics()}\n${ledgerText}`;
    },
  };
}

function createLedgerMetrics(stores: Readonly<Record<string, NumberStore>>): Registry {
  const registry = new Registry();
  const messages = new Gauge({
    name: "dropcast_messages",
    help: "Rows of campaigns that are live or ended within a day, by state.",
    labelNames: ["number", "campaign", "state"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const store of Object.values(stores)) {
        const { campaigns } = store;
        const since = Date.now() - SHOWN_AFTER_END_MS;
        const [live, ended] = await Promise.all([
          campaigns.live(),
          campaigns.endedSince(since, SHOWN_ENDED_MAX),
        ]);
        for (const { id, number, counts } of [...live, ...ended]) {
          for (const [state, count] of Object.entries(counts)) {
            messages.set({ number, campaign: id, state }, count);
          }
        }
      }
    },
  });
  const halted = new Gauge({
    name: "dropcast_number_halted",
    help: "1 while a number is suspended until an operator acts (account error, rollback of Redis).",
    labelNames: ["number"],
    registers: [registry],
    async collect() {
      for (const { number, campaigns, rollback } of Object.values(stores)) {
        const stopped = (await campaigns.halt()) ?? (await rollback.read());
        halted.set({ number }, stopped === undefined ? 0 : 1);
      }
    },
  });
  const pace = new Gauge({
    name: "dropcast_number_rate",
    help: "Messages a second: full, as set or configured, and now, less after an answer of too fast or in a backoff.",
    labelNames: ["number", "what"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const store of Object.values(stores)) {
        const read = await store.pace.read();
        const full = numberRate(read, null);
        if (full === null) continue;
        const now = read.holdUntilMs === null ? full * (read.slowed?.share ?? 1) : 0;
        pace.set({ number: store.number, what: "full" }, full);
        pace.set({ number: store.number, what: "now" }, now);
      }
    },
  });
  const people = new Gauge({
    name: "dropcast_portfolio_people",
    help: "People that a portfolio wrote to within 24 hours (used), and may write to (limit).",
    labelNames: ["portfolio", "what"],
    registers: [registry],
  });
  const full = new Gauge({
    name: "dropcast_portfolio_full_seconds",
    help: "How long until a portfolio may write to another person; 0: it may now.",
    labelNames: ["portfolio"],
    registers: [registry],
    async collect() {
      for (const { budget } of Object.values(stores)) {
        if (budget === null) continue;
        const { name, used, limit, nextAtMs } = await budget.read();
        people.set({ portfolio: name, what: "used" }, used);
        people.set({ portfolio: name, what: "limit" }, limit);
        const leftMs = nextAtMs === null ? 0 : Math.max(0, nextAtMs - Date.now());
        full.set({ portfolio: name }, leftMs / 1_000);
      }
    },
  });
  const ages = new Gauge({
    name: "dropcast_oldest_seconds",
    help: "How long the oldest of each kind has waited. A value that keeps growing is stuck: alert on it.",
    labelNames: ["number", "what"],
    registers: [registry],
    async collect() {
      for (const store of Object.values(stores)) {
        for (const [what, ageMs] of Object.entries(await store.ages())) {
          ages.set({ number: store.number, what: snakeCase(what) }, (ageMs ?? 0) / 1_000);
        }
      }
    },
  });
  const silence = new Gauge({
    name: "dropcast_webhook_silence_seconds",
    help: "How long messages have been accepted without any webhook about them; else 0.",
    labelNames: ["number"],
    registers: [registry],
    async collect() {
      for (const { number, webhookSilence } of Object.values(stores)) {
        silence.set({ number }, ((await webhookSilence())?.forMs ?? 0) / 1_000);
      }
    },
  });
  const signatures = new Gauge({
    name: "dropcast_webhook_wrong_signatures",
    help: "Webhooks with a wrong signature in the last 10 minutes, for the number or for all.",
    labelNames: ["number"],
    registers: [registry],
    async collect() {
      for (const { number, wrongSignatures } of Object.values(stores)) {
        const wrong = await wrongSignatures();
        signatures.set(
          { number },
          wrong.reduce((sum, { count }) => sum + count, 0),
        );
      }
    },
  });
  const endpoints = new Gauge({
    name: "dropcast_webhooks_out",
    help: "Deliveries to an endpoint of webhooks out: delivered, waiting, given up, dropped; disabled is 1 after a 410.",
    labelNames: ["number", "endpoint", "what"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { number, notices } of Object.values(stores)) {
        for (const state of await notices.endpoints()) {
          const { name: endpoint, delivered, waiting, givenUp, dropped, disabledAt } = state;
          const disabled = disabledAt === null ? 0 : 1;
          const all = { delivered, waiting, given_up: givenUp, dropped, disabled };
          for (const [what, value] of Object.entries(all)) {
            endpoints.set({ number, endpoint, what }, value);
          }
        }
      }
    },
  });
  const events = new Gauge({
    name: "dropcast_status_events",
    help: "Unmatched status events: waiting for their message (parked) and dropped so far (orphans).",
    labelNames: ["number", "kind"],
    registers: [registry],
    async collect() {
      for (const store of Object.values(stores)) {
        const { parked, orphans } = await store.campaigns.stats();
        events.set({ number: store.number, kind: "parked" }, parked);
        events.set({ number: store.number, kind: "orphan" }, orphans);
      }
    },
  });
  return registry;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
