import type { Logger } from "pino";
import { expect, test } from "vitest";
import { createWebhookCounters } from "../../src/webhooks/counters.ts";

function counters() {
  const clock = { ms: 0 };
  const lines: object[] = [];
  const results: string[] = [];
  const rejected: string[] = [];
  const logger = {
    warn: (fields: object, message: string) => void lines.push({ ...fields, message }),
  };
  return {
    ...{ clock, lines, results, rejected },
    ...createWebhookCounters({
      logger: logger as unknown as Logger,
      totals: {
        results: { inc: ({ result }) => void results.push(result) },
        rejected: { inc: ({ reason }) => void rejected.push(reason) },
      },
      now: () => clock.ms,
    }),
  };
}

test("of each result one line is logged in ten seconds, with how many there were", () => {
  const { clock, lines, warn } = counters();
  warn("a", "an a", { fix: "f" });
  warn("b", "a b");
  warn("a", "an a");
  clock.ms = 9_999;
  warn("a", "an a");
  clock.ms = 10_000;
  warn("a", "an a", { fix: "f" });
  warn("a", "an a");
  clock.ms = 20_000;
  warn("a", "an a");

  expect(lines).toEqual([
    { fix: "f", result: "a", count: 1, message: "an a" },
    { result: "b", count: 1, message: "a b" },
    { fix: "f", result: "a", count: 3, message: "an a" },
    { result: "a", count: 2, message: "an a" },
  ]);
});

test("every result is counted, and those that were not taken by their reason", () => {
  const { results, rejected, count, warn, lines } = counters();
  count("moved");
  warn("webhooks_not_found", "x");
  warn("unreadable", "x");
  warn("unavailable", "x");

  expect(results).toEqual(["moved", "webhooks_not_found", "unreadable", "unavailable"]);
  // What is unreadable was acknowledged.
  expect(rejected).toEqual(["webhooks_not_found", "webhooks_store_unavailable"]);
  expect(lines).toHaveLength(3);
});
