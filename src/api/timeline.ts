import { z } from "@hono/zod-openapi";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { OUTCOMES, POINTS_MAX, readTimeline, timelineJson } from "../campaigns/timeline.ts";
import { accept } from "../core/refusal.ts";
import { visibleStores } from "./access.ts";
import type { Router } from "./route.ts";
import { time } from "./schemas.ts";

const stepSeconds = z.number().openapi({ description: "Length of each step; 0: no points." });

const outcomes = Object.fromEntries(OUTCOMES.map((state) => [state, z.int()])) as {
  [Name in (typeof OUTCOMES)[number]]: z.ZodInt;
};

const timeline = z
  .object({
    rate: z
      .object({
        stepSeconds,
        points: z.array(z.object({ at: time, used: z.number(), allowed: z.number() })),
      })
      .openapi({
        description:
          "Messages a second. `allowed`: by the rates of the number and the campaign. Steps in which nothing was sent are left out.",
      }),
    outcomes: z
      .object({ stepSeconds, points: z.array(z.object({ at: time, ...outcomes })) })
      .openapi({ description: "Rows that entered each state within the step." }),
    holds: z
      .array(
        z.object({
          kind: z.enum(["backoff", "paused", "suspended"]),
          number: z.string().nullable().openapi({
            description: "Of a pool: the number that it kept back, while others sent.",
          }),
          from: time,
          until: time.nullable().openapi({ description: "Null: it lasts." }),
          words: z.string(),
        }),
      )
      .openapi({ description: "Times in which it could not send." }),
  })
  .openapi("Timeline");

/** How a campaign went over time, for charts. */
export function addTimeline({ route }: Router, { stores }: { readonly stores: Stores }): void {
  route(
    {
      ...{ method: "get", path: "/api/campaigns/{id}/timeline", name: "campaignTimeline" },
      ...{ tag: "Campaigns", summary: "How a campaign went over time", role: "viewer" },
      description: `At most ${POINTS_MAX} points each, so the longer it took, the longer the steps.`,
      answer: timeline,
      problems: ["no_such_campaign", "campaign_other_mode"],
    },
    async ({ access, part }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      return found.ok ? accept(timelineJson(await readTimeline(found.value))) : found;
    },
  );
}
