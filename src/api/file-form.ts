/**
 * A form that brings a list, as a browser or curl sends it (multipart): its files are streamed, so
 * a list of any size costs no memory.
 */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import type { ApiContext } from "./access.ts";
import { refuseIncomplete, shownName, type Upload, type Uploads } from "./uploads.ts";

/** Campaign files are written by hand: a larger one is something else. */
export const CAMPAIGN_BYTES_MAX = 1024 * 1024;
const FIELD_BYTES_MAX = 4 * 1024;

/** A form with files, read to its end. */
export interface FileForm {
  list: Upload | null;
  campaign: { readonly bytes: Buffer; readonly name: string } | null;
  readonly fields: Map<string, string>;
  refused: Refused | null;
}

const FILES = ["campaign", "list"];

/**
 * Reads a form of the parts `campaign` (into memory) and `list` (to the disk), and of `fields`.
 * Never rejects for what a sender does: that is in `refused`, and no list is kept then.
 */
export async function readFileForm(
  context: ApiContext,
  uploads: Uploads,
  { fields: wanted, isKept }: { readonly fields: readonly string[]; readonly isKept: boolean },
): Promise<FileForm> {
  const type = context.req.header("content-type") ?? "";
  const form: FileForm = { list: null, campaign: null, fields: new Map(), refused: null };
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
  const failures: unknown[] = [];
  const files = new Set<BusboyFileStream>();
  const begun = new Set<string>();
  parser.on("file", (name, file, filename) => {
    files.add(file);
    // Until it is read: a form that is cut off must not end the process.
    file.on("error", () => {});
    // Known at once: a part is in the form only when all of it is read.
    if (begun.has(name)) return refusal(refusePart(`${name} is given twice`));
    begun.add(name);
    reading.push(
      take(name, file, filename).then(
        (taken) => {
          if (!taken.ok) refusal(taken);
        },
        // Kept until the pipeline has ended: no one waits for it before.
        (error: unknown) => {
          failures.push(error);
          cut.abort();
        },
      ),
    );
  });
  parser.on("field", (name, value, _, isTruncated) => {
    if (!wanted.includes(name) || form.fields.has(name))
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
    // Cut off by the sender, by a refusal, or by a failure here.
    form.refused ??= refuseIncomplete();
    for (const file of files) file.destroy(new Error("cut off"));
  }
  await Promise.all(reading);
  if (form.list !== null && (form.refused !== null || failures.length > 0)) {
    await uploads.remove(form.list.id);
    form.list = null;
  }
  if (failures.length > 0) throw failures[0];
  return form;

  async function take(name: string, file: Readable, filename = ""): Promise<Result<unknown>> {
    if (name === "list") {
      const sent = { by: context.get("access").who, isKept };
      const list = await uploads.receive(file, filename, sent);
      if (list.ok) form.list = list.value;
      return list;
    }
    const bytes = await collect(file, CAMPAIGN_BYTES_MAX).catch(() => undefined);
    if (bytes === undefined) return refuseIncomplete();
    if (bytes === null) return refuseLarge(name);
    form.campaign = { bytes, name: shownName(filename, "campaign") };
    return accept(null);
  }
}

/** Null if there is more than `bytesMax`. */
export async function collect(source: Readable, bytesMax: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function refusePart(why: string): Refused {
  return refuse(
    "dashboard_body_invalid",
    `The form is not valid: ${why}.`,
    "Send the parts campaign and list, as in curl -F campaign=@sale.yaml -F list=@list.csv.",
  );
}

export function refuseLarge(what: string): Refused {
  return refuse(
    "upload_too_large",
    `The ${shown(what)} is too large. Nothing was stored.`,
    "A campaign file has up to 1 MiB; upload the list by PUT /api/lists or as the part list.",
  );
}

function shown(name: string): string {
  return name.replace(/[^\w-]/g, "?").slice(0, 40);
}
