import { Hono } from "hono";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { Drafting } from "../../api/api.ts";
import type { Stores } from "../../campaigns/find.ts";
import { readOverview } from "../../campaigns/overview.ts";
import { addActionsPages } from "./actions.ts";
import { addCampaignPages } from "./campaign/routes.ts";
import { campaignListPage } from "./campaign-list.ts";
import { type Html, page } from "./layout.ts";
import { addNewCampaignPages } from "./new-campaign/routes.ts";
import { addResolvePages } from "./resolve.ts";

const CAMPAIGNS_A_PAGE = 50;

/** Pages are complete without a script: every figure is in the HTML. */
export function createPages(input: {
  stores: Stores;
  answer: Answer;
  /** Why Redis is unsafe and nothing is sent; undefined while it is safe. */
  unsafe: () => string | undefined;
  /** The description of the HTTP API. */
  apiPage: () => Html;
  drafting: Drafting;
}): Hono<ApiEnv> {
  const { stores, answer, unsafe, apiPage, drafting } = input;
  const pages = new Hono<ApiEnv>();

  pages.get("/", async (context) => {
    const asked = context.req.query("page") ?? "";
    const shown = {
      page: /^[1-9]\d{0,3}$/.test(asked) ? Number(asked) : 1,
      size: CAMPAIGNS_A_PAGE,
    };
    const access = context.get("access");
    const all = await readOverview(visibleStores(stores, access), shown);
    // A recurring campaign file is of no number until it has run.
    const overview = access.numbers === null ? all : { ...all, recurring: [] };
    return page(context, campaignListPage(overview, shown));
  });

  addCampaignPages(pages, { stores, answer, unsafe });

  addActionsPages(pages, { stores, answer });
  addResolvePages(pages, { stores, answer });
  addNewCampaignPages(pages, { stores, answer, drafting });

  pages.get("/api/docs", (context) =>
    page(context, { title: "HTTP API", kind: "still", main: apiPage() }),
  );

  return pages;
}
