/**
 * What a request for a campaign says: the campaign file, the list, and options. As a form
 * (multipart), the list is streamed to the disk; as JSON, it names a list that was uploaded before.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { z } from "@hono/zod-openapi";
import { ENCODINGS, type Encoding } from "../core/encoding.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type ApiContext, maySeeUpload } from "./access.ts";
import { digestOf } from "./idempotency.ts";
import { bodyInvalid } from "./invalid.ts";
import { refuseIncomplete, shownName, type Upload, type Uploads } from "./uploads.ts";

export interface CreateRequest {
  readonly list: Upload;
  /** It came with the request, so it goes if it is not used. */
  readonly isOwnList: boolean;
  /** The campaign file as it came. */
  readonly campaign: Buffer;
  /** The campaign file's name in messages. */
  readonly campaignName: string;
  readonly options: CreateOptions;
  /** The numbers that may be used; null: all. */
  readonly numbers: ReadonlySet<string> | null;
  /** Of everything that decides what is sent, whatever the form of the request. */
  readonly digest: string;
}

/** Campaign files are written by hand: a larger one is something else. */
const CAMPAIGN_BYTES_MAX = 1024 * 1024;
const JSON_BYTES_MAX = CAMPAIGN_BYTES_MAX + 64 * 1024;
const FIELD_BYTES_MAX = 4 * 1024;

export const createOptions = z.strictObject({
  expect: z
    .strictObject({ messages: z.int().nonnegative() })
    .optional()
    .openapi({ description: "Refused (409) if the list has another number of messages." }),
  again: z.boolean().default(false).openapi({
    description: "Sends a list that was sent before to everyone again; needs an Idempotency-Key.",
  }),
  first: z.int().positive().optional().openapi({ description: "The first rows only." }),
  encoding: z.enum(ENCODINGS as readonly string[] as [Encoding, ...Encoding[]]).optional(),
});
export type CreateOptions = z.output<typeof createOptions>;

export const createJson = createOptions.extend({
  campaign: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).openapi({
    description: "The campaign file: YAML or JSON as a text, or an object.",
  }),
  list: z.string().openapi({ description: "The `id` of an upload." }),
});

/** The fields of the form, for the description. */
export const createForm = z.object({
  campaign: z.string().openapi({ format: "binary", description: "The campaign file." }),
  list: z.string().openapi({ format: "binary", description: "The list (CSV)." }),
  expect: z.string().optional().openapi({ example: '{"messages": 942}' }),
  again: z.enum(["true", "false"]).optional(),
  first: z.string().optional(),
  encoding: z.string().optional(),
});

/** Reads a request to its end. The list of a form that is refused is removed. */
export async function readCreateRequest(
  context: ApiContext,
  uploads: Uploads,
): Promise<Result<CreateRequest>> {
  const type = context.req.header("content-type") ?? "";
  if (/^multipart\/form-data\b/i.test(type)) return readForm(context, type, uploads);
  const text = await readText(context, JSON_BYTES_MAX);
  if (!text.ok) return text;
  const body = createJson.safeParse(jsonOf(text.value));
  if (!body.success) return bodyInvalid(body.error);
  const { campaign, list: id, ...options } = body.data;
  const access = context.get("access");
  const list = await uploads.find(id);
  if (list === undefined || !maySeeUpload(access, list)) return refuseNoUpload();
  const file = Buffer.from(typeof campaign === "string" ? campaign : JSON.stringify(campaign));
  if (file.length > CAMPAIGN_BYTES_MAX) return refuseLarge("campaign");
  return accept(
    requestOf(
      { campaign: file, campaignName: "campaign", list, options, numbers: access.numbers },
      false,
    ),
  );
}

function requestOf(
  given: Pick<CreateRequest, "campaign" | "campaignName" | "list" | "options" | "numbers">,
  isOwnList: boolean,
): CreateRequest {
  const { campaign, list, options, numbers } = given;
  // Who may use some numbers only is never told the campaign of somebody who may use others.
  const limits = numbers === null ? [] : [[...numbers].sort()];
  const digest = digestOf(JSON.stringify([digestOf(campaign), list.sha256, options, ...limits]));
  return { ...given, isOwnList, digest };
}

export function refuseNoUpload(): Refused {
  return refuse(
    "upload_unknown",
    "There is no upload with this id: it was used, removed or expired, or another process has it.",
    "Upload the list again: PUT /api/lists.",
  );
}

async function readForm(
  context: ApiContext,
  type: string,
  uploads: Uploads,
): Promise<Result<CreateRequest>> {
  const form = await parseForm(context, type, uploads);
  const { list, campaign } = form;
  const read = formOptions(form);
  if (read.ok && list !== null && campaign !== null) {
    const { bytes, name } = campaign;
    const { numbers } = context.get("access");
    const given = { campaign: bytes, campaignName: name, list, options: read.value, numbers };
    return accept(requestOf(given, true));
  }
  if (list !== null) await uploads.remove(list.id);
  if (!read.ok) return read;
  return refusePart(`the part ${campaign === null ? "campaign" : "list"} is missing`);
}

