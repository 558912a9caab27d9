import type { Hono } from "hono";
import type { ApiContext, ApiEnv } from "../../../api/access.ts";
import type { Draft } from "../../../api/api.ts";
import { delimiterNamed } from "../../../core/delimiters.ts";
import { encodingNamed } from "../../../core/encoding.ts";
import type { JsonObject } from "../../../core/json.ts";
import type { Refusal } from "../../../core/refusal.ts";
import { describeRefusal } from "../../../core/refusals.ts";
import { readFields } from "../form-fields.ts";
import { mistakesCard } from "./check.ts";
import { textAt, typedText, withValue } from "./content.ts";
import type { StepDeps } from "./deps.ts";
import { listStep } from "./list.ts";
import { previewStep } from "./preview.ts";
import { type FieldProblems, fieldOfRefusal, judge, problemsOf } from "./problems.ts";
import { refusalBox, type StepContent, stepPage, stepUrl } from "./steps.ts";
import { templateStep } from "./template.ts";
import {
  readTemplate,
  slotProblems,
  type TemplateForm,
  typedTemplate,
  writeTemplate,
} from "./template-form.ts";

/** The steps before anything is checked: the list, the template, and what people will see. */
export function addReadingSteps(app: Hono<ApiEnv>, deps: StepDeps): void {
  const { drafting, find, refuse, numbersOf } = deps;
  const { drafts, looks, country } = drafting;

  app.get("/new/:id/list", async (context) => {
    const draft = await find(context);
    return draft.ok ? listPage(context, draft.value) : refuse(context, draft);
  });

  app.post("/new/:id/list", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    const read = await readFields(context);
    if (!read.ok) return refuse(context, read);
    const fields = read.value;
    let { content } = draft.value;
    for (const name of ["encoding", "delimiter", "to", "country", "numbers"]) {
      content = withValue(content, ["recipients", name], typedText(fields.get(name)));
    }
    const saved = { ...draft.value, content };
    await drafts.save(saved);
    if (fields.get("go") !== "next") return context.redirect(stepUrl(saved, "list"), 303);
    const inspected = await inspect(saved);
    const isFine =
      inspected.ok && inspected.value.refusal === null && listProblems(content).size === 0;
    if (isFine) return context.redirect(stepUrl(saved, "template"), 303);
    return listPage(context, saved, 422);
  });

  function inspect({ list, content }: Draft) {
    const typed = (name: string) => textAt(content, ["recipients", name]);
    const country = typed("country");
    const to = typed("to");
    return looks.inspect(list, {
      encoding: encodingNamed(typed("encoding")) ?? undefined,
      delimiter: delimiterNamed(typed("delimiter")) ?? undefined,
      ...(to === "" ? {} : { to }),
      ...(/^[A-Z]{2}$/.test(country) ? { country } : {}),
    });
  }

  async function listPage(context: ApiContext, draft: Draft, status = 200) {
    const inspected = await inspect(draft);
    const problems = new Map(listProblems(draft.content));
    const refusal = inspected.ok ? inspected.value.refusal : inspected.refusal;
    if (refusal !== null) addRefusal(problems, refusal);
    const body = listStep({ draft, inspected, problems, country });
    return stepPage(context, draft, "list", { body, status });
  }

  app.get("/new/:id/template", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    const form = readTemplate(draft.value.content);
    return templatePage(context, draft.value, { form, problems: new Map() });
  });

  app.post("/new/:id/template", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    const read = await readFields(context);
    if (!read.ok) return refuse(context, read);
    const fields = read.value;
    const form = typedTemplate(fields, readTemplate(draft.value.content));
    const unsaid = slotProblems(form);
    if (unsaid.size > 0) {
      return templatePage(context, draft.value, { form, problems: unsaid });
    }
    const written = writeTemplate(draft.value.content, form);
    const saved = { ...draft.value, content: written.content };
    await drafts.save(saved);
    if (fields.get("go") !== "next")
      return templatePage(context, saved, { form, problems: new Map() });
    const problems = await templateProblems(context, saved, written.fields);
    if (problems.size === 0) return context.redirect(stepUrl(saved, "preview"), 303);
    return templatePage(context, saved, { form, problems });
  });

  /** By the reader of campaign files; if it has nothing to say, by that of lists. */
  async function templateProblems(
    context: ApiContext,
    draft: Draft,
    partFields: ReadonlyMap<string, string>,
  ): Promise<FieldProblems> {
    const judged = judge(draft.content, partFields);
    if (!judged.ok) {
      const problems = problemsOf(judged.mistakes, "template");
      if (problems.size > 0) return problems;
      return new Map();
    }
    if (!numbersOf(context).includes(judged.definition.number)) {
      return new Map([["number", ["is not one that you may send from"]]]);
    }
    const people = await looks.preview(drafting.requestFor(draft, context.get("access")), 1);
    const problems = new Map<string, string[]>();
    const isOfTemplate = !people.ok && people.refusal.code.startsWith("template_");
    if (isOfTemplate) addRefusal(problems, people.refusal);
    return problems;
  }

  async function templatePage(
    context: ApiContext,
    draft: Draft,
    { form, problems }: { form: TemplateForm; problems: FieldProblems },
  ) {
    const inspected = await inspect(draft);
    const body = templateStep({
      ...{ draft, form, problems, numbers: numbersOf(context) },
      columns: inspected.ok ? inspected.value.columns.filter((name) => name !== "") : [],
    });
    const status = problems.size === 0 ? 200 : 422;
    return stepPage(context, draft, "template", { body, status });
  }

  app.get("/new/:id/preview", async (context) => {
    const draft = await find(context);
    if (!draft.ok) return refuse(context, draft);
    return stepPage(context, draft.value, "preview", await previewContent(context, draft.value));
  });

  async function previewContent(context: ApiContext, draft: Draft): Promise<StepContent> {
    const judged = judge(draft.content);
    if (!judged.ok) return { body: mistakesCard(draft, judged.mistakes) };
    const request = drafting.requestFor(draft, context.get("access"));
    const people = await looks.preview(request, PEOPLE);
    if (people.ok) {
      return { body: previewStep(draft, { definition: judged.definition, people: people.value }) };
    }
    const status = describeRefusal(people.refusal.code).http;
    return { body: refusalBox(people.refusal), status };
  }
}

const PEOPLE = 5;

/** What the reader of campaign files says of the fields of this step. */
function listProblems(content: JsonObject): FieldProblems {
  const judged = judge(content);
  return judged.ok ? new Map() : problemsOf(judged.mistakes, "list");
}

function addRefusal(problems: Map<string, readonly string[]>, { code, message }: Refusal): void {
  const field = fieldOfRefusal(code);
  problems.set(field, [...(problems.get(field) ?? []), message]);
}
