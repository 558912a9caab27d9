import { z } from "@hono/zod-openapi";
import { actJson } from "../campaigns/act-words.ts";
import { readAudit } from "../campaigns/audit.ts";
import { ACT_KINDS } from "../core/act.ts";
import { accept } from "../core/refusal.ts";
import { ACT_CURSOR, type ActLog } from "../store/index.ts";
import type { Router } from "./route.ts";
import { cursor, nextCursor, time } from "./schemas.ts";

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const auditQuery = z.strictObject({
  campaign: z.string().max(100).optional(),
  who: z.string().max(100).optional().openapi({ description: "Part of a name." }),
  what: z.enum(ACT_KINDS).optional(),
  since: instant.optional(),
  until: instant.optional(),
  cursor: cursor.regex(ACT_CURSOR).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const actSchema = z
  .object({
    ...{ at: time, who: z.string(), via: z.string(), from: z.string() },
    ...{ what: z.enum(ACT_KINDS), campaigns: z.array(z.string()) },
    details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    result: z.enum(["begun", "done", "refused"]).openapi({
      description: "`begun`: its process ended before the result was noted; it may have been done.",
    }),
    code: z.string().nullable().openapi({ description: "Why it was refused." }),
  })
  .openapi("Act");

/** Who did what: kept for a year. */
export function addAudit(
  { route }: Router,
  { acts }: { readonly acts: Pick<ActLog, "read"> },
): void {
  route(
    {
      ...{ method: "get", path: "/api/audit", name: "audit", tag: "Audit", role: "viewer" },
      summary: "Who did what, newest first",
      description:
        "A page may have fewer acts than `limit`, even none, and a `next` all the same: a request looks at 5,000. Who is limited to some numbers gets what was done with their campaigns.",
      query: auditQuery,
      answer: z.object({ acts: z.array(actSchema), next: nextCursor }),
      problems: ["dashboard_query_invalid"],
    },
    async ({ access, query }) => {
      const { campaign = null, who = null, what = null, since = 0, until, cursor: before } = query;
      const filter = {
        ...{ campaign, who, what, sinceMs: since },
        ...(until === undefined ? {} : { untilMs: until }),
        ...(before === undefined ? {} : { before }),
      };
      const asked = { limit: query.limit, numbers: access.numbers };
      const { lines, next } = await readAudit(acts, filter, asked);
      return accept({ acts: lines.map(actJson), next });
    },
  );
}
