import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { audited } from "../campaigns/audited.ts";
import { ENCODINGS, type Encoding } from "../core/encoding.ts";
import { isoTime } from "../core/format.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { toProblem } from "../http/problem.ts";
import { createPhoneReader } from "../producer/phones/phone-reader.ts";
import { importOptOuts } from "../producer/suppressions/import-entries.ts";
import { type ActLog, SCOPES, type Suppressions } from "../store/index.ts";
import { actorOf, refuseLimited } from "./access.ts";
import { problemResponse } from "./answer.ts";
import { uploadProblem } from "./create.ts";
import { digestOf, type Idempotency } from "./idempotency.ts";
import { bodyInvalid, queryInvalid } from "./invalid.ts";
import type { Router } from "./route.ts";
import { cursor, nextCursor, time } from "./schemas.ts";
import type { Uploads } from "./uploads.ts";

const TAG = "Opt-outs";

export interface OptOutDeps {
  /** The deployment's list; opened when first needed. */
  readonly suppressions: () => Promise<Suppressions>;
  /** Of phones without a country code; null: they are refused. */
  readonly country: string | null;
  readonly acts: Pick<ActLog, "begin" | "end">;
  readonly uploads: Uploads;
  readonly idempotency: Idempotency;
}

const scope = z.enum(SCOPES).openapi({ description: "`all`, or `marketing` messages only." });
const phones = z
  .array(z.string().max(64))
  .min(1)
  .max(1_000)
  .openapi({
    example: ["+48 600 700 800"],
  });
const country = z.string().length(2).optional();

const listQuery = z.strictObject({
  cursor: cursor.regex(/^\d{1,15}$/).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const listJson = z.object({
  optOuts: z.array(
    z.object({
      phone: z.string().nullable().openapi({ description: "Null: the person was erased." }),
      scope,
      source: z.string(),
      at: time,
    }),
  ),
  next: nextCursor,
});

const addBody = z.strictObject({
  ...{ phones, scope: scope.default("all"), source: z.string().max(100).default("HTTP API") },
  country,
});

const removeBody = z.strictObject({ phones, country });

const importQuery = z.strictObject({
  ...{ scope: scope.default("all"), source: z.string().max(100).default("import"), country },
  column: z.string().max(200).optional(),
  encoding: z.enum(ENCODINGS as readonly string[] as [Encoding, ...Encoding[]]).optional(),
});

const importJson = z.looseObject({
  ...{ rows: z.int(), added: z.int(), unchanged: z.int(), unreadable: z.int() },
  rejected: z.array(
    z.object({ line: z.int(), column: z.string(), code: z.string(), reason: z.string() }),
  ),
});

/** Who must not be messaged. Phones are in the body of a request, never in its address. */
export function addOptOuts({ route, raw }: Router, deps: OptOutDeps): void {
  const { acts, uploads } = deps;

  route(
    {
      ...{ method: "get", path: "/api/opt-outs", name: "listOptOuts", tag: TAG },
      ...{ summary: "People who must not be messaged", role: "viewer" },
      ...{ query: listQuery, answer: listJson, problems: ["dashboard_query_invalid"] },
    },
    async ({ access, query }) => {
      const limited = refuseLimited(access);
      if (limited !== null) return limited;
      const page = await (await deps.suppressions()).page(Number(query.cursor ?? 0), query.limit);
      return accept({
        optOuts: page.entries.map(({ phone, scope: of, source, at }) => ({
          ...{ phone: phone === null ? null : `+${phone}`, scope: of, source, at: isoTime(at) },
        })),
        next: page.next === null ? null : String(page.next),
      });
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/opt-outs", name: "addOptOuts", tag: TAG },
      ...{ summary: "Adds people; from the answer on no number messages them", role: "operator" },
      ...{ body: addBody, problems: ["dashboard_body_invalid", "phone_unreadable"] },
      answer: z.object({ added: z.int(), unchanged: z.int(), scope }),
    },
    async ({ by, body }) => {
      const read = readPhones(body.phones, body.country ?? deps.country);
      if (!read.ok) return read;
      const entries = read.value.map((phone) => ({
        ...{ phone, scope: body.scope, source: body.source, atMs: null },
      }));
      const details = { scope: body.scope, people: entries.length };
      const suppressions = await deps.suppressions();
      return audited(acts, by, { what: "suppress add", details }, async () => {
        const changes = await suppressions.add(entries);
        const added = changes.filter(({ before, now }) => before !== now).length;
        return accept({ added, unchanged: changes.length - added, scope: body.scope });
      });
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/opt-outs/remove", name: "removeOptOuts", tag: TAG },
      ...{ summary: "Removes people: they may be messaged again", role: "operator" },
      ...{ body: removeBody, problems: ["dashboard_body_invalid", "phone_unreadable"] },
      answer: z.object({ removed: z.int(), absent: z.int() }),
    },
    async ({ access, by, body }) => {
      const limited = refuseLimited(access);
      if (limited !== null) return limited;
      const read = readPhones(body.phones, body.country ?? deps.country);
      if (!read.ok) return read;
      const details = { people: read.value.length };
      const suppressions = await deps.suppressions();
      return audited(acts, by, { what: "suppress remove", details }, async () => {
        const changes = await suppressions.remove(read.value);
        const removed = changes.filter(({ before }) => before !== null).length;
        return accept({ removed, absent: changes.length - removed });
      });
    },
  );

  raw(
    {
      ...{ method: "post", path: "/api/opt-outs/import", name: "importOptOuts", tag: TAG },
      ...{ summary: "Adds the people of a file (CSV, or one number a line)", role: "admin" },
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
      ],
    },
    async (context) => {
      const limited = refuseLimited(context.get("access"));
      if (limited !== null) return problemResponse(toProblem(limited));
      const query = importQuery.safeParse(context.req.query());
      if (!query.success) return problemResponse(toProblem(queryInvalid(query.error)));
      const { body } = context.req.raw;
      if (body === null) return problemResponse(toProblem(bodyInvalid(NO_BODY)));
      const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
      const file = await uploads.receive(source, "opt-outs.csv", context.get("access").who);
      if (!file.ok) return problemResponse(uploadProblem(file));
      try {
        return await deps.idempotency.run(context, digestOf(file.value.sha256), async () => {
          const { column, encoding = null, scope: of, ...more } = query.data;
          const suppressions = await deps.suppressions();
          const done = await audited(
            ...([acts, actorOf(context.get("access"))] as const),
            { what: "suppress import", details: { scope: of } },
            () =>
              importOptOuts({
                ...{ path: uploads.pathOf(file.value), suppressions, scope: of, encoding },
                ...{ source: more.source, country: more.country ?? deps.country },
                columns: column === undefined ? [] : [column],
              }),
            ({ added, unchanged, unreadable }) => ({ details: { added, unchanged, unreadable } }),
          );
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

/** The phones as digits; refuses an unreadable one by its place, never by what it says. */
export function readPhones(given: readonly string[], of: string | null): Result<readonly string[]> {
  const readPhone = createPhoneReader(of);
  const digits: string[] = [];
  for (const [index, text] of given.entries()) {
    const phone = readPhone(text);
    if (!phone.ok) {
      return refuse(
        "phone_unreadable",
        `Phone number ${index + 1} of the request cannot be read. Nothing was changed.`,
        'Write it with its country code, as in "+48 600 700 800", or give `country`.',
      );
    }
    digits.push(phone.digits);
  }
  return accept(digits);
}
