import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { NumberStore } from "./store/number-store.ts";

/** Campaigns that ended longer ago, or before so many others, are left out: a scrape stays small. */
const SHOWN_AFTER_END_MS = 24 * 3600 * 1000;
const SHOWN_ENDED_MAX = 200;

/**
 * What /metrics of every role shows: the process, and where the messages of live campaigns are.
 * Read from the ledger at each scrape, so every pod tells the same. No personal data in labels.
 */
export function createMetrics(stores: Readonly<Record<string, NumberStore>>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
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
