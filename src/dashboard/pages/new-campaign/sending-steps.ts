import type { Hono } from "hono";
import { html } from "hono/html";
import type { ApiContext, ApiEnv } from "../../../api/access.ts";
import { actorOf, seesNumber } from "../../../api/access.ts";
import type { Draft } from "../../../api/api.ts";
import type { Refusal } from "../../../core/refusal.ts";
import { describeRefusal } from "../../../core/refusals.ts";
import { numberOfCampaign } from "../../../store/index.ts";
import { readFields } from "../form-fields.ts";
import type { Html } from "../layout.ts";
import { checkCards, mistakesCard } from "./check.ts";
import type { StepDeps } from "./deps.ts";
import { type Judged, judge, problemsOf } from "./problems.ts";
import { sendingCard, startProblem, typedSending } from "./sending.ts";
import { startStep } from "./start.ts";
import { refusalBox, stepPage, stepUrl } from "./steps.ts";
import { testStep } from "./test.ts";

/** Seconds until a page that shows a running check looks again. */
const LOOK_AGAIN = "2";

/** The steps from the check of the whole list to its start. */
export function addSendingSteps(app: Hono<ApiEnv>, deps: StepDeps): void {
  const { drafting, find, refuse, stores, secondPersonAbove } = deps;
  const { drafts, checks, mode, test } = drafting;

  app.get("/new/:id/check", async (context) => {
    const draft = await find(context);
    return draft.ok ? checkPage(context, draft.value) : refuse(context, draft);
  });

  /** The settings that the check depends on; or another check with the same. */
  app.post("/new/:id/check", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    const read = await readFields(context);
    if (!read.ok) return refuse(context, read);
    const fields = read.value;
    if (fields.get("go") === "again") {
      checks.again(drafting.requestFor(draft.value, context.get("access")));
    } else {
      await drafts.save(typedSending(draft.value, fields));
    }
    return context.redirect(stepUrl(draft.value, "check"), 303);
  });

  function checkPage(context: ApiContext, draft: Draft) {
    const judged = judgeAll(draft);
    if (!judged.ok) {
      const problems = problemsOf(judged.mistakes, "check");
      const body = [mistakesCard(draft, judged.mistakes), sendingCard(draft, problems)];
      return stepPage(context, draft, "check", { body });
    }
    const check = checks.look(drafting.requestFor(draft, context.get("access")));
    // A page that looks again by itself would take away what is being typed.
    const isDone = check.kind === "done";
    if (!isDone) context.header("refresh", LOOK_AGAIN);
    const body = [checkCards(draft, check), ...(isDone ? [sendingCard(draft, new Map())] : [])];
    return stepPage(context, draft, "check", { body });
  }

  app.get("/new/:id/test", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    const body = testStep({
      ...{ draft: draft.value, mode, typed: { to: "", row: "1" }, problems: new Map() },
      sent: await sentTest(context),
    });
    return stepPage(context, draft.value, "test", { body });
  });

  /** The test message that the address names. */
  async function sentTest(context: ApiContext) {
    const id = context.req.query("sent") ?? "";
    const number = numberOfCampaign(id);
    if (number === undefined || !seesNumber(context.get("access"), number)) return null;
    const store = Object.hasOwn(stores, number) ? stores[number] : undefined;
    const found = store === undefined ? undefined : await drafting.readTest(store, id);
    return found === undefined ? null : { id, ...found };
  }

  app.post("/new/:id/test", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    const read = await readFields(context);
    if (!read.ok) return refuse(context, read);
    const fields = read.value;
    const typed = { to: (fields.get("to") ?? "").trim(), row: (fields.get("row") ?? "").trim() };
    const judged = judgeAll(draft.value);
    if (!judged.ok) {
      const body = mistakesCard(draft.value, judged.mistakes);
      return stepPage(context, draft.value, "test", { body, status: 422 });
    }
    const problems = new Map<string, string[]>();
    if (!/^[1-9]\d{0,8}$/.test(typed.row)) problems.set("row", ["must be a number from 1"]);
    if (problems.size === 0) {
      const access = context.get("access");
      const request = drafting.requestFor(draft.value, access);
      const given = { to: typed.to, row: Number(typed.row), by: actorOf(access) };
      const sent = await test.send(request, given);
      if (sent.ok) {
        return context.redirect(`${stepUrl(draft.value, "test")}?sent=${sent.value.id}`, 303);
      }
      const field = TEST_FIELDS[sent.refusal.code] ?? "form";
      problems.set(field, [`${sent.refusal.message} ${sent.refusal.fix}`]);
    }
    const alert = (problems.get("form") ?? []).map(
      (words) => html`<section class="card alert" role="alert"><p>${words}</p></section>`,
    );
    const body = testStep({ draft: draft.value, mode, typed, problems, sent: null });
    return stepPage(context, draft.value, "test", { body: [...alert, body], status: 422 });
  });

  app.get("/new/:id/start", async (context) => {
    const draft = await find(context);
    return draft.ok ? startPage(context, draft.value, null) : refuse(context, draft);
  });

  app.post("/new/:id/start", async (context) => {
    const access = context.get("access");
    const read = await readFields(context);
    if (!read.ok) return refuse(context, read);
    const fields = read.value;
    const messages = Number(fields.get("messages") ?? Number.NaN);
    const id = context.req.param("id");
    const may = await find(context);
    // One that was started is gone; the second press of the button still gets its campaign.
    if (!may.ok && may.refusal.code !== "draft_unknown") return refuse(context, may);
    if (!Number.isSafeInteger(messages)) return context.redirect(`/new/${id}/start`, 303);
    const started = await drafting.start({ id, access, messages });
    if (started.kind === "started") return context.redirect(`/campaigns/${started.campaign}`, 303);
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    return startPage(context, draft.value, started.refused.refusal);
  });

  function startPage(context: ApiContext, draft: Draft, refusal: Refusal | null) {
    const refused = refusal === null ? [] : [refusalBox(refusal)];
    const status = refusal === null ? 200 : describeRefusal(refusal.code).http;
    const show = (body: Html) =>
      stepPage(context, draft, "start", { body: [...refused, body], status });
    const judged = judgeAll(draft);
    if (!judged.ok) {
      return show(mistakesCard(draft, judged.mistakes));
    }
    const check = checks.look(drafting.requestFor(draft, context.get("access")));
    if (check.kind === "done" && check.result.ok) {
      const { definition } = judged;
      const body = startStep({
        ...{ draft, mode, definition, secondPersonAbove },
        report: check.result.report,
      });
      return show(body);
    }
    if (check.kind !== "done" && refusal === null) context.header("refresh", LOOK_AGAIN);
    return show(checkCards(draft, check));
  }
}

const TEST_FIELDS: Readonly<Record<string, string>> = {
  phone_unreadable: "to",
  test_opted_out: "to",
  test_row_missing: "row",
  test_row_rejected: "row",
};

/** The campaign file, and the start in words that name what was typed. */
function judgeAll(draft: Draft): Judged {
  const judged = judge(draft.content);
  const problem = startProblem(draft);
  if (problem === null) return judged;
  const mistakes = judged.ok ? [] : judged.mistakes.filter(({ field }) => field !== "start");
  const start = {
    ...{ step: "check" as const, field: "start", message: problem },
    sentence: `The time to begin at ${problem}`,
  };
  return { ok: false, mistakes: [...mistakes, start] };
}
