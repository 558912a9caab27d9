import { z } from "@hono/zod-openapi";
import { findCampaign, type Stores } from "../campaigns/find.ts";
import { moveRows, previewMove } from "../campaigns/pools/move.ts";
import { visibleStores } from "./access.ts";
import { campaignPage } from "./campaigns.ts";
import type { Router } from "./route.ts";
import { campaignId } from "./schemas.ts";

const number = z.string().min(1).max(64);

const moveBody = z.strictObject({
  from: number.openapi({ description: "The number whose rows go; its campaign is paused." }),
  to: number.openapi({ description: "The number of the same campaign that gets them." }),
  dryRun: z.boolean().optional().openapi({ description: "Only says what it would do." }),
});

/** The form of the page of a pool. */
function moveForm(fields: URLSearchParams): unknown {
  return { from: fields.get("from") ?? "", to: fields.get("to") ?? "" };
}

const moved = z
  .object({
    ...{ id: campaignId, from: campaignId, to: z.string() },
    rows: z.int().openapi({ description: "Rows that were never tried: they go." }),
    tried: z.int().openapi({ description: "Rows that wait and were tried: they are not sent." }),
    campaign: campaignId.nullable().openapi({
      description: "The campaign that has the rows; null: not moved yet, a worker goes on with it.",
    }),
  })
  .openapi("Moved");

/** Moves between the numbers of one campaign. */
export function addMoves({ route }: Router, { stores }: { readonly stores: Stores }): void {
  route(
    {
      ...{ method: "post", path: "/api/campaigns/{id}/move", name: "moveRows", tag: "Campaigns" },
      ...{ summary: "Gives untried rows of one number of a pool to another", role: "operator" },
      description:
        "The campaign of `from` must be paused. It is cancelled for good, and its rows that were never tried become a campaign of `to`.",
      ...{ body: moveBody, form: moveForm, answer: moved, page: campaignPage },
      problems: [
        ...(["dashboard_body_invalid", "no_such_campaign", "campaign_other_mode"] as const),
        ...(["pool_incomplete", "move_not_possible", "move_not_paused", "move_nothing"] as const),
        "redis_unconfirmed",
      ],
    },
    async ({ access, by, part, body }) => {
      const found = await findCampaign(visibleStores(stores, access), part("id"));
      if (!found.ok) return found;
      const { dryRun = false, ...wanted } = body;
      return dryRun ? previewMove(found.value, wanted) : moveRows(found.value, wanted, by);
    },
  );
}
