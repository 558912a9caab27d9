import { Hono } from "hono";
import { stream } from "hono/streaming";
import { findRows, type Stores } from "../campaigns/find.ts";
import { exportRows } from "../export/export-rows.ts";
import { toProblem } from "../http/problem.ts";
import type { Answer } from "./answer.ts";

/** Every row with all columns, streamed, so that memory does not grow with the list. */
export function createExport(input: { stores: Stores; answer: Answer }): Hono {
  const { stores, answer } = input;
  const app = new Hono();
  app.get("/api/campaigns/:id/export.csv", async (context) => {
    const id = context.req.param("id");
    const found = await findRows(stores, id);
    if (!found.ok) return answer(context, toProblem(found));
    const { campaign, store } = found.value;
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
