import { z } from "@hono/zod-openapi";
import { approveCampaign } from "../campaigns/approve.ts";
import { budgetJson } from "../campaigns/budget.ts";
import { failuresJson, nowJson, readCampaignView } from "../campaigns/campaign-view.ts";
import { controlCampaign, probeCampaign } from "../campaigns/control.ts";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { readOverview, stallInAny } from "../campaigns/overview.ts";
import { paceJson } from "../campaigns/pace-now.ts";
import { withPools } from "../campaigns/pools/listed.ts";
import { resetCampaignRate, setCampaignRate } from "../campaigns/rate.ts";
import { webhookTroublesJson } from "../campaigns/webhook-troubles.ts";
import { accept } from "../core/refusal.ts";
import { TRIAL_SIZE_MAX } from "../core/trial.ts";
import {
  campaignJson,
  childrenJson,
  rollbackJson,
  suspensionJson,
} from "../export/campaign-json.ts";
import { furtherTriesJson } from "../export/campaign-words.ts";
import { visibleStores } from "./access.ts";
import type { Router } from "./route.ts";
import {
  campaign,
  campaignId,
  cursor,
  listedCampaign,
  nextCursor,
  rampUp,
  rateBody,
  ratePerSecond,
  rollback,
  status,
  suspension,
} from "./schemas.ts";

const TAG = "Campaigns";

