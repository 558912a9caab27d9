import { Hono } from "hono";
import { html } from "hono/html";
import type { Answer } from "../answer.ts";
import type { Campaigns } from "../campaigns.ts";
import { problem } from "../problem.ts";
import { statusOf } from "../refusal-status.ts";
import { campaignPage } from "./campaign.ts";
import { campaignListPage } from "./campaign-list.ts";

/** Pages are whole without a script: every figure is in the HTML. */
export function createPages(input: { campaigns: Campaigns; answer: Answer }): Hono {
  const { campaigns, answer } = input;
  const pages = new Hono();

  pages.get("/", async (context) => {
    const page = /^[1-9]\d{0,5}$/.test(context.req.query("page") ?? "")
      ? Number(context.req.query("page"))
      : 1;
    return context.html(html`${campaignListPage(await campaigns.overview(), page)}`);
  });

  pages.get("/campaigns/:id", async (context) => {
    const found = await campaigns.find(context.req.param("id"));
    if (!found.ok) return answer(context, problem(statusOf(found.refusal.code), found));
    const exportLink = found.value.campaign.rowsDeletedAt === null;
    return context.html(html`${campaignPage(found.value, { exportLink })}`);
  });

  return pages;
}
