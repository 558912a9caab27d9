import type { Hono } from "hono";
import { type ApiContext, type ApiEnv, visibleStores } from "../../../api/access.ts";
import type { Answer } from "../../../api/answer.ts";
import { type CampaignView, readCampaignView } from "../../../campaigns/campaign-view.ts";
import { type FoundCampaign, findCampaign, type Stores } from "../../../campaigns/find.ts";
import { readStanding } from "../../../campaigns/pools/standing.ts";
import { previewRetry } from "../../../campaigns/retry.ts";
import { includesRole } from "../../../core/access.ts";
import { failureReasons, type RetryFilter } from "../../../core/failure.ts";
import { accept, type Result, refuse } from "../../../core/refusal.ts";
import { toProblem } from "../../../http/problem.ts";
import { page } from "../layout.ts";
import { campaignPage } from "./page.ts";
import { retryPage } from "./retry.ts";
import { readUnknownRows, UNKNOWN_SHOWN, unknownPage } from "./unknown.ts";

/** The pages of one campaign. What the reader may not see answers as if it did not exist. */
export function addCampaignPages(
  app: Hono<ApiEnv>,
  deps: {
    readonly stores: Stores;
    readonly answer: Answer;
    /** Why Redis is unsafe and nothing is sent; undefined while it is safe. */
    readonly unsafe: () => string | undefined;
  },
): void {
  const { stores, answer, unsafe } = deps;

  /** Answers with the page, or with the refusal of one of its parts. */
  function add(
    path: string,
    show: (
      found: FoundCampaign,
      context: ApiContext,
    ) => Promise<Result<Parameters<typeof page>[1]>>,
  ): void {
    app.get(path, async (context) => {
      const visible = visibleStores(stores, context.get("access"));
      const found = await findCampaign(visible, context.req.param("id") ?? "");
      const shown = found.ok ? await show(found.value, context) : found;
      return shown.ok ? page(context, shown.value) : answer(context, toProblem(shown));
    });
  }

  /** The pool that it is a part of, if the reader may see all of its numbers. */
  async function seenPool(
    { campaign, store }: FoundCampaign,
    context: ApiContext,
  ): Promise<string | null> {
    if (campaign.pool === null) return null;
    const visible = visibleStores(stores, context.get("access"));
    const pool = await store.pools.find(campaign.pool);
    const seesAll = pool?.members.every(({ number }) => Object.hasOwn(visible, number)) ?? false;
    return seesAll ? campaign.pool : null;
  }

  /** Of a campaign that stands still: where its rows may be moved. */
  async function readMovable(
    { campaign: { status } }: FoundCampaign,
    { suspension }: CampaignView,
    partOf: string | null,
  ) {
    const stands = status === "paused" || (status === "running" && suspension !== undefined);
    const found = partOf === null || !stands ? null : await findCampaign(stores, partOf);
    if (found?.ok !== true) return null;
    return { pool: found.value, standing: await readStanding(found.value) };
  }

  add("/campaigns/:id", async (found, context) => {
    const [view, oldestUnknown, partOf] = await Promise.all([
      readCampaignView(found, unsafe()),
      readUnknownRows(found, { from: 0, max: UNKNOWN_SHOWN }),
      seenPool(found, context),
    ]);
    const hasNumbers = context.get("frame")?.hasPage("/numbers") === true;
    const acts = mayAct(context);
    const within = acts ? await readMovable(found, view, partOf) : null;
    return accept(
      campaignPage(found, {
        ...{ ...view, oldestUnknown, partOf, within, mayAct: acts, hasNumbers },
      }),
    );
  });

  add("/campaigns/:id/unknown", async (found, context) => {
    const from = context.req.query("from") ?? "";
    return accept(await unknownPage(found, /^\d{1,8}$/.test(from) ? Number(from) : 0));
  });

  add("/campaigns/:id/retry", async (found, context) => {
    const filter = readFilter(context);
    if (!filter.ok) return filter;
    const [preview, view] = await Promise.all([
      previewRetry(found, filter.value),
      readCampaignView(found, unsafe()),
    ]);
    if (!preview.ok) return preview;
    return accept(
      retryPage(found, {
        ...{ filter: filter.value, preview: preview.value, view, mayAct: mayAct(context) },
      }),
    );
  });
}

function mayAct(context: ApiContext): boolean {
  return includesRole(context.get("access").role, "operator");
}

/** Error codes and reasons of the address. */
function readFilter(context: ApiContext): Result<RetryFilter> {
  const codes = context.req.queries("code") ?? [];
  if (!codes.every((code) => /^\d{1,8}$/.test(code))) {
    return refuse(
      "dashboard_query_invalid",
      "The address does not name error codes: code is a number, and may occur several times.",
      "Open it from the page of the campaign.",
    );
  }
  const reasons = failureReasons(context.req.queries("reason") ?? []);
  if (!reasons.ok) return reasons;
  return accept({ codes: new Set(codes.map(Number)), reasons: reasons.value });
}
