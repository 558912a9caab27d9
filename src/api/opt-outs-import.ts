import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { audited } from "../campaigns/audited.ts";
import { SCOPES, type Scope } from "../core/category.ts";
import { ENCODINGS, type Encoding } from "../core/encoding.ts";
import { withoutDigits } from "../core/recipient.ts";
import { type Refused, type Result, refuse } from "../core/refusal.ts";
import { toProblem } from "../http/problem.ts";
import { type ImportedOptOuts, importOptOuts } from "../producer/suppressions/import-entries.ts";
import { type ApiContext, actorOf, RIGHTS } from "./access.ts";
import { problemResponse } from "./answer.ts";
import { uploadProblem } from "./create.ts";
import { readFileForm } from "./file-form.ts";
import { digestOf, type Idempotency } from "./idempotency.ts";
import { bodyInvalid, queryInvalid } from "./invalid.ts";
import type { OptOutDeps } from "./opt-outs.ts";
import type { Router } from "./route.ts";
import type { Upload, Uploads } from "./uploads.ts";

interface ImportDeps extends OptOutDeps {
  readonly uploads: Uploads;
  readonly idempotency: Idempotency;
}

interface Options {
  readonly scope: Scope;
  readonly source: string;
  readonly country?: string | undefined;
  readonly column?: string | undefined;
  readonly encoding?: Encoding | undefined;
}

const TAG = "Opt-outs";
const country = z.string().length(2).optional();

const importQuery = z.strictObject({
  ...{
    scope: z.enum(SCOPES).default("all"),
    source: z.string().max(100).default("import"),
    country,
  },
  column: z.string().max(200).optional(),
  encoding: z.enum(ENCODINGS as readonly string[] as [Encoding, ...Encoding[]]).optional(),
});

const importJson = z.looseObject({
  ...{ rows: z.int(), added: z.int(), unchanged: z.int(), unreadable: z.int() },
  rejected: z.array(
    z.object({ line: z.int(), column: z.string(), code: z.string(), reason: z.string() }),
  ),
});

/** Imports the people of a file, which goes afterwards. */
async function importUpload(
  deps: Pick<ImportDeps, "suppressions" | "acts" | "country" | "uploads">,
  context: ApiContext,
  { file, options }: { readonly file: Upload; readonly options: Options },
): Promise<Result<ImportedOptOuts>> {
  const { scope, source, column, encoding = null } = options;
  const by = actorOf(context.get("access"));
  const suppressions = await deps.suppressions();
  return audited(
    ...([deps.acts, by] as const),
    { what: "suppress import", details: { scope } },
    () =>
      importOptOuts({
        ...{ path: deps.uploads.pathOf(file), suppressions, scope, encoding, source },
        who: by.who,
        country: options.country ?? deps.country,
        columns: column === undefined ? [] : [column],
      }),
    ({ added, unchanged, unreadable }) => ({ details: { added, unchanged, unreadable } }),
  );
}

/** Of the form, besides its file. */
const FIELDS = ["scope", "country"];

function refuseNoFile(): Refused {
  return refuse(
    "dashboard_body_invalid",
    "The form has no file.",
    "Choose a file (CSV, or one phone number a line), and send the form again.",
  );
}

/** The same for the form of a page (multipart): its file, and `scope` and `country`. */
export function createImportForm(deps: ImportDeps) {
  return async (context: ApiContext): Promise<Result<ImportedOptOuts>> => {
    const {
      list: file,
      fields,
      refused,
    } = await readFileForm(context, deps.uploads, {
      ...{ fields: FIELDS, isKept: false },
    });
    if (file === null) return refused ?? refuseNoFile();
    try {
      if (refused !== null) return refused;
      const scope = SCOPES.find((one) => one === fields.get("scope")) ?? "all";
      const of = fields.get("country")?.trim();
      const source = withoutDigits(file.name);
      const options = { scope, source, ...(of ? { country: of } : {}) };
      return await importUpload(deps, context, { file, options });
    } finally {
      await deps.uploads.remove(file.id);
    }
  };
}

/** A file of people who must not be messaged. */
export function addOptOutImport({ raw }: Router, deps: ImportDeps): void {
  const { uploads } = deps;

  raw(
    {
      ...{ method: "post", path: "/api/opt-outs/import", name: "importOptOuts", tag: TAG },
      ...{
        summary: "Adds the people of a file (CSV, or one number a line)",
        ...RIGHTS.importOptOuts,
      },
      description: "All readable rows are added; the others are listed, with their lines.",
      query: importQuery,
      request: {
        body: { required: true, content: { "text/csv": { schema: { type: "string" } } } },
      },
      answers: {
        200: { description: "Done.", content: { "application/json": { schema: importJson } } },
      },
      problems: [
        ...(["dashboard_query_invalid", "upload_incomplete", "upload_too_large"] as const),
        ...(["upload_too_slow", "uploads_too_many", "list_empty", "list_not_csv"] as const),
        "redis_replicas_behind",
      ],
    },
    async (context) => {
      const query = importQuery.safeParse(context.req.query());
      if (!query.success) return problemResponse(toProblem(queryInvalid(query.error)));
      const { body } = context.req.raw;
      if (body === null) return problemResponse(toProblem(bodyInvalid(NO_BODY)));
      const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
      const sent = { by: context.get("access").who, isKept: false };
      const file = await uploads.receive(source, "opt-outs.csv", sent);
      if (!file.ok) return problemResponse(uploadProblem(file));
      try {
        return await deps.idempotency.run(context, digestOf(file.value.sha256), async () => {
          const found = { file: file.value, options: query.data };
          const done = await importUpload(deps, context, found);
          return done.ok ? context.json(done.value) : problemResponse(toProblem(done));
        });
      } finally {
        await uploads.remove(file.value.id);
      }
    },
  );
}

const NO_BODY = new z.ZodError([
  { code: "custom", path: ["body"], message: "is missing", input: undefined },
]);
