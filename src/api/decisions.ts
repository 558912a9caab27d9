import { z } from "@hono/zod-openapi";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { ALL_ROWS, resolveRow, resolveRows } from "../campaigns/resolve.ts";
import { retryCampaign } from "../campaigns/retry.ts";
import { DECISIONS, type RowRange } from "../core/action.ts";
import { failureReasons, NOT_RETRIED } from "../core/failure.ts";
import { visibleStores } from "./access.ts";
import { campaignPage } from "./campaigns.ts";
import type { Router } from "./route.ts";
import { campaignId, failure, state, time } from "./schemas.ts";

const TAG = "Messages";

const retryBody = z
  .strictObject({
    codes: z.array(z.int().nonnegative()).min(1).optional(),
    reasons: z.array(z.string()).min(1).optional(),
    dryRun: z.boolean().optional(),
  })
  .refine((body) => Object.keys(body).length > 0)
  .optional();

const retried = z
  .object({
    id: campaignId,
    retried: z.int(),
    matching: z.int(),
    dryRun: z.boolean(),
    byCode: z.array(failure).readonly(),
    left: z.record(z.enum(NOT_RETRIED), z.int()),
    leftOut: z.array(failure.extend({ why: z.enum(NOT_RETRIED) })).readonly(),
    action: z.string().nullable().openapi({ description: "The bulk action that sends them." }),
    waiting: z.object({ count: z.int(), firstAt: time }).nullable().openapi({
      description: "Those that wait for `schedule.window`, and until when the first waits.",
    }),
  })
  .openapi("Retried");

const row = z.int().min(1);

/** One row, whose refusal says why it cannot be decided; or several, of which some may be. */
const resolveBody = z.union([
  z.strictObject({ decision: z.enum(DECISIONS), row }),
  z.strictObject({
    decision: z.enum(DECISIONS),
    rows: z.union([
      z.literal("all"),
      z
        .array(z.union([row, z.tuple([row, row])]))
        .min(1)
        .max(1_000),
    ]),
    confirm: z.int().optional().openapi({
      description: "For `all` and `resend`: exactly how many people may get the message twice.",
    }),
  }),
]);

const resolved = z.union([
  z.object({ id: campaignId, row: z.int(), state }),
  z.object({
    ...{ id: campaignId, decision: z.enum(DECISIONS), rows: z.array(z.int()).readonly() },
    action: z.string().nullable(),
  }),
]);

/** What a person decides about messages that failed, or whose outcome is unknown. */
export function addDecisions({ route }: Router, { stores }: { readonly stores: Stores }): void {
  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/retry", name: "retryCampaign", tag: TAG },
      ...{ summary: "Sends failed messages again, by error code", role: "operator" },
      description:
        "`codes`: those error codes only (0: failures without one); `reasons`: failures without a code for these reasons; neither: all for which it may help. `dryRun` only counts.",
      ...{ body: retryBody, form: retryForm, answer: retried, page: campaignPage },
      problems: [
        ...(["dashboard_body_invalid", "no_such_campaign", "campaign_other_mode"] as const),
        ...(["campaign_closed", "rows_deleted", "retry_opted_out"] as const),
        ...(["retry_unknown_reason", "actions_too_many", "redis_unconfirmed"] as const),
      ],
    },
    async ({ access, by, part, body }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      const reasons = failureReasons(body?.reasons ?? []);
      if (!reasons.ok) return reasons;
      const filter = { codes: new Set(body?.codes), reasons: reasons.value };
      return retryCampaign(found.value, { ...filter, mode: body?.dryRun ? "count" : "send" }, by);
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/resolve", name: "resolveMessages", tag: TAG },
      ...{ summary: "Decides the outcome of unknown messages", role: "operator" },
      description:
        "`row`: one, refused if it is not unknown; `rows`: numbers and ranges, or `all`: those that are not unknown stay as they are. `resend` takes the risk of a second message, and with `all` needs `confirm`.",
      ...{ body: resolveBody, form: resolveForm, answer: resolved, page: resolvedPage },
      problems: [
        ...(["dashboard_body_invalid", "no_such_campaign", "campaign_other_mode"] as const),
        ...(["campaign_closed", "rows_deleted", "no_such_row", "row_not_unknown"] as const),
        ...(["actions_too_many", "action_not_confirmed", "redis_unconfirmed"] as const),
      ],
    },
    async ({ access, by, part, body }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      if ("row" in body) return resolveRow(found.value, body.row, body.decision, by);
      const { rows, decision, confirm = null } = body;
      const isRisky = rows === "all" && decision === "resend";
      const confirmed = isRisky ? { confirm } : {};
      return resolveRows(found.value, rangesOf(rows), decision, by, confirmed);
    },
  );
}

function rangesOf(rows: "all" | readonly (number | [number, number])[]): RowRange[] {
  if (rows === "all") return [ALL_ROWS];
  return rows.map((one) => (typeof one === "number" ? [one, one] : one));
}

/** The form of the page of a message. */
function resolveForm(fields: URLSearchParams): unknown {
  return { row: Number(fields.get("row")), decision: fields.get("decision") };
}

function resolvedPage(value: z.input<typeof resolved>): string {
  return "row" in value ? `/campaigns/${value.id}/messages/${value.row}` : campaignPage(value);
}

/** A form of our pages has codes as fields `code`, and reasons as fields `reason`. */
function retryForm(fields: URLSearchParams): unknown {
  const [codes, reasons] = [fields.getAll("code"), fields.getAll("reason")];
  if (codes.length + reasons.length === 0) return undefined;
  return {
    ...(codes.length === 0
      ? {}
      : { codes: codes.map((text) => (/^\d{1,8}$/.test(text) ? Number(text) : text)) }),
    ...(reasons.length === 0 ? {} : { reasons }),
  };
}
