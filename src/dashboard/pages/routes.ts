import { Hono } from "hono";
import type { ApiEnv } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { Drafting } from "../../api/api.ts";
import type { Stores } from "../../campaigns/find.ts";
import { addActionsPages } from "./actions.ts";
import { addCampaignPages } from "./campaign/routes.ts";
import { addCampaignListPages } from "./campaign-list.ts";
import { type Html, page } from "./layout.ts";
import { addNewCampaignPages } from "./new-campaign/routes.ts";
import { addResolvePages } from "./resolve.ts";

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

  addCampaignListPages(pages, { stores });

  addCampaignPages(pages, { stores, answer, unsafe });

  addActionsPages(pages, { stores, answer });
  addResolvePages(pages, { stores, answer });
  addNewCampaignPages(pages, { stores, answer, drafting });

  pages.get("/api/docs", (context) =>
    page(context, { title: "HTTP API", kind: "still", main: apiPage() }),
  );

  return pages;
}
