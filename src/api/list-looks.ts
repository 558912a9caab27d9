import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { DELIMITER_NAMES, type Delimiter, delimiterNamed } from "../core/delimiters.ts";
import { ENCODINGS, type Encoding } from "../core/encoding.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { toProblem } from "../http/problem.ts";
import { type Access, maySeeUpload } from "./access.ts";
import { problemResponse } from "./answer.ts";
import {
  type CreateRequest,
  campaignRequest,
  createJson,
  createOptions,
  refuseNoUpload,
} from "./create-request.ts";
import { type Looks, PREVIEW_PEOPLE } from "./looks.ts";
import type { Router } from "./route.ts";
import { type TestSend, testSentJson } from "./test-send.ts";
import type { Upload, Uploads } from "./uploads.ts";

const TAG = "Lists";

const READING = z.strictObject({
  encoding: z.enum(ENCODINGS as readonly string[] as [Encoding, ...Encoding[]]).optional(),
  delimiter: z.enum(DELIMITER_NAMES as [string, ...string[]]).optional(),
  to: z.string().max(1_000).optional().openapi({ description: "The column with the phones." }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/)
    .optional()
    .openapi({ description: "Of numbers without a country code." }),
});

const refusalJson = z.object({ code: z.string(), message: z.string(), fix: z.string() });

const inspectedJson = z
  .object({
    ...{ id: z.string(), name: z.string(), bytes: z.int() },
    encoding: z.string(),
    encodingGuessed: z.boolean(),
    delimiter: z.string(),
    columns: z.array(z.string()),
    phoneColumn: z.string().nullable(),
    phoneColumnGuessed: z.enum(["name", "contents"]).nullable(),
    rows: z.int().nullable().openapi({ description: "Null if it cannot be read to its end." }),
    sample: z.array(z.object({ line: z.int(), cells: z.array(z.string()) })),
    refusal: z.union([refusalJson, z.null()]).openapi({
      description: "Why it cannot be sent like this; null: nothing was found.",
    }),
  })
  .openapi("InspectedList");

const previewJson = z
  .object({
    people: z.array(
      z.object({
        line: z.int(),
        body: z.looseObject({ to: z.string() }),
        preview: z.string().nullable(),
      }),
    ),
  })
  .openapi("MessagePreview");

const lookBody = createJson.pick({ campaign: true, list: true }).extend({
  encoding: createOptions.shape.encoding,
});
const previewBody = lookBody.extend({ people: z.int().min(1).max(20).default(PREVIEW_PEOPLE) });
const testBody = lookBody.extend({
  to: z.string().min(1).max(40).openapi({ description: "Who gets it, as in +48 600 700 800." }),
  row: z.int().min(1).default(1).openapi({ description: "Whose values, from 1." }),
});

const LIST_PROBLEMS = [
  ...(["upload_unknown", "list_not_csv", "list_empty", "list_quote_open"] as const),
  ...(["list_quote_stray", "list_not_utf8", "list_not_utf16"] as const),
] as const;

const CAMPAIGN_PROBLEMS = [
  ...LIST_PROBLEMS,
  ...(["campaign_file_invalid", "campaign_recurring", "number_unknown"] as const),
  ...(["phone_column_missing", "phone_column_unclear", "template_column_missing"] as const),
] as const;

