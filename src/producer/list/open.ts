import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { utf16Of } from "../../core/encoding.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";

/** The largest list that is read. 10 million rows of a hundred bytes take a quarter of it. */
export const LIST_BYTES_MAX = 4 * 1024 ** 3;

/** How much of the file is read at once. */
const CHUNK_BYTES = 64 * 1024;

/**
 * A list opened for reading. It is read from one descriptor, so renaming the file meanwhile is
 * harmless.
 */
export interface ListFile {
  /** The file's name without its folder, as shown to people. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The unchanged first bytes, enough to recognise the file type and to find the header. */
  readonly head: Buffer;
  /**
   * Reads the file once from its beginning, in order. A piece holds until the next but one is
   * read: what is needed longer has to be copied. `visit` returns false to stop early.
   */
  read(visit: (chunk: Buffer) => boolean | Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a list and recognises other files by their content: refusals `list_not_found`,
 * `list_not_readable`, `list_not_a_file`, `list_empty`, `list_too_large`, `list_not_csv`. `links:
 * "refuse"` (drop folder) also refuses a symbolic link.
 */
export async function openList(
  path: string,
  options: { links: "follow" | "refuse" },
): Promise<Result<ListFile>> {
  const name = basename(path);
  let handle: FileHandle;
  try {
    handle = await openToRead(path, options);
  } catch (error) {
    return cannotOpen(name, error);
  }
  const opened = await inspect(handle, name);
  if (!opened.ok) await handle.close();
  return opened;
}

/** Never waits: opening a FIFO without a writer would not return. */
export function openToRead(
  path: string,
  { links }: { links: "follow" | "refuse" },
): Promise<FileHandle> {
  const noFollow = links === "refuse" ? constants.O_NOFOLLOW : 0;
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
}

/** A list that ends in the middle of a line may still be arriving. */
export async function endsWithLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
  return /[\r\n]/.test(buffer.toString("latin1", 0, bytesRead));
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
  const refused = recogniseOthers(name, head, stat.size);
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
  // A new buffer for each piece would be freed at the next full collection only, 50 MB later:
  // while the store is waited for, a piece becomes old. The parser needs the one before, too.
  const buffers = [Buffer.allocUnsafeSlow(CHUNK_BYTES), Buffer.allocUnsafeSlow(CHUNK_BYTES)];
  let position = 0;
  for (let turn = 0; ; turn++) {
    const chunk = buffers[turn % buffers.length] as Buffer;
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    if (!(await visit(chunk.subarray(0, bytesRead)))) return;
  }
}

function cannotOpen(name: string, error: unknown): Refused {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") {
    return refuse("list_not_found", `${name} does not exist.`, "Check the path of the list.");
  }
  // A link that is not followed, and a socket.
  if (code === "ELOOP" || code === "ENXIO") return notAFile(name);
  if (code === "EACCES" || code === "EPERM") {
    return refuse(
      "list_not_readable",
      `${name} cannot be read: permission denied.`,
      "Give this user permission to read it.",
    );
  }
  // Dead disks and exhausted descriptors are not the list's fault.
  throw error;
}

function notAFile(name: string): Refused {
  return refuse(
    "list_not_a_file",
    `${name} is not a regular file.`,
    "Give a CSV file, not a folder, a link, a pipe or a device.",
  );
}

/** First bytes of files that people drop instead of a CSV, and advice for each. */
const OTHERS: readonly { magic: string; what: string; fix: keyof typeof FIXES }[] = [
  { magic: "504b0304", what: "an Excel workbook (.xlsx) or a zip archive", fix: "workbook" },
  { magic: "504b0506", what: "an empty zip archive", fix: "archive" },
  { magic: "d0cf11e0a1b11ae1", what: "an old Excel workbook (.xls)", fix: "workbook" },
  { magic: "25504446", what: "a PDF", fix: "pdf" },
  { magic: "1f8b", what: "a gzip archive", fix: "archive" },
  { magic: "377abcaf271c", what: "a 7-Zip archive", fix: "archive" },
  { magic: "526172211a07", what: "a RAR archive", fix: "archive" },
];

/** The same for other text; programs save web pages and XML under the names of workbooks. */
const OTHER_TEXTS: readonly { begin: RegExp; what: string; fix: keyof typeof FIXES }[] = [
  { begin: /^<(?:!doctype|html|head|meta|body|table)\b/i, what: "a web page", fix: "page" },
  { begin: /^<\?xml\b/i, what: "an XML file", fix: "page" },
  { begin: /^\{\\rtf/, what: "a text document (RTF)", fix: "text" },
  { begin: /^begin:vcard/i, what: "a list of contacts (vCard)", fix: "text" },
  { begin: /^(?:\{\s*"|\[\s*[{[])/, what: "JSON", fix: "text" },
];

const FIXES = {
  page: 'Open it in a spreadsheet program and save it as "CSV UTF-8".',
  text: 'Save the list as "CSV UTF-8" in the program that it comes from.',
  workbook:
    'Open it in the spreadsheet program and save it as "CSV UTF-8"; an archive has to be unpacked.',
  archive: "Unpack it and give the CSV file inside.",
  pdf: "Ask for the list as a CSV or as a workbook: a PDF is made for reading and printing.",
} as const;

/**
 * Refuses other file types by their content: `list_not_csv` (workbooks, archives, PDF, anything
 * binary) and `list_empty`. `head`: the first bytes of the file of `sizeBytes`.
 */
function recogniseOthers(name: string, head: Buffer, sizeBytes: number): Refused | null {
  const start = head.subarray(0, 8).toString("hex");
  const other = OTHERS.find(({ magic }) => start.startsWith(magic));
  if (other !== undefined) {
    return refuse("list_not_csv", `${name} is ${other.what}, not a CSV file.`, FIXES[other.fix]);
  }
  if (utf16Of(head) !== null) return null;
  const binary = binaryByte(head);
  if (binary !== null) {
    return refuse(
      "list_not_csv",
      `${name} contains bytes that do not occur in text (${binary}): it is not a CSV file.`,
      FIXES.text,
    );
  }
  const text = head.subarray(0, 3).equals(BOM) ? head.subarray(3) : head;
  const beginning = text.toString("latin1", 0, 100).trimStart();
  const otherText = OTHER_TEXTS.find(({ begin }) => begin.test(beginning));
  if (otherText !== undefined) {
    const { what, fix } = otherText;
    return refuse("list_not_csv", `${name} is ${what}, not a CSV file.`, FIXES[fix]);
  }
  if (text.length + 3 >= sizeBytes && text.toString("latin1").trim() === "") {
    return refuse(
      "list_empty",
      `${name} is empty.`,
      "Give a CSV file with a header line and at least one row.",
    );
  }
  return null;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Text has tabs, line ends and perhaps a stray control character, but not one in fifty bytes. The
 * first of them, and where it is; null: it is text.
 */
function binaryByte(head: Buffer): string | null {
  let count = 0;
  for (const byte of head) if (isControl(byte)) count++;
  if (count <= head.length / 50) return null;
  const first = head.findIndex(isControl);
  const line = head
    .subarray(0, first)
    .toString("latin1")
    .split(/\r\n|\n|\r/).length;
  return `0x${(head[first] ?? 0).toString(16).padStart(2, "0")} on line ${line}`;
}

function isControl(byte: number): boolean {
  return byte < 9 || (byte > 13 && byte < 32 && byte !== 26);
}
