import type { Redis } from "ioredis";
import { numberKeys } from "./keys.ts";
import type { LedgerLimits } from "./ledger/ledger.ts";
import type { RunScript } from "./scripts/runner.ts";

/** What may make work besides the keys of the ledger. */
interface WorkOutside {
  /** Keys of BullMQ that exist while a job waits or is worked on. */
  readonly queueKeys: readonly string[];
  /** Ids of the endpoints of webhooks out that this process has. */
  readonly endpoints: readonly string[];
}

/** Whether the workers of a number have something to do. */
export function createWork(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  limits: Pick<LedgerLimits, "resendAfterMs" | "webhooksArrivingMs">;
}) {
  const { redis, number, run, limits } = input;
  const keys = numberKeys(number);
  const signs = [
    ...[keys.running, keys.leases, keys.actionsLive, keys.news],
    ...[keys.failedOutbox, keys.optOutOutbox],
    ...[keys.scheduled, keys.endings, keys.trials, keys.failuresDue, keys.resends],
  ];

  return {
    /**
     * When there is something to do, ms from now: 0 for now, null if there is nothing. A number
     * that has nothing costs one command, because hundreds of them are asked in turn.
     */
    async dueInMs({ queueKeys, endpoints }: WorkOutside): Promise<number | null> {
      const due = endpoints.map((id) => keys.endpointDue(id));
      const streams = endpoints.length === 0 ? [] : [keys.notices, keys.noticesFailed];
      const [found, ...waiting] = await Promise.all([
        redis.exists(...signs, ...due, ...queueKeys),
        ...streams.map((stream) => redis.xlen(stream)),
      ]);
      if (found === 0 && waiting.every((count) => count === 0)) return null;
      const { resendAfterMs, webhooksArrivingMs } = limits;
      const [queued, dueMs] = await Promise.all([
        redis.exists(...queueKeys),
        run(
          "next-due",
          { resendAfterMs, webhooksArrivingMs },
          endpoints.map((endpoint) => ({ endpoint })),
        ),
      ]);
      if (queued > 0) return 0;
      return Number(dueMs) < 0 ? null : Number(dueMs);
    },
  };
}
