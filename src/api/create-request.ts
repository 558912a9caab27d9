/**
 * What a request for a campaign says: the campaign file, the list, and options. As a form
 * (multipart), the list is streamed to the disk; as JSON, it names a list that was uploaded before.
 */
import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import { ENCODINGS, type Encoding } from "../core/encoding.ts";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { type ApiContext, maySeeUpload } from "./access.ts";
import {
  CAMPAIGN_BYTES_MAX,
  collect,
  type FileForm,
  readFileForm,
  refuseLarge,
  refusePart,
} from "./file-form.ts";
import { digestOf } from "./idempotency.ts";
import { bodyInvalid } from "./invalid.ts";
import { refuseIncomplete, type Upload, type Uploads } from "./uploads.ts";

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
  /** The same without `expect`: requests of which one check tells. */
  readonly checkDigest: string;
}

const JSON_BYTES_MAX = CAMPAIGN_BYTES_MAX + 64 * 1024;

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
type CreateOptions = z.output<typeof createOptions>;

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
  if (/^multipart\/form-data\b/i.test(type)) return readForm(context, uploads);
  const text = await readText(context, JSON_BYTES_MAX);
  if (!text.ok) return text;
  const body = createJson.safeParse(jsonOf(text.value));
  if (!body.success) return bodyInvalid(body.error);
  const { campaign, list: id, ...options } = body.data;
  const access = context.get("access");
  const list = await uploads.find(id);
  if (list === undefined || !maySeeUpload(access, list)) return refuseNoUpload();
  return campaignRequest({ campaign, list, options, numbers: access.numbers });
}

/** A request that names its list, and has its campaign as JSON does. */
export function campaignRequest(
  given: Pick<CreateRequest, "list" | "options" | "numbers"> & {
    readonly campaign: z.output<typeof createJson>["campaign"];
  },
): Result<CreateRequest> {
  const { campaign } = given;
  const file = Buffer.from(typeof campaign === "string" ? campaign : JSON.stringify(campaign));
  if (file.length > CAMPAIGN_BYTES_MAX) return refuseLarge("campaign");
  return accept(requestOf({ ...given, campaign: file, campaignName: "campaign" }, false));
}

/** A request for a campaign, from its parts. */
export function requestOf(
  given: Pick<CreateRequest, "campaign" | "campaignName" | "list" | "options" | "numbers">,
  isOwnList: boolean,
): CreateRequest {
  const { campaign, list, options, numbers } = given;
  // A person limited to some numbers is never told a campaign of others.
  const limits = numbers === null ? [] : [[...numbers].sort()];
  const digestWith = (asked: CreateOptions) =>
    digestOf(JSON.stringify([digestOf(campaign), list.sha256, asked, ...limits]));
  const { expect: _, ...checked } = options;
  return { ...given, isOwnList, digest: digestWith(options), checkDigest: digestWith(checked) };
}

export function refuseNoUpload(): Refused {
  return refuse(
    "upload_unknown",
    "There is no upload with this id: it was used, removed or expired, or another process has it.",
    "Upload the list again: PUT /api/lists.",
  );
}

async function readForm(context: ApiContext, uploads: Uploads): Promise<Result<CreateRequest>> {
  const form = await readFileForm(context, uploads, { fields: FIELDS, isKept: false });
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

const FIELDS = ["expect", "again", "first", "encoding"];

function formOptions({ refused, fields }: FileForm): Result<CreateOptions> {
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

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // No schema takes null.
    return null;
  }
}
