import { z } from "@hono/zod-openapi";
import { type Mode, modeName } from "../core/mode.ts";
import type { Refusal, Refused } from "../core/refusal.ts";
import { refuse } from "../core/refusal.ts";
import { type Problem, toProblem } from "../http/problem.ts";
import { type ImportReport, withoutPhones } from "../producer/report.ts";
import type { RequestTry } from "../store/index.ts";
import { type ApiContext, actorOf } from "./access.ts";
import { problemResponse } from "./answer.ts";
import { type CreateRequest, createForm, createJson, readCreateRequest } from "./create-request.ts";
import type { Idempotency } from "./idempotency.ts";
import type { Created, Imports } from "./imports.ts";
import type { RawRoute, Router } from "./route.ts";
import { refuseBusy } from "./running.ts";
import { campaignId, mode as modeSchema, status } from "./schemas.ts";
import type { Uploads } from "./uploads.ts";

const TAG = "Campaigns";

export interface CreateDeps {
  readonly mode: Mode;
  readonly uploads: Uploads;
  readonly imports: Imports;
  readonly idempotency: Idempotency;
  /** Why nothing may be imported; undefined while Redis is safe. */
  readonly unsafe: () => Refusal | undefined;
}

const BUSY_RETRY_SECONDS = "10";

const createdJson = z
  .object({
    id: campaignId,
    status,
    mode: modeSchema,
    notice: z.string().openapi({ example: "SANDBOX: no one gets these messages." }),
    messages: z.int().nullable().openapi({
      description: "To be sent; null if an earlier try of this request began the campaign.",
    }),
    rows: z.int().nullable(),
  })
  .openapi("CreatedCampaign");

const preflightJson = z
  .object({
    mode: modeSchema,
    notice: z.string(),
    messages: z.int().openapi({ description: "For `expect` of the request that creates it." }),
    report: z.looseObject({}).openapi({
      description: "As of `dropcast check --json`; phone numbers are masked.",
    }),
  })
  .openapi("Preflight");

const REQUEST = {
  body: {
    required: true,
    content: {
      "multipart/form-data": { schema: createForm },
      "application/json": { schema: createJson },
    },
  },
};

const PROBLEMS = [
  ...(["dashboard_body_invalid", "upload_incomplete", "upload_too_large"] as const),
  ...(["upload_too_slow", "upload_unknown", "uploads_too_many", "data_dir_full"] as const),
  ...(["imports_too_many", "campaign_file_invalid", "campaign_not_readable"] as const),
  ...(["number_unknown", "already_imported", "list_no_sendable_row"] as const),
  ...(["list_too_many_rejected", "list_not_csv", "start_at_past"] as const),
] as const;

/** Campaigns from a list, with everything that `send` and `check` do. */
export function addCreate({ raw }: Router, deps: CreateDeps): void {
  const { imports, mode } = deps;
  const told = { mode, notice: noticeOf(mode) };

  raw(
    {
      ...{ method: "post", path: "/api/campaigns/preflight", name: "preflight", tag: TAG },
      ...{ summary: "Says what a campaign would be; stores nothing", role: "operator" },
      request: REQUEST,
      answers: answers(200, "What would be sent.", preflightJson),
      problems: PROBLEMS,
    },
    (context) =>
      reading(context, deps, async (request) => {
        const checked = await imports.check(request);
        if (checked === "busy") return busy();
        const { report } = checked;
        if (!checked.ok) return refusedResponse(checked, report);
        return Response.json({ ...told, messages: report.ok, report: withoutPhones(report) });
      }),
  );

  raw(
    {
      ...{ method: "post", path: "/api/campaigns", name: "createCampaign", tag: TAG },
      ...{ summary: "Creates a campaign and starts it, now or at its start", role: "operator" },
      description:
        "The request itself is the confirmation: nothing asks again. It is answered when the campaign has its id; the import goes on. A list that is refused stores nothing.",
      request: REQUEST,
      answers: answers(202, "The import has begun; see `Location`.", createdJson),
      problems: [
        ...PROBLEMS,
        ...(["list_count_other", "import_in_progress", "idempotency_key_needed"] as const),
      ],
    },
    (context) =>
      reading(context, deps, async (request, attempt) =>
        request.options.again && attempt === null
          ? problemResponse(toProblem(refuseNoKey()))
          : createdResponse(
              await imports.create(request, { attempt, by: actorOf(context.get("access")) }),
              told,
            ),
      ),
  );
}

/** Reads a request to its end, and carries it out once for its Idempotency-Key. */
async function reading(
  context: ApiContext,
  { uploads, unsafe, idempotency }: CreateDeps,
  act: (request: CreateRequest, attempt: RequestTry | null) => Promise<Response>,
): Promise<Response> {
  const problem = unsafe();
  if (problem !== undefined) return problemResponse(toProblem({ ok: false, refusal: problem }));
  const read = await readCreateRequest(context, uploads);
  if (!read.ok) return problemResponse(uploadProblem(read));
  const request = read.value;
  let isTaken = false;
  try {
    return await idempotency.run(context, request.digest, (attempt) => {
      isTaken = !(request.options.again && attempt === null);
      return act(request, attempt);
    });
  } finally {
    // A request that is answered as before has brought its list once more.
    if (!isTaken && request.isOwnList) await uploads.remove(request.list.id);
  }
}

function createdResponse(
  result: Created,
  told: { readonly mode: Mode; readonly notice: string },
): Response {
  if (result.kind === "busy") return busy();
  if (result.kind === "refused") return refusedResponse(result.refused, result.report);
  const { id, status: now, report } = result;
  const { ok = null, rows = null } = report ?? {};
  return Response.json(
    { id, status: now, ...told, messages: ok, rows },
    { status: 202, headers: { location: `/api/campaigns/${id}` } },
  );
}

/** A refused list, with all that was found out about it. */
function refusedResponse(refused: Refused, report: ImportReport | null): Response {
  const { problems } = refused.refusal;
  return problemResponse(toProblem(refused), {
    ...(problems === undefined ? {} : { mistakes: problems }),
    ...(report === null
      ? {}
      : { problems: report.problems, campaign: report.campaign, report: withoutPhones(report) }),
  });
}

function busy(): Response {
  return problemResponse(toProblem(refuseBusy(), { "retry-after": BUSY_RETRY_SECONDS }));
}

export function uploadProblem(refused: Refused): Problem {
  const isMany = refused.refusal.code === "uploads_too_many";
  return toProblem(refused, isMany ? { "retry-after": BUSY_RETRY_SECONDS } : {});
}

function noticeOf(mode: Mode): string {
  const who = mode === "live" ? "real people get these messages" : "no one gets these messages";
  return `${modeName(mode)}: ${who}.`;
}

function answers(code: number, description: string, schema: z.ZodType): RawRoute["answers"] {
  return { [code]: { description, content: { "application/json": { schema } } } };
}

function refuseNoKey(): Refused {
  return refuse(
    "idempotency_key_needed",
    "`again` was asked for without an Idempotency-Key: repeated, the request would send twice.",
    "Send it with an Idempotency-Key.",
  );
}
