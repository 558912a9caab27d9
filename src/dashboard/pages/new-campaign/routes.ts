/**
 * A new campaign in steps (`/new`), each a form that works without a script. What was entered is a
 * draft beside its list (api/drafts.ts); each step is judged by the code that reads campaign files
 * and lists, and does what an address of the API does.
 */
import type { Hono } from "hono";
import {
  type ApiContext,
  type ApiEnv,
  refuseRole,
  seesNumber,
  visibleStores,
} from "../../../api/access.ts";
import { findCampaign } from "../../../campaigns/find.ts";
import { readContent } from "../../../config/campaign-file.ts";
import { campaignText } from "../../../config/campaign-text.ts";
import { contentOf } from "../../../core/campaign-content.ts";
import type { JsonObject } from "../../../core/json.ts";
import { accept, type Refusal, type Result } from "../../../core/refusal.ts";
import { describeRefusal } from "../../../core/refusals.ts";
import { toProblem } from "../../../http/problem.ts";
import { page } from "../layout.ts";
import { withValue } from "./content.ts";
import type { NewCampaignDeps, StepDeps } from "./deps.ts";
import { fileMain } from "./file.ts";
import { addReadingSteps } from "./reading-steps.ts";
import { addSendingSteps } from "./sending-steps.ts";
import { stepUrl } from "./steps.ts";

export function addNewCampaignPages(app: Hono<ApiEnv>, deps: NewCampaignDeps): void {
  const { stores, answer, drafting } = deps;
  const { drafts } = drafting;
  const steps: StepDeps = {
    ...deps,
    async find(context) {
      const may = refuseRole(context.get("access"), "operator");
      if (may !== null) return may;
      const draft = await drafts.find(context.req.param("id") ?? "", context.get("access").who);
      return draft === undefined ? drafting.refuseNoDraft() : accept(draft);
    },
    refuse: (context, refused) => answer(context, toProblem(refused)),
    numbersOf: (context) =>
      drafting.numbers.filter((name) => seesNumber(context.get("access"), name)),
  };

  async function firstPage(context: ApiContext, from: string | null, refusal?: Refusal) {
    const main = fileMain({
      drafts: await drafts.list(context.get("access").who),
      from,
      ...(refusal === undefined ? {} : { refusal }),
    });
    const status = refusal === undefined ? 200 : describeRefusal(refusal.code).http;
    return page(context, { title: "New campaign", kind: "still", main, status });
  }

  app.get("/new", async (context) => {
    const may = refuseRole(context.get("access"), "operator");
    if (may !== null) return steps.refuse(context, may);
    const from = context.req.query("from") ?? null;
    const copied = await contentToBegin(context, { from, campaign: null });
    return copied.ok ? firstPage(context, from) : steps.refuse(context, copied);
  });

  app.post("/new", async (context) => {
    const may = refuseRole(context.get("access"), "operator");
    if (may !== null) return steps.refuse(context, may);
    const received = await drafting.receive(context);
    if (!received.ok) return firstPage(context, null, received.refusal);
    const { list, from } = received.value;
    const content = await contentToBegin(context, received.value);
    if (!content.ok) {
      await drafting.removeList(list);
      return firstPage(context, null, content.refusal);
    }
    await drafts.save({ list, content: content.value, start: null, from });
    return context.redirect(stepUrl({ list }, "list"), 303);
  });

  /** Of the campaign that is copied, of the file that was sent, or nearly nothing. */
  async function contentToBegin(
    context: ApiContext,
    given: {
      readonly from: string | null;
      readonly campaign: { readonly bytes: Buffer; readonly name: string } | null;
    },
  ): Promise<Result<JsonObject>> {
    const { from, campaign } = given;
    if (campaign !== null) return readContent(campaign.bytes, campaign.name);
    if (from === null) {
      const [only, ...others] = steps.numbersOf(context);
      return accept(only === undefined || others.length > 0 ? {} : { number: only });
    }
    const found = await findCampaign(visibleStores(stores, context.get("access")), from);
    if (!found.ok) return found;
    const stored = await found.value.store.corrections.campaign(found.value.campaign.id);
    return accept(stored === undefined ? {} : contentOf(stored.definition));
  }

  addReadingSteps(app, steps);
  addSendingSteps(app, steps);

  app.get("/new/:id/campaign.yaml", async (context) => {
    const draft = await steps.find(context);
    if (!draft.ok) return steps.refuse(context, draft);
    const { list, content } = draft.value;
    const named = withValue(content, ["recipients", "file"], list.name);
    return context.body(campaignText(named), 200, {
      "content-type": "application/yaml; charset=utf-8",
      "content-disposition": 'attachment; filename="campaign.yaml"',
    });
  });

  app.get("/new/:id/rejects.csv", async (context) => {
    const draft = await steps.find(context);
    if (!draft.ok) return steps.refuse(context, draft);
    return drafting.rejectsResponse(drafting.rejectsPath(draft.value.list));
  });

  app.post("/new/:id/discard", async (context) => {
    const draft = await steps.find(context);
    if (!draft.ok) return steps.refuse(context, draft);
    if (!drafting.isInUse(draft.value)) await drafting.removeList(draft.value.list);
    return context.redirect("/new", 303);
  });
}
