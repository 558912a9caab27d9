import { pino } from "pino";
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { createProcessMetrics } from "../../src/metrics/process-metrics.ts";
import { countSending } from "../../src/telemetry/count-sending.ts";
import { observeWebhooks } from "../../src/telemetry/observe-webhooks.ts";
import { samplesOf } from "./exposition.ts";

const QUIET = pino({ level: "silent" });

function openProcess() {
  const clock = { nowMs: 0 };
  const registry = new Registry();
  const metrics = createProcessMetrics(registry, { numbers: ["main"], now: () => clock.nowMs });
  /** The samples of a metric that are not 0, by the label given. */
  async function values(name: string, label: string) {
    const samples = samplesOf(await registry.metrics());
    return Object.fromEntries(
      samples
        .filter((one) => one.name === name && one.value !== 0)
        .map(({ labels, value }) => [labels[label], value]),
    );
  }
  return { clock, metrics, values };
}

test("each POST is counted once by its result, and only an answer or its lack is measured", async () => {
  const { metrics, values } = openProcess();
  const claim = countSending("main", metrics).claiming("main-1");
  const code = { code: 131026, httpStatus: 400 };
  claim.sending(1, 1).ended({ kind: "accepted", id: null, isWamid: false, held: false });
  claim.sending(2, 1).ended({ kind: "failed", ...code, optOut: false });
  claim.sending(3, 1).ended({
    ...{ kind: "unknown", reason: "answer_timeout", ...code, id: null, isWamid: false },
  });
  claim.sending(4, 1).ended({ kind: "not_sent", reason: "not_sent_connect" });
  claim.sending(5, 1).ended({ kind: "slow", code: 130429, httpStatus: 429, retryAfterMs: null });
  claim.sending(6, 1).ended({ kind: "aborted" });

  expect(await values("dropcast_posts_total", "result")).toEqual({
    accepted: 1,
    failed: 1,
    unknown: 1,
    not_sent: 1,
    too_fast: 1,
  });
  expect(await values("dropcast_claim_to_answer_seconds_count", "number")).toEqual({ main: 4 });
  expect(await values("dropcast_send_times_moved_total", "number")).toEqual({ main: 1 });
});

test("the rate that is used is that of the last ten whole seconds", async () => {
  const { clock, metrics, values } = openProcess();
  const used = async () => (await values("dropcast_rate_used", "number"))["main"] ?? 0;
  for (let second = 0; second < 20; second++) {
    clock.nowMs = second * 1_000;
    for (let message = 0; message < 8; message++) metrics.posted("main", "accepted", 0.1);
  }
  expect(await used()).toBe(8);
  clock.nowMs = 25_000;
  expect(await used()).toBe(4);
  clock.nowMs = 60_000;
  expect(await used()).toBe(0);
});

test("a status event counts once, when it changes its message; its lag is never negative", async () => {
  const { metrics, values } = openProcess();
  const observe = observeWebhooks(metrics, undefined, QUIET);
  const event = {
    ...{ wamid: "wamid.A", status: "delivered" as const, code: 0, recipient: null },
    ...{ category: null, billable: null, origin: null },
  };
  const found = { campaign: "main-1", row: 1, attempt: 1, state: "delivered", code: 0 } as const;
  const at = { startedAt: Date.now() };
  observe(
    "main",
    { ...event, atMs: Date.now() - 7_000 },
    { result: { kind: "moved", ...found }, ...at },
  );
  observe(
    "main",
    { ...event, atMs: Date.now() + 60_000 },
    { result: { kind: "moved", ...found }, ...at },
  );
  observe("main", { ...event, atMs: 0 }, { result: { kind: "unchanged", ...found }, ...at });
  observe("main", { ...event, atMs: 0 }, { result: { kind: "parked" }, ...at });

  expect(await values("dropcast_webhook_statuses_total", "status")).toEqual({ delivered: 2 });
  expect(await values("dropcast_webhook_lag_seconds_bucket", "le")).toMatchObject({
    "1": 1,
    "5": 1,
    "10": 2,
  });
});

test("what can happen is there before it happens, so that its first step counts as an increase", async () => {
  const registry = new Registry();
  createProcessMetrics(registry, { numbers: ["main"], now: () => 0 });
  const samples = samplesOf(await registry.metrics());

  const has = (name: string, label: string, value: string) =>
    samples.some((one) => one.name === name && one.labels[label] === value && one.value === 0);
  expect(has("dropcast_posts_total", "result", "unknown")).toBe(true);
  expect(has("dropcast_webhook_rejected_total", "reason", "webhooks_signature_mismatch")).toBe(
    true,
  );
  expect(has("dropcast_webhook_statuses_total", "status", "failed")).toBe(true);
  expect(has("dropcast_claim_to_answer_seconds_bucket", "le", "5")).toBe(true);
});
