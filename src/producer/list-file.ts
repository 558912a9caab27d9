import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";
import { createUtf8Check } from "./utf8.ts";

/** The largest list that is read. 10 million rows of a hundred bytes are a quarter of it. */
export const LIST_BYTES_MAX = 4 * 1024 ** 3;

/** How much of the file is read at once. */
const CHUNK_BYTES = 64 * 1024;

/** A list opened for reading. It is read from one descriptor, so a file renamed meanwhile does no harm. */
export interface ListFile {
  /** The file's name without its folder: what people see. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The first bytes, enough to recognise what the file is and to find its header. */
  readonly head: Buffer;
  /**
   * Reads the file once from its beginning, in order. Each buffer is the callee's to keep.
   * `visit` answers false to stop early.
   */
  read(visit: (chunk: Buffer) => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a list and recognises by its content what is not a list: refusals `list_not_found`,
 * `list_not_readable`, `list_not_a_file`, `list_empty`, `list_too_large`, `list_not_csv`,
 * `list_not_utf8`. `links: "refuse"` (drop folder) also refuses a symbolic link.
 */
export async function openList(
  path: string,
  options: { links: "follow" | "refuse" },
): Promise<Result<ListFile>> {
  const name = basename(path);
  // Not blocking: opening a FIFO that nobody writes to would wait for ever.
  const noFollow = options.links === "refuse" ? constants.O_NOFOLLOW : 0;
  let handle: FileHandle;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
  } catch (error) {
    return cannotOpen(name, error);
  }
  const opened = await inspect(handle, name);
  if (!opened.ok) await handle.close();
  return opened;
}

/**
 * Reads the whole list once: the SHA-256 (hex) of its bytes. Refuses bytes that are not UTF-8
 * (`list_not_utf8`), with the line of the first one.
 */
export async function digestList(list: ListFile, signal?: AbortSignal): Promise<Result<string>> {
  const hash = createHash("sha256");
  const utf8 = createUtf8Check();
  await list.read((chunk) => {
    hash.update(chunk);
    utf8.push(chunk);
    return utf8.badLine() === null && signal?.aborted !== true;
  });
  utf8.end();
  const line = utf8.badLine();
  if (line !== null && signal?.aborted !== true) {
    return notUtf8(list.name, `line ${line} holds bytes that are not UTF-8`);
  }
  return accept(hash.digest("hex"));
}

async function inspect(handle: FileHandle, name: string): Promise<Result<ListFile>> {
  const stat = await handle.stat();
  if (!stat.isFile()) return notAFile(name);
  if (stat.size > LIST_BYTES_MAX) {
    return refuse(
      "list_too_large",
      `${name} is larger than 4 GiB.`,
      "Split the list into several files.",
    );
  }
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, 0);
  const head = buffer.subarray(0, bytesRead);
  const refused = recogniseOthers(name, head);
  if (refused !== null) return refused;
  return accept({
    name,
    sizeBytes: stat.size,
    head,
    read: (visit) => readAll(handle, visit),
    close: () => handle.close(),
  });
}

async function readAll(
  handle: FileHandle,
  visit: (chunk: Buffer) => boolean | Promise<boolean>,
): Promise<void> {
  let position = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    if (!(await visit(chunk.subarray(0, bytesRead)))) return;
  }
}

/** First bytes of what people drop instead of a CSV, and what to do about each. */
const OTHERS: readonly { magic: string; what: string; fix: string }[] = [
  { magic: "504b0304", what: "an Excel workbook or a zip archive", fix: "workbook" },
  { magic: "504b0506", what: "an empty zip archive", fix: "workbook" },
  { magic: "d0cf11e0a1b11ae1", what: "an old Excel workbook (.xls)", fix: "workbook" },
  { magic: "25504446", what: "a PDF", fix: "workbook" },
  { magic: "1f8b", what: "a gzip archive", fix: "archive" },
  { magic: "377abcaf271c", what: "a 7-Zip archive", fix: "archive" },
  { magic: "526172211a07", what: "a RAR archive", fix: "archive" },
];

function recogniseOthers(name: string, head: Buffer): Refused | null {
  const start = head.subarray(0, 8).toString("hex");
  const other = OTHERS.find(({ magic }) => start.startsWith(magic));
  if (other !== undefined) {
    return refuse(
      "list_not_csv",
      `${name} is ${other.what}, not a CSV file.`,
      other.fix === "archive"
        ? "Unpack it and give the CSV file inside."
        : 'Open it in the spreadsheet program and save it as "CSV UTF-8".',
    );
  }
  if (start.startsWith("fffe") || start.startsWith("feff")) return notUtf8(name, "it is UTF-16");
  // Text has no NUL bytes; text in UTF-16 without a mark has one in nearly every pair.
  let nuls = 0;
  for (const byte of head) if (byte === 0) nuls++;
  if (nuls > head.length / 8) return notUtf8(name, "it looks like UTF-16 or a binary file");
  const text = head.subarray(0, 3).equals(BOM) ? head.subarray(3) : head;
  if (text.toString("latin1").trim() === "" && head.length < CHUNK_BYTES) {
    return refuse(
      "list_empty",
      `${name} is empty.`,
      "Give a CSV file with a header line and at least one row.",
    );
  }
  return null;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

function notUtf8(name: string, why: string): Refused {
  return refuse(
    "list_not_utf8",
    `${name} is not UTF-8: ${why}.`,
    'Save it again with the encoding UTF-8 (in Excel: "CSV UTF-8").',
  );
}

function cannotOpen(name: string, error: unknown): Refused {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return refuse("list_not_found", `${name} does not exist.`, "Check the path of the list.");
  }
  // A link that is not followed, and a socket.
  if (code === "ELOOP" || code === "ENXIO") return notAFile(name);
  if (code === "EACCES" || code === "EPERM") {
    return refuse(
      "list_not_readable",
      `${name} may not be read by this user.`,
      "Give this user permission to read it.",
    );
  }
  // Dead disks and exhausted descriptors are no fault of the list.
  throw error;
}

function notAFile(name: string): Refused {
  return refuse(
    "list_not_a_file",
    `${name} is not a regular file.`,
    "Give a CSV file, not a folder, a link, a pipe or a device.",
  );
}
