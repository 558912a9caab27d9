import { z } from "@hono/zod-openapi";
import type { Stores } from "../campaigns/find.ts";
import { accept } from "../core/refusal.ts";
import type { Timings } from "../core/timings.ts";
import type { Check } from "../health/check.ts";
import { checkNumber } from "../health/number.ts";
import { checkProcesses } from "../health/processes.ts";
import { visibleStores } from "./access.ts";
import type { Router } from "./route.ts";

export interface HealthDeps {
  readonly stores: Stores;
  readonly timings: Timings;
  /** Checks Redis itself. */
  readonly checkRedis: () => Promise<Check[]>;
}

const healthJson = z
  .object({
    ok: z.boolean().openapi({ description: "No check failed." }),
    checks: z.array(
      z.object({
        name: z.string(),
        verdict: z.enum(["ok", "warn", "fail"]),
        message: z.string(),
        fix: z.string().optional().openapi({ description: "What to do, unless it is ok." }),
      }),
    ),
  })
  .openapi("Health");

/** The checks of `doctor` that need neither this machine nor the API. */
export function addHealth({ route }: Router, deps: HealthDeps): void {
  route(
    {
      ...{ method: "get", path: "/api/health", name: "health", tag: "Numbers", role: "viewer" },
      summary: "What `doctor` says of Redis, the numbers and the processes",
      description: "The address and token of the API, folders and ports: see `dropcast doctor`.",
      ...{ answer: healthJson, problems: [] },
    },
    async ({ access }) => {
      const checks = await deps.checkRedis();
      for (const store of Object.values(visibleStores(deps.stores, access))) {
        checks.push(...(await checkNumber(store, deps.timings)), ...(await checkProcesses(store)));
      }
      return accept({ ok: checks.every(({ verdict }) => verdict !== "fail"), checks });
    },
  );
}
