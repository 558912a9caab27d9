import { z } from "@hono/zod-openapi";
import type { Stores } from "../campaigns/find.ts";
import { isoTime } from "../core/format.ts";
import { accept } from "../core/refusal.ts";
import { checkJson } from "../health/check.ts";
import { type HealthSources, readHealth } from "../health/health.ts";
import { CHECKS, type CheckCode } from "../health/runbook.ts";
import type { SeenProcess } from "../store/index.ts";
import { visibleStores } from "./access.ts";
import type { Router } from "./route.ts";
import { time } from "./schemas.ts";

export interface HealthDeps {
  readonly stores: Stores;
  readonly health: HealthSources;
}

const CODES = Object.keys(CHECKS) as [CheckCode, ...CheckCode[]];

const checkSchema = z
  .object({
    code: z.enum(CODES).openapi({ description: "Stable: docs/runbooks.md has a section each." }),
    name: z.string().openapi({ description: "What it is about." }),
    verdict: z.enum(["ok", "warn", "fail"]),
    message: z.string(),
    fix: z.string().optional().openapi({ description: "What to do, unless it is ok." }),
    safe: z.string().optional().openapi({ description: "Whether that is safe." }),
    since: time.optional(),
    number: z.string().optional(),
    campaign: z.string().optional().openapi({ description: "That may be resumed about it." }),
  })
  .openapi("Check");

const healthJson = z
  .object({
    ok: z.boolean().openapi({ description: "No check failed." }),
    checks: z.array(checkSchema),
  })
  .openapi("Health");

const processJson = z
  .object({
    role: z.enum(["producer", "worker", "webhooks", "dashboard"]),
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    numbers: z.array(z.string()),
    startedAt: time,
    seenAt: time,
    running: z.boolean().openapi({ description: "Seen within the last 90 seconds." }),
  })
  .openapi("Process");

/** The checks of `doctor` that need neither this machine nor the API, and who runs. */
export function addHealth({ route }: Router, { stores, health }: HealthDeps): void {
  route(
    {
      ...{ method: "get", path: "/api/health", name: "health", tag: "Numbers", role: "viewer" },
      summary: "What `doctor` says of Redis, the numbers and the processes",
      description: "The address and token of the API, folders and ports: see `dropcast doctor`.",
      ...{ answer: healthJson, problems: [] },
    },
    async ({ access }) => {
      const visible = visibleStores(stores, access);
      const { checks } = await readHealth(visible, health, access.numbers !== null);
      const ok = checks.every(({ verdict }) => verdict !== "fail");
      return accept({ ok, checks: checks.map(checkJson) });
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/processes", name: "processes", tag: "Numbers" },
      ...{ summary: "The processes that reported themselves in the last hour", role: "viewer" },
      ...{ answer: z.object({ processes: z.array(processJson) }), problems: [] },
    },
    async ({ access }) => {
      const visible = visibleStores(stores, access);
      const seen = await Object.values(visible)[0]?.processes();
      return accept({ processes: (seen?.processes ?? []).map((one) => toJson(one, visible)) });
    },
  );
}

function toJson({ role, host, pid, version, numbers, ...at }: SeenProcess, visible: Stores) {
  return {
    ...{ role, host, pid, version, running: at.isLive },
    numbers: numbers.filter((number) => Object.hasOwn(visible, number)),
    ...{ startedAt: isoTime(at.startedAt), seenAt: isoTime(at.seenAt) },
  };
}
