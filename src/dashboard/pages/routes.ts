import { Hono } from "hono";
import { type ApiEnv, visibleStores } from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { Drafting } from "../../api/api.ts";
import { findCampaign, type Stores } from "../../campaigns/find.ts";
import { readObstacles, readOverview } from "../../campaigns/overview.ts";
import { previewRetry } from "../../campaigns/retry.ts";
import { failureReasons } from "../../core/failure.ts";
import { type Refused, refuse } from "../../core/refusal.ts";
import { toProblem } from "../../http/problem.ts";
import { addActionsPages } from "./actions.ts";
import { readActs } from "./acts.ts";
import { campaignPage } from "./campaign.ts";
import { campaignListPage } from "./campaign-list.ts";
import { type Html, page } from "./layout.ts";
import { addNewCampaignPages } from "./new-campaign/routes.ts";
import { addResolvePages } from "./resolve.ts";
import { retryPage } from "./retry.ts";

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

  pages.get("/campaigns/:id", async (context) => {
    const found = await findCampaign(
      visibleStores(stores, context.get("access")),
      context.req.param("id"),
    );
    if (!found.ok) return answer(context, toProblem(found));
    const [obstacles, acts] = await Promise.all([
      readObstacles(found.value),
      readActs(found.value),
    ]);
    return page(context, campaignPage(found.value, { ...obstacles, acts, unsafe: unsafe() }));
  });

  pages.get("/campaigns/:id/retry", async (context) => {
    const found = await findCampaign(
      visibleStores(stores, context.get("access")),
      context.req.param("id"),
    );
    if (!found.ok) return answer(context, toProblem(found));
    const codes = context.req.queries("code") ?? [];
    if (!codes.every((code) => /^\d{1,8}$/.test(code))) {
      return answer(context, toProblem(refuseCodes()));
    }
    const reasons = failureReasons(context.req.queries("reason") ?? []);
    if (!reasons.ok) return answer(context, toProblem(reasons));
    const filter = { codes: new Set(codes.map(Number)), reasons: reasons.value };
    const [preview, pace] = await Promise.all([
      previewRetry(found.value, filter),
      found.value.store.pace.read(),
    ]);
    if (!preview.ok) return answer(context, toProblem(preview));
    return page(context, retryPage(found.value, { filter, preview: preview.value, pace }));
  });

  addActionsPages(pages, { stores, answer });
  addResolvePages(pages, { stores, answer });
  addNewCampaignPages(pages, { stores, answer, drafting });

  pages.get("/api/docs", (context) =>
    page(context, { title: "HTTP API", kind: "still", main: apiPage() }),
  );

  return pages;
}

function refuseCodes(): Refused {
  return refuse(
    "dashboard_query_invalid",
    "The address does not name error codes: code is a number, and may occur several times.",
    "Open it from the page of the campaign.",
  );
}
