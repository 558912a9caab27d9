import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Scrape } from "./core/scrape.ts";
import type { NumberStore } from "./store/number-store.ts";

/** Campaigns that ended longer ago, or before so many others, are left out: a scrape stays small. */
const SHOWN_AFTER_END_MS = 24 * 3600 * 1000;
const SHOWN_ENDED_MAX = 50;

/** What was read from the ledger is shown for so long: many scrapers cost as much as one. */
const CACHED_MS = 5_000;
/** A Redis that does not answer within this is away. */
const LEDGER_TIMEOUT_MS = 2_000;

export interface Metrics extends Scrape {
  /** Of this process: where a role registers counters of its own. */
  readonly registry: Registry;
}

/**
 * What /metrics of every role shows: the process, and where the messages of live campaigns are. The
 * latter is read from the ledger, one reading at a time and kept for some seconds, so every pod tells
 * the same and no stranger can make it read more. Without Redis it shows the process, and
 * `dropcast_redis_up 0`. No personal data in labels.
 */
export function createMetrics(
  stores: Readonly<Record<string, NumberStore>>,
  now: () => number = () => performance.now(),
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const redisUp = new Gauge({
    name: "dropcast_redis_up",
    help: "1 while Redis answers; 0: what is in the ledger is not shown.",
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
      // The process still has something to say, and the gauge says what is missing.
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
    help: "1 while a number sends nothing until a person acts (account error, rollback of Redis).",
    labelNames: ["number"],
    registers: [registry],
    async collect() {
      for (const { number, campaigns, rollback } of Object.values(stores)) {
        const stopped = (await campaigns.halt()) ?? (await rollback.read());
        halted.set({ number }, stopped === undefined ? 0 : 1);
      }
    },
  });
  const ages = new Gauge({
    name: "dropcast_oldest_seconds",
    help: "How long the oldest of each kind waits. What keeps growing is stuck: alarm on it.",
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
    help: "For how long messages have been accepted without a webhook about one; 0 while there are.",
    labelNames: ["number"],
    registers: [registry],
    async collect() {
      for (const { number, webhookSilence } of Object.values(stores)) {
        silence.set({ number }, ((await webhookSilence())?.forMs ?? 0) / 1_000);
      }
    },
  });
  const events = new Gauge({
    name: "dropcast_status_events",
    help: "Status events without a message: parked now, and forgotten so far (orphans).",
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
