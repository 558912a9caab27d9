import { z } from "@hono/zod-openapi";
import { controlCampaign } from "../campaigns/control.ts";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { readObstacles, readOverview, stallIn } from "../campaigns/overview.ts";
import { campaignPace, paceJson } from "../campaigns/pace-now.ts";
import { retryCampaign } from "../campaigns/retry.ts";
import { accept } from "../core/refusal.ts";
import { campaignJson, haltJson, rollbackJson } from "../export/campaign-json.ts";
import { actorOf } from "./access.ts";
import type { Router } from "./route.ts";
import {
  campaign,
  campaignId,
  failure,
  halt,
  listedCampaign,
  rollback,
  status,
} from "./schemas.ts";

const TAG = "Campaigns";

const pageQuery = z.strictObject({
  page: z.coerce.number().int().min(1).max(9_999).default(1),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const overviewJson = z.object({
  campaigns: z.array(listedCampaign),
  total: z.int(),
  next: z.int().nullable().openapi({ description: "The next `page`; null: this is the last." }),
  rollbacks: z.array(rollback.extend({ number: z.string() })),
  halts: z.array(halt.extend({ number: z.string() })),
});

const controlled = z
  .object({ id: campaignId, status, changed: z.boolean(), haltLifted: z.boolean() })
  .openapi("Controlled");

const retryBody = z.strictObject({ codes: z.array(z.int().nonnegative()).min(1) }).optional();

const retried = z
  .object({
    id: campaignId,
    retried: z.int(),
    matching: z.int(),
    dryRun: z.boolean(),
    byCode: z.array(failure).readonly(),
    left: z.record(z.string(), z.int()),
  })
  .openapi("Retried");

const CONTROLS = {
  pause: ["Stops sending for now; messages on their way are finished.", "cannot_pause"],
  resume: ["Continues a paused campaign, and lifts the suspension of its number.", "cannot_resume"],
  cancel: ["Ends a campaign for good: waiting messages are never sent.", "cannot_cancel"],
} as const;

/** Campaigns: to see them, and to control them. */
export function addCampaigns({ route }: Router, { stores }: { readonly stores: Stores }): void {
  route(
    {
      ...{ method: "get", path: "/api/campaigns", name: "listCampaigns", tag: TAG },
      ...{ summary: "Campaigns of every number, newest first", role: "viewer" },
      ...{ query: pageQuery, answer: overviewJson, problems: ["dashboard_query_invalid"] },
    },
    async ({ query: { page, limit: size } }) => {
      const overview = await readOverview(stores, { page, size });
      return accept({
        campaigns: overview.campaigns.map((one) => ({
          ...campaignJson(one),
          stalled: stallIn(overview, one),
        })),
        total: overview.total,
        next: page * size < overview.total ? page + 1 : null,
        rollbacks: overview.rollbacks.map(({ number, rollback: its }) => ({
          number,
          ...rollbackJson(its),
        })),
        halts: overview.halts.map(({ number, halt: its }) => ({ number, ...haltJson(its) })),
      });
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/campaigns/{id}", name: "showCampaign", tag: TAG },
      ...{ summary: "One campaign", role: "viewer", answer: campaign },
      problems: ["no_such_campaign", "campaign_other_mode"],
    },
    async ({ part }) => {
      const found = await findCampaign(stores, part("id"));
      if (!found.ok) return found;
      const obstacles = await readObstacles(found.value);
      return accept({
        ...campaignJson(found.value.campaign),
        stalled: obstacles.stall ?? null,
        halt: haltJson(obstacles.halt),
        rollback: rollbackJson(obstacles.rollback),
        pace: paceJson(campaignPace(obstacles.pace, found.value.campaign, null)),
      });
    },
  );

  for (const verb of ["pause", "resume", "cancel"] as const) {
    const [summary, refusal] = CONTROLS[verb];
    route(
      {
        ...{ method: "post", path: `/api/campaigns/{id}/${verb}`, name: `${verb}Campaign` },
        ...{ tag: TAG, summary, role: "operator", answer: controlled, page: campaignPage },
        description: "A status that is already reached is not a failure: `changed` is false.",
        problems: [refusal, "no_such_campaign", "campaign_other_mode", "campaign_closed"],
      },
      async ({ context, part }) => {
        const found = await findCampaign(stores, part("id"));
        if (!found.ok) return found;
        return controlCampaign(found.value, verb, actorOf(context.get("access")));
      },
    );
  }

  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/retry", name: "retryCampaign", tag: TAG },
      ...{ summary: "Sends failed messages again, by error code", role: "operator" },
      description: "`codes`: those error codes only (0: failures without one); no body: all.",
      ...{ body: retryBody, form: retryForm, answer: retried, page: campaignPage },
      problems: [
        ...(["dashboard_body_invalid", "no_such_campaign", "campaign_other_mode"] as const),
        ...(["campaign_closed", "rows_deleted", "retry_opted_out"] as const),
      ],
    },
    async ({ context, part, body }) => {
      const found = await findCampaign(stores, part("id"));
      if (!found.ok) return found;
      const request = { codes: new Set(body?.codes), mode: "send" } as const;
      return retryCampaign(found.value, request, actorOf(context.get("access")));
    },
  );
}

/** A form of our pages has the codes as fields `code`. */
function retryForm(fields: URLSearchParams): unknown {
  const codes = fields.getAll("code");
  if (codes.length === 0) return undefined;
  return { codes: codes.map((text) => (/^\d{1,8}$/.test(text) ? Number(text) : text)) };
}

function campaignPage({ id }: { id: string }): string {
  return `/campaigns/${id}`;
}
