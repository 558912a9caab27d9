/**
 * A backup file: a line that names the format, a line of JSON, the RDB file of each Redis after a
 * line with its length, and a line with the SHA-256 of all before it. So a file that was cut off or
 * damaged is recognised before anything is restored from it. With a key the whole is inside an age
 * file (backup-key.ts).
 *
 *     dropcast-backup 1
 *     {"madeAt":"2026-11-30T09:00:00.000Z","dropcast":"1.0.0","redis":"7.0.15","db":0,"parts":1}
 *     {"bytes":48211}
 *     REDIS0010… (48,211 bytes)
 *     {"sha256":"…"}
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { syncFolder, writeWhole } from "../files/whole-file.ts";
import { type BackupKey, decryptWith, encryptFor } from "./backup-key.ts";

const FORMAT = "dropcast-backup 1";
const ANY_FORMAT = /^dropcast-backup (\d+)$/;
const AGE = "age-encryption.org/";
const LINE_MAX = 4_096;
const NEWLINE = 10;

const aboutSchema = z.object({
  madeAt: z.string(),
  /** The version of Dropcast that made it. */
  dropcast: z.string(),
  /** The version of the Redis that it is a copy of. */
  redis: z.string(),
  /** The database in it that holds Dropcast's keys. */
  db: z.number().int().nonnegative(),
  parts: z.number().int().positive(),
});

/** What a backup says about itself. */
export type AboutBackup = z.output<typeof aboutSchema>;

/** One RDB file, on its way into a backup. */
export interface BackupPart {
  readonly bytes: number;
  readonly chunks: AsyncIterable<Buffer>;
}

/**
 * Writes a backup to `path`, which must not exist; it appears there when it is complete and on the
 * disk, readable for its owner alone. Rejects if a part or the disk fails; then nothing is left.
 */
export async function writeBackup(input: {
  path: string;
  about: AboutBackup;
  parts: AsyncIterable<BackupPart>;
  key: BackupKey | null;
}): Promise<{ bytes: number }> {
  const { path, about, parts, key } = input;
  const plain = linesAndParts(about, parts);
  const stream = () => toWeb(Readable.from(plain, { objectMode: false }));
  await writeWhole(path, key === null ? plain : await encryptFor(key, stream()), {
    draft: `${path}.partial`,
    async mayReplace() {
      // Never over a file that has appeared meanwhile.
      await (await open(path, "wx", 0o600)).close();
      return true;
    },
  });
  await syncFolder(dirname(path));
  return { bytes: (await stat(path)).size };
}

async function* linesAndParts(
  about: AboutBackup,
  parts: AsyncIterable<BackupPart>,
): AsyncGenerator<Buffer> {
  const sum = createHash("sha256");
  const counted = (chunk: Buffer): Buffer => {
    sum.update(chunk);
    return chunk;
  };
  const line = (text: string): Buffer => Buffer.from(`${text}\n`);
  yield counted(line(FORMAT));
  yield counted(line(JSON.stringify(about)));
  for await (const { bytes, chunks } of parts) {
    yield counted(line(JSON.stringify({ bytes })));
    for await (const chunk of chunks) yield counted(chunk);
    yield counted(line(""));
  }
  yield line(JSON.stringify({ sha256: sum.digest("hex") }));
}

/** A backup that was read whole: its RDB files, in `dir`. */
interface ReadBackup {
  readonly about: AboutBackup;
  readonly files: readonly string[];
}

/** Reads and checks a whole backup, and puts its RDB files into `dir`. */
export async function readBackup(input: {
  path: string;
  key: BackupKey | null;
  dir: string;
}): Promise<Result<ReadBackup>> {
  const { path, key, dir } = input;
  const opened = await openPlain(path, key);
  if (!opened.ok) return opened;
  try {
    return await readPlain(path, createReader(opened.value), dir);
  } catch (error) {
    if (isDisk(error)) throw error;
    return damaged(path, error instanceof Error ? error.message : String(error));
  }
}