/** What can be asked about an uploaded list before a campaign is made of it. */
export function addLooks(
  { raw, route }: Router,
  deps: {
    readonly uploads: Uploads;
    readonly looks: Looks;
    readonly test: TestSend;
    readonly rejectsPath: (list: Upload) => string;
  },
): void {
  const { uploads, looks, test, rejectsPath } = deps;

  async function find(access: Access, id: string): Promise<Result<Upload>> {
    const list = await uploads.find(id);
    return list === undefined || !maySeeUpload(access, list) ? refuseNoUpload() : accept(list);
  }

  async function requestFrom(
    access: Access,
    { campaign, list: id, encoding }: z.output<typeof lookBody>,
  ): Promise<Result<CreateRequest>> {
    const list = await find(access, id);
    if (!list.ok) return list;
    const options = { again: false, ...(encoding === undefined ? {} : { encoding }) };
    return campaignRequest({ campaign, list: list.value, options, numbers: access.numbers });
  }

  route(
    {
      ...{ method: "get", path: "/api/lists/{id}", name: "inspectList", tag: TAG },
      ...{ summary: "What was understood of an upload", role: "operator", query: READING },
      description: "Encoding, delimiter, columns and rows, with the first rows as they are.",
      answer: inspectedJson,
      problems: ["dashboard_query_invalid", ...LIST_PROBLEMS],
    },
    async ({ access, part, query }) => {
      const list = await find(access, part("id"));
      if (!list.ok) return list;
      const { delimiter, ...reading } = query;
      const named = delimiter === undefined ? null : delimiterNamed(delimiter);
      const inspected = await looks.inspect(list.value, {
        ...reading,
        ...(named === null ? {} : { delimiter: named as Delimiter }),
      });
      if (!inspected.ok) return inspected;
      const { id, name, bytes } = list.value;
      const { refusal, sample, columns, ...rest } = inspected.value;
      const shown =
        refusal === null
          ? null
          : { code: refusal.code, message: refusal.message, fix: refusal.fix };
      return accept({
        ...{ id, name, bytes, ...rest, columns: [...columns], refusal: shown },
        sample: sample.map(({ line, cells }) => ({ line, cells: [...cells] })),
      });
    },
  );

  raw(
    {
      ...{ method: "get", path: "/api/lists/{id}/rejects.csv", name: "listRejects", tag: TAG },
      ...{ summary: "The rejected rows of the last preflight of an upload", role: "operator" },
      description: "With code, reason and suggestion. There are none before a preflight.",
      answers: { 200: { description: "A CSV file.", content: { "text/csv": {} } } },
      problems: ["upload_unknown", "rejects_none"],
    },
    async (context) => {
      const list = await find(context.get("access"), context.req.param("id") ?? "");
      if (!list.ok) return problemResponse(toProblem(list));
      return rejectsResponse(rejectsPath(list.value));
    },
  );

  route(
    {
      ...{
        method: "post",
        path: "/api/campaigns/preview",
        name: "previewMessages",
        tag: "Campaigns",
      },
      ...{ summary: "The messages of the first people; stores nothing", role: "operator" },
      description: "Quick: the rest of the list is not checked. Phone numbers are masked.",
      ...{ body: previewBody, answer: previewJson, problems: CAMPAIGN_PROBLEMS },
    },
    async ({ access, body }) => {
      const request = await requestFrom(access, body);
      if (!request.ok) return request;
      const people = await looks.preview(request.value, body.people);
      return people.ok ? accept({ people: people.value }) : people;
    },
  );

  route(
    {
      ...{ method: "post", path: "/api/campaigns/test", name: "sendTest", tag: "Campaigns" },
      ...{ summary: "Sends one test message with the values of a row", role: "operator" },
      description:
        "It is answered when the API has answered, or after 10 s without: then the message is cancelled.",
      ...{ body: testBody, answer: testSentJson },
      problems: [
        ...CAMPAIGN_PROBLEMS,
        ...(["phone_unreadable", "test_row_missing", "test_row_rejected"] as const),
        ...(["test_opted_out", "test_number_stopped", "number_incomplete"] as const),
      ],
    },
    async ({ access, by, body }) => {
      const request = await requestFrom(access, body);
      return request.ok ? test.send(request.value, { to: body.to, row: body.row, by }) : request;
    },
  );
}

/** The rejected rows as a download; 404 if there are none. */
export async function rejectsResponse(path: string): Promise<Response> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    return problemResponse(
      toProblem(
        refuse(
          "rejects_none",
          "No rejected rows of this list are kept.",
          "Ask for its preflight first.",
        ),
      ),
    );
  }
  return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="rejects.csv"',
      "content-length": String(found.size),
    },
  });
}
