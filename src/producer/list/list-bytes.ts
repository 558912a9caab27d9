/**
 * What can be told of a list from its bytes alone: the digest that names its import, and the
 * encoding. In this order: a byte order mark; NUL bytes in every other place, which is UTF-16
 * without a mark; bytes that are UTF-8 to the last one; the encoding a person gave; a guess. A
 * guess is said to be one, and shown with some names, because only a person can judge it.
 */
import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import { type Encoding, utf16Of } from "../../core/encoding.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { guessEncoding } from "./guess-encoding.ts";
import type { ListFile } from "./list-file.ts";
import { countUtf8, createUtf8Check } from "./utf8.ts";

export interface ListBytes {
  /** SHA-256 of the bytes as they are, hex. */
  readonly digest: string;
  readonly encoding: Encoding;
  /** Nothing in the file and nobody said so. */
  readonly encodingGuessed: boolean;
}

/**
 * Reads the whole list once. `given`: the encoding that a person named, which counts where the
 * bytes do not say it themselves. Refuses what is nearly UTF-8, or said to be, and is not
 * (`list_not_utf8`, with the line of the first wrong byte). An aborted reading gives no use.
 */
export async function readListBytes(
  list: ListFile,
  options: { given: Encoding | null; signal?: AbortSignal | undefined },
): Promise<Result<ListBytes>> {
  const { given, signal } = options;
  const utf16 = utf16Of(list.head);
  const hash = createHash("sha256");
  const utf8 = createUtf8Check();
  await list.read((chunk) => {
    hash.update(chunk);
    if (utf16 === null) utf8.push(chunk);
    return signal?.aborted !== true;
  });
  utf8.end();
  const digest = hash.digest("hex");
  const certain = (encoding: Encoding) => accept({ digest, encoding, encodingGuessed: false });
  if (utf16 !== null) return certain(utf16);
  const badLine = utf8.badLine();
  if (badLine === null || signal?.aborted === true) return certain("utf-8");
  if (hasUtf8Mark(list.head)) {
    return notUtf8(list.name, badLine, "although it begins with the mark of UTF-8");
  }
  if (given === "utf-8") return notUtf8(list.name, badLine, "although UTF-8 was given for it");
  if (given !== null) return certain(given);
  const sample = await readSample(list);
  const { characters, strays } = countUtf8(sample);
  if (characters > strays) return notUtf8(list.name, badLine, "although the rest of it is");
  return accept({ digest, encoding: guessEncoding(sample), encodingGuessed: true });
}

/** SHA-256 (hex) of the list's bytes. */
export async function digestList(list: ListFile): Promise<string> {
  const hash = createHash("sha256");
  await list.read((chunk) => {
    hash.update(chunk);
    return true;
  });
  return hash.digest("hex");
}

const SAMPLE_BYTES = 256 * 1024;

/** Pieces of the list that hold more than ASCII: what the encoding is seen by. */
async function readSample(list: ListFile): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  await list.read((chunk) => {
    if (!isAscii(chunk)) {
      pieces.push(chunk);
      bytes += chunk.length;
    }
    return bytes < SAMPLE_BYTES;
  });
  return Buffer.concat(pieces);
}

function hasUtf8Mark(head: Buffer): boolean {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
}

function notUtf8(name: string, line: number, although: string): Refused {
  return refuse(
    "list_not_utf8",
    `${name} is not UTF-8: line ${line} holds bytes that are not, ${although}.`,
    "Save the list again as UTF-8 and look at that line: parts of it may come from another file.",
  );
}
