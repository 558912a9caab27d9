import { Hono } from "hono";
import { html } from "hono/html";
import type { Answer } from "../../api/answer.ts";
import { findCampaign, type Stores } from "../../campaigns/find.ts";
import { readObstacles, readOverview } from "../../campaigns/overview.ts";
import { toProblem } from "../../http/problem.ts";
import { readActs } from "./acts.ts";
import { campaignPage } from "./campaign.ts";
import { campaignListPage } from "./campaign-list.ts";
import { type Html, layout } from "./layout.ts";

const CAMPAIGNS_A_PAGE = 50;

/** Pages are complete without a script: every figure is in the HTML. */
export function createPages(input: {
  stores: Stores;
  answer: Answer;
  /** Why Redis is unsafe and nothing is sent; undefined while it is safe. */
  unsafe: () => string | undefined;
  /** The description of the HTTP API. */
  apiPage: () => Html;
}): Hono {
  const { stores, answer, unsafe, apiPage } = input;
  const pages = new Hono();

  pages.get("/", async (context) => {
    const asked = context.req.query("page") ?? "";
    const shown = {
      page: /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : 1,
      size: CAMPAIGNS_A_PAGE,
    };
    const overview = await readOverview(stores, shown);
    return context.html(html`${campaignListPage(overview, { ...shown, unsafe: unsafe() })}`);
  });

  pages.get("/campaigns/:id", async (context) => {
    const found = await findCampaign(stores, context.req.param("id"));
    if (!found.ok) return answer(context, toProblem(found));
    const [obstacles, acts] = await Promise.all([
      readObstacles(found.value),
      readActs(found.value),
    ]);
    return context.html(
      html`${campaignPage(found.value, { ...obstacles, acts, unsafe: unsafe() })}`,
    );
  });

  pages.get("/api/docs", (context) =>
    context.html(html`${layout({ title: "HTTP API", kind: "still", main: apiPage() })}`),
  );

  return pages;
}
