import type { NumberFacts } from "../../src/health/facts.ts";
import type { RedisFacts } from "../../src/health/redis.ts";
import type { SeenProcess } from "../../src/store/index.ts";

export const NOW = Date.UTC(2026, 11, 1, 9);

/** A number that is well and has nothing to do; `changes` say what is wrong with it. */
export function numberFacts(changes: Partial<NumberFacts> = {}): NumberFacts {
  const seen = { isLive: true, lastSeenMs: 2_000, others: 0 };
  return {
    ...{ number: "main", mode: "live", workers: seen, receivers: seen, live: [], ended: [] },
    troubles: { silence: undefined, signatures: [], described: [] },
    ...{
      rollback: undefined,
      isSettling: false,
      suspension: undefined,
      budget: null,
      caps: null,
      campaigns: 0,
    },
    pace: {
      ...{ ratePerSecond: null, configured: { lowest: 80, highest: 80 }, holdUntilMs: null },
      ...{ holdReason: "too_fast", slowed: null, portfolio: null, caps: null },
      clock: { wallMs: NOW, nowMs: NOW },
    },
    ages: { endedLease: null, dueBatch: null, failedOutbox: null, unknown: null },
    oldest: { pending: null, sending: null },
    vitals: {
      ...{ claims: 0, claimedAt: null, usedPerSecond: 0, oldestRowsMs: null },
    },
    stats: { orphans: 0, lastWebhookAt: NOW - 60_000 },
    ...changes,
  };
}

/** A Redis that is well. */
export const ON_DISK = { proved: "it is on the disk", declared: null };

export function redisFacts(changes: Partial<RedisFacts> = {}): RedisFacts {
  return {
    safety: {
      ok: true,
      value: { version: "7.0.15", warnings: [], durability: ON_DISK, behind: null },
    },
    ...{ isDiskFailing: false, memory: { used: 1_000, max: null }, policy: "noeviction" },
    refused: [],
    skewMs: 3,
    ...changes,
  };
}

export function seenProcess(changes: Partial<SeenProcess> = {}): SeenProcess {
  return {
    ...{ id: "a", role: "worker", version: "1.2.3", numbers: ["main"], host: "pod-1", pid: 17 },
    ...{ startedAt: NOW - 60_000, seenAt: NOW, isLive: true, clockMs: NOW },
    ...changes,
  };
}
