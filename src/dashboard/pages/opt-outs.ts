import type { Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import {
  type Access,
  type ApiEnv,
  actorOf,
  RIGHTS,
  type Right,
  refuseRight,
} from "../../api/access.ts";
import type { Answer } from "../../api/answer.ts";
import type { Api, ApiDeps } from "../../api/api.ts";
import { readCountry, readPasted, readPhoneField } from "../../api/phone-forms.ts";
import { addToList, removeFromList } from "../../campaigns/opt-outs.ts";
import { REMOVAL_NAMES } from "../../core/act.ts";
import type { Scope } from "../../core/category.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { plainProblem, toProblem } from "../../http/problem.ts";
import { OPT_OUT_CURSOR } from "../../store/index.ts";
import { readFields } from "./form-fields.ts";
import { page } from "./layout.ts";
import { listPage, type May, personPage, removedPage, resultPage } from "./opt-outs-html.ts";

interface OptOutPageDeps extends Pick<ApiDeps, "suppressions" | "country" | "acts"> {
  readonly answer: Answer;
  readonly takeOptOutFile: Api["takeOptOutFile"];
}

/** Room for ten thousand pasted phones; more come in a file. */
const PASTED_BYTES_MAX = 512 * 1024;

/** Addresses of this page that bound their bodies themselves. */
export const OPT_OUT_UPLOADS = ["POST /opt-outs/add", "POST /opt-outs/import"];

/**
 * Who must not be messaged: search, add, import, remove. Phones are in the bodies of requests,
 * never in an address, and in the list they are masked.
 */
export function addOptOutPages(app: Hono<ApiEnv>, deps: OptOutPageDeps): void {
  const { answer } = deps;
  const no = (context: Context<ApiEnv>, refused: Refused) => answer(context, toProblem(refused));

  app.get("/opt-outs", async (context) => {
    const before = context.req.query("before") ?? "";
    const from = OPT_OUT_CURSOR.test(before) ? Number(before) : null;
    const suppressions = await deps.suppressions();
    const may = mayOf(context.get("access"));
    return page(context, await listPage(suppressions, { may, from, country: deps.country }));
  });

  app.post("/opt-outs/search", async (context) => {
    const refused = refuseRight(context.get("access"), RIGHTS.findOptOut);
    if (refused !== null) return no(context, refused);
    const fields = await readFields(context);
    if (!fields.ok) return no(context, fields);
    const form = fields.value;
    const phone = readPhone(form, deps.country);
    if (!phone.ok) return no(context, phone);
    const found = await (await deps.suppressions()).find(phone.value);
    return page(context, personPage(phone.value, found, mayOf(context.get("access"))));
  });

  const limited = bodyLimit({
    maxSize: PASTED_BYTES_MAX,
    onError: (context) => answer(context, plainProblem("dashboard_body_too_large")),
  });
  app.post("/opt-outs/add", limited, async (context) => {
    const refused = refuseRight(context.get("access"), RIGHTS.addOptOuts);
    if (refused !== null) return no(context, refused);
    const fields = await readFields(context);
    if (!fields.ok) return no(context, fields);
    const form = fields.value;
    const country = readCountry(textOf(form, "country"), deps.country);
    if (!country.ok) return no(context, country);
    const { phones, rejected } = readPasted(textOf(form, "phones"), country.value);
    const suppressions = await deps.suppressions();
    const by = actorOf(context.get("access"));
    const given = { phones, scope: scopeOf(form), source: textOf(form, "source") };
    const done =
      phones.length === 0
        ? accept({ added: 0, unchanged: 0 })
        : await addToList({ suppressions, acts: deps.acts, by }, given);
    if (!done.ok) return no(context, done);
    const lines = rejected.map(({ line, reason }) => ({ line, reason }));
    return page(context, resultPage({ ...done.value, unreadable: rejected.length, lines }));
  });

  app.post("/opt-outs/import", async (context) => {
    const access = context.get("access");
    const refused = refuseRight(access, RIGHTS.importOptOuts);
    if (refused !== null) return no(context, refused);
    const done = await deps.takeOptOutFile(context);
    if (!done.ok) return no(context, done);
    const { added, unchanged, unreadable, rejected, unread } = done.value;
    return page(context, resultPage({ added, unchanged, unreadable, lines: rejected, unread }));
  });

  app.post("/opt-outs/remove", async (context) => {
    const access = context.get("access");
    const refused = refuseRight(access, RIGHTS.removeOptOuts);
    if (refused !== null) return no(context, refused);
    const fields = await readFields(context);
    if (!fields.ok) return no(context, fields);
    const form = fields.value;
    const phone = readPhone(form, deps.country);
    if (!phone.ok) return no(context, phone);
    const reason = REMOVAL_NAMES.find((one) => one === textOf(form, "reason"));
    if (reason === undefined) return no(context, refuseNoReason());
    const suppressions = await deps.suppressions();
    const by = actorOf(access);
    const given = { phones: [phone.value], reason };
    const done = await removeFromList({ suppressions, acts: deps.acts, by }, given);
    if (!done.ok) return no(context, done);
    return page(context, removedPage(done.value.removed > 0));
  });
}

function textOf(form: URLSearchParams, name: string): string {
  return form.get(name) ?? "";
}

function scopeOf(form: URLSearchParams): Scope {
  return textOf(form, "scope") === "marketing" ? "marketing" : "all";
}

function readPhone(form: URLSearchParams, otherwise: string | null): Result<string> {
  const country = readCountry(textOf(form, "country"), otherwise);
  return country.ok ? readPhoneField(textOf(form, "phone"), country.value) : country;
}

function refuseNoReason(): Refused {
  return refuse(
    "dashboard_body_invalid",
    "A removal needs a reason. Nothing was changed.",
    "Choose one, and send the form again.",
  );
}

function mayOf(access: Access): May {
  const may = (right: Right): boolean => refuseRight(access, right) === null;
  return {
    add: may(RIGHTS.addOptOuts),
    all: may(RIGHTS.listOptOuts),
    remove: may(RIGHTS.removeOptOuts),
    importFile: may(RIGHTS.importOptOuts),
  };
}
