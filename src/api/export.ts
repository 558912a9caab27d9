import { stream } from "hono/streaming";
import { findRows, type Stores } from "../campaigns/find.ts";
import { exportRows } from "../export/export-rows.ts";
import { toProblem } from "../http/problem.ts";
import { visibleStores } from "./access.ts";
import type { Answer } from "./answer.ts";
import type { Router } from "./route.ts";

/** Every row with all columns, streamed, so that memory does not grow with the list. */
export function addExport(
  { raw }: Router,
  { stores, answer }: { readonly stores: Stores; readonly answer: Answer },
): void {
  raw(
    {
      ...{ method: "get", path: "/api/campaigns/{id}/export.csv", name: "exportCampaign" },
      ...{ tag: "Messages", summary: "Every row with all columns, as CSV", role: "viewer" },
      answers: {
        200: { description: "The rows.", content: { "text/csv": { schema: { type: "string" } } } },
      },
      problems: ["no_such_campaign", "campaign_other_mode", "rows_deleted"],
    },
    async (context) => {
      const id = context.req.param("id") ?? "";
      const found = await findRows(visibleStores(stores, context.get("access")), id);
      if (!found.ok) return answer(context, toProblem(found));
      const { campaign, store } = found.value;
      context.header("content-type", "text/csv; charset=utf-8");
      context.header("content-disposition", `attachment; filename="${id}.csv"`);
      return stream(context, async (file) => {
        const all = exportRows({
          ...{ store, campaign, format: "csv", states: new Set(), delimiter: null },
        });
        for await (const text of all) {
          if (file.aborted) return;
          await file.write(text);
        }
      });
    },
  );
}
