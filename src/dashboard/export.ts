import { Hono } from "hono";
import { stream } from "hono/streaming";
import { exportRows, refuseDeletedRows } from "../export/export-rows.ts";
import type { Answer } from "./answer.ts";
import type { Campaigns } from "./campaigns.ts";
import { problem } from "./problem.ts";
import { statusOf } from "./refusal-status.ts";

/** Every row with all its columns, streamed, so that a list of any size needs no memory. */
export function createExport(input: { campaigns: Campaigns; answer: Answer }): Hono {
  const { campaigns, answer } = input;
  const app = new Hono();
  app.get("/api/campaigns/:id/export.csv", async (context) => {
    const id = context.req.param("id");
    const found = await campaigns.find(id);
    if (!found.ok) return answer(context, problem(statusOf(found.refusal.code), found));
    const { campaign, store } = found.value;
    if (campaign.rowsDeletedAt !== null) {
      const refused = refuseDeletedRows(id);
      return answer(context, problem(statusOf(refused.refusal.code), refused));
    }
    context.header("content-type", "text/csv; charset=utf-8");
    context.header("content-disposition", `attachment; filename="${id}.csv"`);
    return stream(context, async (file) => {
      const all = exportRows({
        store,
        campaign,
        format: "csv",
        states: new Set(),
        delimiter: null,
      });
      for await (const text of all) {
        if (file.aborted) return;
        await file.write(text);
      }
    });
  });
  return app;
}
