import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { isoTime } from "../core/format.ts";
import { accept } from "../core/refusal.ts";
import { maySeeUpload } from "./access.ts";
import { problemResponse } from "./answer.ts";
import { uploadProblem } from "./create.ts";
import { refuseNoUpload } from "./create-request.ts";
import { queryInvalid } from "./invalid.ts";
import type { Router } from "./route.ts";
import type { Running } from "./running.ts";
import { time } from "./schemas.ts";
import type { Upload, Uploads } from "./uploads.ts";

const TAG = "Lists";

const upload = z
  .object({
    id: z.string(),
    name: z.string(),
    bytes: z.int(),
    sha256: z.string(),
    expiresAt: time,
  })
  .openapi("Upload");

const nameQuery = z.strictObject({
  name: z.string().max(200).default("list.csv").openapi({ description: "Shown to people." }),
});

/** Lists that are uploaded first, and named by the request that creates a campaign. */
export function addLists(
  { raw, route }: Router,
  { uploads, running }: { readonly uploads: Uploads; readonly running: Pick<Running, "uses"> },
): void {
  raw(
    {
      ...{ method: "put", path: "/api/lists", name: "uploadList", tag: TAG, query: nameQuery },
      ...{ summary: "Uploads a list (CSV) for a campaign", role: "operator" },
      description: "The body is the file. It is kept until it is used, for a day at most.",
      request: {
        body: { required: true, content: { "text/csv": { schema: { type: "string" } } } },
      },
      answers: {
        201: { description: "Stored.", content: { "application/json": { schema: upload } } },
      },
      problems: [
        ...(["dashboard_query_invalid", "upload_incomplete", "upload_too_large"] as const),
        ...(["upload_too_slow", "uploads_too_many", "data_dir_full"] as const),
      ],
    },
    async (context) => {
      const query = nameQuery.safeParse(context.req.query());
      if (!query.success) return problemResponse(uploadProblem(queryInvalid(query.error)));
      const { body } = context.req.raw;
      const source =
        body === null
          ? Readable.from([])
          : Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
      const received = await uploads.receive(
        ...([source, query.data.name, { by: context.get("access").who, isKept: true }] as const),
      );
      if (!received.ok) return problemResponse(uploadProblem(received));
      return context.json(uploadJson(received.value), 201);
    },
  );

  route(
    {
      ...{ method: "get", path: "/api/lists", name: "listUploads", tag: TAG },
      ...{ summary: "Uploads that are not used yet", role: "viewer", problems: [] },
      answer: z.object({ lists: z.array(upload) }),
    },
    async ({ access }) => {
      const mine = (await uploads.list()).filter((one) => maySeeUpload(access, one));
      const unused = mine.filter(({ id }) => !running.uses(id));
      return accept({ lists: unused.map(uploadJson) });
    },
  );

  route(
    {
      ...{ method: "delete", path: "/api/lists/{id}", name: "removeUpload", tag: TAG },
      ...{ summary: "Removes an upload", role: "operator", problems: ["upload_unknown"] },
      answer: z.object({ id: z.string() }),
    },
    async ({ access, part }) => {
      const found = await uploads.find(part("id"));
      if (found === undefined || !maySeeUpload(access, found) || running.uses(found.id))
        return refuseNoUpload();
      await uploads.remove(found.id);
      return accept({ id: found.id });
    },
  );
}

function uploadJson({ id, name, bytes, sha256, expiresAt }: Upload) {
  return { id, name, bytes, sha256, expiresAt: isoTime(expiresAt) };
}
