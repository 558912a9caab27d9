/**
 * What the bytes of a list alone show: the digest that identifies its import, and the encoding. In
 * this order: a byte order mark; NUL bytes at every other position, which is UTF-16 without a mark;
 * valid UTF-8 to the last byte; the encoding a person gave; a guess, if the letters leave no doubt.
 * A guess is reported as one and shown with some names, because only a person can verify it.
 */
import { isAscii } from "node:buffer";
import { createHash } from "node:crypto";
import { type Encoding, utf16Of } from "../../core/encoding.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { type Guess, guessEncoding } from "./encoding/guess.ts";
import { countUtf8, createUtf8Check } from "./encoding/utf8.ts";
import type { ListFile } from "./open.ts";

export interface ListBytes {
  /** SHA-256 of the unchanged bytes, hex. */
  readonly digest: string;
  readonly encoding: Encoding;
  /** The encoding was guessed, not given. */
  readonly encodingGuessed: boolean;
}

/**
 * Reads the whole list once. `given`: the encoding that a person named, which counts if the bytes
 * do not show it. Refuses a list that is nearly UTF-8, or declared as such, but is not
 * (`list_not_utf8`, with the line of the first wrong byte). Unless letters do not matter, also
 * refuses a list with several possible encodings (`encoding_unlikely`). Discard the result of an
 * aborted read.
 */
export async function readListBytes(
  list: ListFile,
  options: {
    given: Encoding | null;
    /** `digits`: only numbers are read from it, and these are the same in every encoding. */
    wanted?: "letters" | "digits";
    signal?: AbortSignal | undefined;
  },
): Promise<Result<ListBytes>> {
  const { given, wanted = "letters", signal } = options;
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
  if (given === "utf-8") return notUtf8(list.name, badLine, "although UTF-8 was given");
  if (given !== null) return certain(given);
  const sample = await readSample(list);
  const { characters, strays } = countUtf8(sample);
  if (characters > strays) return notUtf8(list.name, badLine, "although the rest of it is");
  const guess = guessEncoding(sample);
  if (!guess.isSure && wanted === "letters") return unlikely(list.name, guess);
  return accept({ digest, encoding: guess.encoding, encodingGuessed: true });
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

/** Longer lines are no rows of a list, and are taken in pieces. */
const LINE_BYTES_MAX = 1024 * 1024;

/**
 * Whole lines of the list with more than ASCII: the sample for its encoding. A piece may end inside
 * a line, and a line without such letters says nothing: so all of them count, the last one too.
 */
async function readSample(list: ListFile): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let begun = Buffer.alloc(0);
  function take(lines: Buffer): void {
    if (isAscii(lines)) return;
    pieces.push(Buffer.from(lines));
    bytes += lines.length;
  }
  await list.read((chunk) => {
    const text = Buffer.concat([begun, chunk]);
    const ends = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
    const end = ends === 0 && text.length > LINE_BYTES_MAX ? text.length : ends;
    take(text.subarray(0, end));
    begun = Buffer.from(text.subarray(end));
    return bytes < SAMPLE_BYTES;
  });
  if (bytes < SAMPLE_BYTES) take(begun);
  return Buffer.concat(pieces);
}

function hasUtf8Mark(head: Buffer): boolean {
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
}

/** The names are for the person who gave the list: they are not in the message, which is logged. */
function unlikely(name: string, { readings }: Guess): Refused {
  const [first] = readings;
  const { refusal } = refuse(
    "encoding_unlikely",
    `${name} does not declare its encoding, and its letters do not identify one for certain (${readings
      .map(({ encoding }) => encoding)
      .join(", ")} ...).`,
    `Name it with --encoding ${first?.encoding} or recipients: { encoding: ${first?.encoding} } ` +
      'in the campaign file, or save the list again as "CSV UTF-8".',
  );
  const problems = readings.map(({ encoding, words }) => ({
    name: encoding,
    message: `reads ${words.map((word) => `"${word}"`).join(", ")}`,
    fix: `If that is right: --encoding ${encoding}, or recipients: { encoding: ${encoding} }`,
  }));
  return { ok: false, refusal: { ...refusal, problems } };
}

function notUtf8(name: string, line: number, although: string): Refused {
  return refuse(
    "list_not_utf8",
    `${name} is not UTF-8: line ${line} holds bytes that are not, ${although}.`,
    "Save the list again as UTF-8 and look at that line: parts of it may come from another file.",
  );
}
