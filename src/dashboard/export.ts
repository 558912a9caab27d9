import { Hono } from "hono";
import { stream } from "hono/streaming";
import type { CampaignRow } from "../store/row-reader.ts";
import type { Answer } from "./answer.ts";
import type { Campaigns } from "./campaigns.ts";
import { problem } from "./problem.ts";
import { statusOf } from "./refusal-status.ts";

/** Writes rows as CSV; the pieces in their order make the whole file. */
export type ExportFormat = (columns: readonly string[]) => Promise<{
  head(): string;
  rows(rows: readonly CampaignRow[]): string;
  tail(): string;
}>;

const ROWS_AT_ONCE = 500;

/** Every row with all its columns, streamed, so that a list of any size needs no memory. */
export function createExport(input: {
  campaigns: Campaigns;
  answer: Answer;
  exportFormat: ExportFormat;
}): Hono {
  const { campaigns, answer, exportFormat } = input;
  const app = new Hono();
  app.get("/api/campaigns/:id/export.csv", async (context) => {
    const id = context.req.param("id");
    const found = await campaigns.find(id);
    if (!found.ok) return answer(context, problem(statusOf(found.refusal.code), found));
    const { campaign, store } = found.value;
    const columns = (await store.campaigns.toSend(id))?.columns ?? [];
    const format = await exportFormat(columns);
    context.header("content-type", "text/csv; charset=utf-8");
    context.header("content-disposition", `attachment; filename="${id}.csv"`);
    return stream(context, async (file) => {
      await file.write(format.head());
      let waiting: CampaignRow[] = [];
      for await (const row of store.rows.all(id, campaign.rows)) {
        if (file.aborted) return;
        if (waiting.push(row) < ROWS_AT_ONCE) continue;
        await file.write(format.rows(waiting));
        waiting = [];
      }
      await file.write(format.rows(waiting) + format.tail());
    });
  });
  return app;
}
