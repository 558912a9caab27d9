import { createHash } from "node:crypto";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { PersonTrace } from "../core/person-trace.ts";
import { filesBelow } from "../files/below.ts";
import { writeWhole } from "../files/whole-file.ts";
import { createRecordSplitter } from "./list-records.ts";

/** What was erased from the files of a folder. */
interface ErasedFiles {
  files: number;
  /** Lines removed from lists. */
  lines: number;
  /** Lists that are being imported: their rows must be erased from Redis later. */
  inProgress: string[];
}

const CHUNK_BYTES = 256 * 1024;
/** Longer than a phone number with everything between its digits. */
const OVERLAP = 512;

/**
 * Erases a person from all files below a folder. Lists lose the lines with the phone number; in
 * other files (reports, logs that are being written) stars replace the number in place. `skip`
 * names direct subfolders to leave alone. A list is rewritten under a hidden name and renamed, so
 * that readers see either version.
 */
export async function eraseFromFolder(
  folder: string,
  trace: PersonTrace,
  options: { skip: readonly string[]; inProgress: readonly string[] },
): Promise<ErasedFiles> {
  const erased: ErasedFiles = { files: 0, lines: 0, inProgress: [] };
  for (const { path, below, isFile } of await filesBelow(folder)) {
    const isIn = (name: string): boolean => below.startsWith(`${name}/`);
    if (!isFile || options.skip.some(isIn)) continue;
    const encoding = await findIn(path, trace);
    if (encoding === null) continue;
    if (options.inProgress.some(isIn)) {
      erased.inProgress.push(basename(below));
      continue;
    }
    erased.files++;
    if (isList(below)) erased.lines += await eraseFromList(path, trace, encoding);
    else await maskInPlace(path, trace);
  }
  return erased;
}

function isList(path: string): boolean {
  return [".csv", ".rejects"].includes(extname(path).toLowerCase());
}

/** Each maps every byte or pair of bytes to one character and back. */
type Encoding = "latin1" | "utf16le" | "utf16be";

/** The file's encoding if it contains the number, else null. */
async function findIn(path: Buffer, trace: PersonTrace): Promise<Encoding | null> {
  const file = await openFile(path, "r");
  if (file === null) return null;
  try {
    const encoding = await encodingOf(file);
    let tail = "";
    for await (const text of textOf(file, encoding)) {
      if (trace.found(tail + text)) return encoding;
      tail = text.slice(-OVERLAP);
    }
    return null;
  } finally {
    await file.close();
  }
}

async function eraseFromList(
  path: Buffer,
  trace: PersonTrace,
  encoding: Encoding,
): Promise<number> {
  const hidden = draftOf(path);
  const { mode } = await lstat(path);
  const from = await open(path, "r");
  let lines = 0;
  try {
    // What a killed erasure left.
    await rm(hidden, { force: true });
    const copyOthers = async (to: FileHandle): Promise<void> => {
      const splitter = createRecordSplitter();
      const keep = async (records: readonly string[]): Promise<void> => {
        const kept = records.filter((record) => !trace.found(record));
        lines += records.length - kept.length;
        await to.write(encode(kept.join(""), encoding));
      };
      for await (const text of textOf(from, encoding)) await keep(splitter.push(text));
      await keep(splitter.end());
    };
    await writeWhole(path, copyOthers, { draft: hidden, mode: mode & 0o777 });
  } finally {
    await from.close();
  }
  return lines;
}

/** The same at each erasure of the list, and no longer for a list with a long name. */
function draftOf(path: Buffer): Buffer {
  const nameAt = path.lastIndexOf("/") + 1;
  const digest = createHash("sha256").update(path.subarray(nameAt)).digest("hex").slice(0, 16);
  return Buffer.concat([path.subarray(0, nameAt), Buffer.from(`.${digest}.erase.tmp`)]);
}

/** Keeps the file's length, so that a process can append to it meanwhile. */
async function maskInPlace(path: Buffer, trace: PersonTrace): Promise<void> {
  const file = await openFile(path, "r+");
  if (file === null) return;
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES + OVERLAP, size - at);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      const text = buffer.toString("latin1", 0, bytesRead);
      const masked = trace.mask(text);
      if (masked !== text) await file.write(Buffer.from(masked, "latin1"), 0, bytesRead, at);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Null if the file was deleted meanwhile. */
async function openFile(path: Buffer, flags: "r" | "r+"): Promise<FileHandle | null> {
  try {
    return await open(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function encodingOf(file: FileHandle): Promise<Encoding> {
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  const [first, second, third] = buffer;
  if (first === 0xff && second === 0xfe) return "utf16le";
  if (first === 0xfe && second === 0xff) return "utf16be";
  // Without a BOM: every other byte of ordinary text is NUL.
  if (first !== 0 && second === 0 && third !== 0) return "utf16le";
  if (first === 0 && second !== 0 && third === 0) return "utf16be";
  return "latin1";
}

async function* textOf(file: FileHandle, encoding: Encoding): AsyncGenerator<string> {
  for (let at = 0; ; at += CHUNK_BYTES) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
    if (bytesRead === 0) return;
    const bytes = chunk.subarray(0, bytesRead);
    if (encoding === "utf16be") yield swapped(bytes).toString("utf16le");
    else yield bytes.toString(encoding);
  }
}

function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === "utf16be") return swapped(Buffer.from(text, "utf16le"));
  return Buffer.from(text, encoding);
}

function swapped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2))).swap16();
}