async function openPlain(
  path: string,
  key: BackupKey | null,
): Promise<Result<AsyncIterable<Uint8Array>>> {
  let start: string;
  try {
    start = await startOf(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse("backup_unreadable", `${path} cannot be read: ${why}.`, "Check the path.");
  }
  if (!start.startsWith(AGE)) return accept(createReadStream(path));
  if (key === null || key.kind === "public") {
    return refuse(
      "backup_key_needed",
      key === null
        ? `${path} is encrypted.`
        : `${path} is encrypted, and a public key cannot decrypt it.`,
      "Name the file with the private key or the passphrase: --key-file FILE.",
    );
  }
  try {
    return accept(await decryptWith(key, toWeb(createReadStream(path))));
  } catch {
    return refuse(
      "backup_key_wrong",
      `${path} was not encrypted for this key.`,
      "Use the key that it was made with, or the private key that belongs to it.",
    );
  }
}

async function startOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(AGE.length), 0, AGE.length, 0);
    return buffer.subarray(0, bytesRead).toString("latin1");
  } finally {
    await file.close();
  }
}

async function readPlain(path: string, reader: Reader, dir: string): Promise<Result<ReadBackup>> {
  const format = await reader.line();
  if (format !== FORMAT) return notOurs(path, ANY_FORMAT.exec(format)?.[1]);
  const about = aboutSchema.parse(JSON.parse(await reader.line()));
  const files: string[] = [];
  for (let part = 0; part < about.parts; part += 1) {
    const { bytes } = z
      .object({ bytes: z.number().int().nonnegative() })
      .parse(JSON.parse(await reader.line()));
    const file = join(dir, `part-${part}.rdb`);
    await pipeline(reader.bytes(bytes), createWriteStream(file, { flags: "wx", mode: 0o600 }));
    files.push(file);
    if ((await reader.line()) !== "") return damaged(path, "a part does not end where it should");
  }
  const sum = reader.sum();
  const { sha256 } = z.object({ sha256: z.string() }).parse(JSON.parse(await reader.line()));
  if (sha256 !== sum) return damaged(path, "its checksum is another");
  return accept({ about, files });
}

interface Reader {
  line(): Promise<string>;
  bytes(count: number): AsyncIterable<Buffer>;
  /** SHA-256 of what was read so far. */
  sum(): string;
}

function createReader(source: AsyncIterable<Uint8Array>): Reader {
  const incoming = source[Symbol.asyncIterator]();
  const hash = createHash("sha256");
  let buffer: Buffer = Buffer.alloc(0);

  async function more(): Promise<void> {
    const { value, done } = await incoming.next();
    if (done === true) throw new Error("it ends too early");
    buffer = buffer.length === 0 ? Buffer.from(value) : Buffer.concat([buffer, value]);
  }
  function take(count: number): Buffer {
    const taken = buffer.subarray(0, count);
    buffer = buffer.subarray(count);
    hash.update(taken);
    return taken;
  }

  return {
    async line() {
      for (;;) {
        const end = buffer.indexOf(NEWLINE);
        if (end >= 0)
          return take(end + 1)
            .subarray(0, end)
            .toString("utf8");
        if (buffer.length > LINE_MAX) return "";
        await more();
      }
    },
    async *bytes(count) {
      for (let left = count; left > 0; ) {
        if (buffer.length === 0) await more();
        const taken = take(Math.min(left, buffer.length));
        left -= taken.length;
        yield taken;
      }
    },
    sum: () => hash.copy().digest("hex"),
  };
}

function toWeb(stream: Readable): ReadableStream<Uint8Array> {
  return Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
}

function notOurs(path: string, version: string | undefined): Result<never> {
  return refuse(
    "backup_unreadable",
    version === undefined
      ? `${path} is not a backup of Dropcast.`
      : `${path} is a backup of format ${version}, which this version does not know.`,
    version === undefined
      ? "Check the path."
      : "Use the version of Dropcast that made it, or newer.",
  );
}

function damaged(path: string, why: string): Result<never> {
  return refuse(
    "backup_damaged",
    `${path} is damaged (${why}): nothing was restored.`,
    "Use another copy of it, or an older backup.",
  );
}

function isDisk(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}