const pageQuery = z.strictObject({
  page: z.coerce.number().int().min(1).max(9_999).default(1),
  cursor: cursor.regex(/^\d{1,15}~[a-z0-9_-]{1,50}$/).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const overviewJson = z.object({
  campaigns: z.array(listedCampaign),
  total: z.int(),
  next: z.int().nullable().openapi({ description: "The next `page`; null: this is the last." }),
  nextCursor: nextCursor.openapi({
    description: "For `cursor`: unlike a page, it skips and repeats nothing when campaigns come.",
  }),
  rollbacks: z.array(rollback.extend({ number: z.string() })),
  halts: z.array(suspension.extend({ number: z.string() })),
});

const probe = z.int().min(1).max(TRIAL_SIZE_MAX).optional();

const controlled = z
  .object({
    ...{ id: campaignId, status, changed: z.boolean(), suspensionLifted: z.boolean() },
    haltLifted: z.boolean().openapi({ deprecated: true, description: "`suspensionLifted`." }),
    probe: probe.openapi({ description: "So many messages go before the rest." }),
    probeThen: z.enum(["go", "ask"]).optional().openapi({
      description: "`go`: the rest follows if enough are delivered; `ask`: it pauses.",
    }),
  })
  .openapi("Controlled");

const resumeBody = z.strictObject({ probe }).optional();

/** A form of our pages has it as a field. */
function resumeForm(fields: URLSearchParams): unknown {
  const asked = fields.get("probe");
  if (asked === null) return undefined;
  return { probe: /^\d{1,8}$/.test(asked) ? Number(asked) : asked };
}

const approveBody = z
  .strictObject({
    expect: z.int().nonnegative().openapi({
      description: "How many messages you saw waiting: with another number it is refused.",
    }),
  })
  .partial()
  .optional();

/** The form of the page of a campaign. */
function approveForm(fields: URLSearchParams): unknown {
  const seen = fields.get("expect");
  if (seen === null) return undefined;
  return { expect: /^\d{1,9}$/.test(seen) ? Number(seen) : seen };
}

const CONTROLS = {
  pause: ["Stops sending for now; messages on their way are finished.", "cannot_pause"],
  cancel: ["Ends a campaign for good: waiting messages are never sent.", "cannot_cancel"],
} as const;

const REACHED = "A status that is already reached is not a failure: `changed` is false.";
const CONTROL_PROBLEMS = [
  ...(["dashboard_body_invalid", "no_such_campaign"] as const),
  ...(["campaign_other_mode", "campaign_closed"] as const),
];

/** Campaigns: to see them, and to control them. */
export function addCampaigns(
  { route }: Router,
  {
    stores,
    unsafe,
  }: {
    readonly stores: Stores;
    /** Why Redis is unsafe and nothing is sent. */
    readonly unsafe: () => { readonly message: string } | undefined;
  },
): void {
  route(
    {
      ...{ method: "get", path: "/api/campaigns", name: "listCampaigns", tag: TAG },
      ...{ summary: "Campaigns of every number, newest first", role: "viewer" },
      description:
        "A campaign over several numbers is one entry with its `children`, so a page may have fewer entries than `limit`; `total` counts the campaigns of each number.",
      ...{ query: pageQuery, answer: overviewJson, problems: ["dashboard_query_invalid"] },
    },
    async ({ access, query: { page, cursor: after, limit: size } }) => {
      const asked = after === undefined ? { page, size } : { after: readCursor(after), size };
      const visible = visibleStores(stores, access);
      const overview = await readOverview(visible, asked);
      const listed = await withPools(visible, overview.campaigns);
      const last = overview.campaigns.at(-1);
      const isFull = overview.campaigns.length === size;
      return accept({
        campaigns: listed.map((one) => ({
          ...campaignJson(one.campaign),
          ...childrenJson(one),
          stalled: stallInAny(overview, one),
        })),
        total: overview.total,
        next: after === undefined && page * size < overview.total ? page + 1 : null,
        nextCursor: isFull && last !== undefined ? `${last.createdAt}~${last.id}` : null,
        rollbacks: overview.rollbacks.map(({ number, rollback: its }) => ({
          number,
          ...rollbackJson(its),
        })),
        halts: overview.suspensions.map(({ number, suspension: its }) => ({
          number,
          ...suspensionJson(its),
        })),
      });
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/campaigns/{id}", name: "showCampaign", tag: TAG },
      ...{ summary: "One campaign", role: "viewer", answer: campaign },
      problems: ["no_such_campaign", "campaign_other_mode"],
    },
    async ({ access, part }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      const { campaign: its } = found.value;
      const obstacles = await readCampaignView(found.value, unsafe()?.message);
      return accept({
        ...campaignJson(its),
        ...childrenJson(found.value),
        now: nowJson(obstacles),
        failures: failuresJson(its, obstacles.failures),
        stalled: obstacles.stall ?? null,
        furtherTries: furtherTriesJson(obstacles.tries),
        halt: suspensionJson(obstacles.suspension),
        rollback: rollbackJson(obstacles.rollback),
        ...budgetJson(obstacles.budget),
        pace: paceJson(obstacles.rates),
        ...webhookTroublesJson(obstacles.webhooks),
      });
    },
  );

  for (const verb of ["pause", "cancel"] as const) {
    const [summary, refusal] = CONTROLS[verb];
    route(
      {
        ...{ method: "post", path: `/api/campaigns/{id}/${verb}`, name: `${verb}Campaign` },
        ...{ tag: TAG, summary, role: "operator", answer: controlled, page: campaignPage },
        description: REACHED,
        problems: [refusal, ...CONTROL_PROBLEMS],
      },
      async ({ access, by, part }) => {
        const found = await findCampaign(visibleStores(stores, access), part("id"));
        if (!found.ok) return found;
        return controlCampaign(found.value, verb, by);
      },
    );
  }

  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/approve", name: "approveCampaign", tag: TAG },
      ...{ summary: "Lets a campaign start that waits for a second person", role: "operator" },
      description: `By another user than the one who started it. ${REACHED}`,
      ...{ body: approveBody, form: approveForm, answer: controlled, page: campaignPage },
      problems: [
        ...(["approval_needs_user", "approval_same_person", "approval_not_needed"] as const),
        "approval_other_count",
        ...CONTROL_PROBLEMS,
      ],
    },
    async ({ access, by, part, body }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      return found.ok ? approveCampaign(found.value, by, body?.expect) : found;
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/resume", name: "resumeCampaign", tag: TAG },
      ...{ summary: "Continues a paused campaign, and lifts the suspension of its number." },
      description: `\`probe\`: so many messages go first, and the rest only if they get through. ${REACHED}`,
      ...{ role: "operator", body: resumeBody, form: resumeForm },
      ...{ answer: controlled, page: campaignPage },
      problems: [
        "cannot_resume",
        "approval_needed",
        "probe_not_possible",
        "probe_before_start",
        ...CONTROL_PROBLEMS,
      ],
    },
    async ({ access, by, part, body }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      return body?.probe === undefined
        ? controlCampaign(found.value, "resume", by)
        : probeCampaign(found.value, body.probe, by);
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/rate", name: "setCampaignRate", tag: TAG },
      ...{ summary: "Changes how fast a campaign is sent, from now on", role: "operator" },
      description:
        "`ratePerSecond`: messages a second over all workers; null: the rate of its number; ends a ramp. `reset`: the rate and ramp of its file.",
      body: rateBody,
      answer: z.object({ id: campaignId, ratePerSecond, rampUp }),
      problems: CONTROL_PROBLEMS,
    },
    async ({ access, by, part, body }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      return body.ratePerSecond === undefined
        ? resetCampaignRate(found.value, by)
        : setCampaignRate(found.value, body.ratePerSecond, by);
    },
  );
}

function readCursor(text: string): { createdAt: number; id: string } {
  const [at, id = ""] = text.split("~");
  return { createdAt: Number(at), id };
}

export function campaignPage({ id }: { id: string }): string {
  return `/campaigns/${id}`;
}