interface Form {
  list: Upload | null;
  campaign: { readonly bytes: Buffer; readonly name: string } | null;
  readonly fields: Map<string, string>;
  refused: Refused | null;
}

const FILES = ["campaign", "list"];
const FIELDS = ["expect", "again", "first", "encoding"];

/** Never rejects for what a sender does: that is in `refused`. */
async function parseForm(context: ApiContext, type: string, uploads: Uploads): Promise<Form> {
  const form: Form = { list: null, campaign: null, fields: new Map(), refused: null };
  const { body, signal } = context.req.raw;
  if (body === null) return { ...form, refused: refusePart("it is empty") };
  const cut = new AbortController();
  const refusal = (refused: Refused): void => {
    form.refused ??= refused;
    cut.abort();
  };
  let parser: InstanceType<typeof Busboy>;
  try {
    parser = new Busboy({
      headers: { "content-type": type },
      isPartAFile: (name) => FILES.includes(name ?? ""),
      limits: {
        ...{ fieldNameSize: 100, fieldSize: FIELD_BYTES_MAX, fields: 10, files: 2, parts: 12 },
        ...{ headerPairs: 20, headerSize: 8 * 1024 },
      },
    });
  } catch {
    return { ...form, refused: refusePart("its boundary is missing") };
  }
  const reading: Promise<void>[] = [];
  const files = new Set<BusboyFileStream>();
  parser.on("file", (name, file, filename) => {
    files.add(file);
    // Until it is read: a form that is cut off must not end the process.
    file.on("error", () => {});
    reading.push(
      take(name, file, filename).then((taken) => {
        if (!taken.ok) refusal(taken);
      }),
    );
  });
  parser.on("field", (name, value, _, isTruncated) => {
    if (!FIELDS.includes(name) || form.fields.has(name))
      refusal(refusePart(`${shown(name)} is not expected`));
    else if (isTruncated) refusal(refuseLarge(name));
    else form.fields.set(name, value);
  });
  for (const limit of ["partsLimit", "filesLimit", "fieldsLimit"] as const) {
    parser.on(limit, () => refusal(refusePart("it has too many parts")));
  }
  const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  try {
    await pipeline(source, parser, { signal: AbortSignal.any([cut.signal, signal]) });
  } catch {
    // Cut off by the sender, or by a refusal.
    form.refused ??= refuseIncomplete();
    for (const file of files) file.destroy(new Error("cut off"));
  }
  await Promise.all(reading);
  return form;

  async function take(name: string, file: Readable, filename = ""): Promise<Result<unknown>> {
    if (name === "list") {
      if (form.list !== null) return refusePart("list is given twice");
      const list = await uploads.receive(file, filename, context.get("access").who);
      if (list.ok) form.list = list.value;
      return list;
    }
    if (form.campaign !== null) return refusePart("campaign is given twice");
    const bytes = await collect(file, CAMPAIGN_BYTES_MAX);
    if (bytes === null) return refuseLarge(name);
    form.campaign = { bytes, name: shownName(filename, "campaign") };
    return accept(null);
  }
}

function formOptions({ refused, fields }: Form): Result<CreateOptions> {
  if (refused !== null) return refused;
  const encoding = fields.get("encoding");
  const asJson = ["expect", "again", "first"].flatMap((name) => {
    const text = fields.get(name);
    return text === undefined ? [] : [[name, jsonOf(text)] as const];
  });
  const given = { ...Object.fromEntries(asJson), ...(encoding === undefined ? {} : { encoding }) };
  const options = createOptions.safeParse(given);
  return options.success ? accept(options.data) : bodyInvalid(options.error);
}

/** The body as text; refused if it is larger. */
async function readText(context: ApiContext, bytesMax: number): Promise<Result<string>> {
  const { body } = context.req.raw;
  if (body === null) return accept("");
  try {
    const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
    const bytes = await collect(source, bytesMax);
    return bytes === null ? refuseLarge("body") : accept(bytes.toString("utf8"));
  } catch {
    return refuseIncomplete();
  }
}

/** Null if there is more than `bytesMax`. */
async function collect(source: Readable, bytesMax: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No schema takes null.
    return null;
  }
}

function refusePart(why: string): Refused {
  return refuse(
    "dashboard_body_invalid",
    `The form is not valid: ${why}.`,
    "Send the parts campaign and list, as in curl -F campaign=@sale.yaml -F list=@list.csv.",
  );
}

function refuseLarge(what: string): Refused {
  return refuse(
    "upload_too_large",
    `The ${shown(what)} is too large. Nothing was stored.`,
    "A campaign file has up to 1 MiB; upload the list by PUT /api/lists or as the part list.",
  );
}

function shown(name: string): string {
  return name.replace(/[^\w-]/g, "?").slice(0, 40);
}
