/**
 * Lists that were sent over HTTP, on the disk of this process: streamed, so that their size costs
 * no memory, bounded in size and number, and removed after use or a day.
 *
 *     <data folder>/uploads/<mode>/<id>.part/   is being received; left behind by a killed process
 *     <data folder>/uploads/<mode>/<id>/        complete: upload.json and the list under its name
 *
 * Live and sandbox have folders of their own: an import that the sandbox began is never continued
 * for real people.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { accept, type Refused, type Result, refuse } from "../core/refusal.ts";

export interface Upload {
  readonly id: string;
  /** The list's name, for people. */
  readonly name: string;
  /** Who sent it, as the audit names them. */
  readonly by: string;
  readonly bytes: number;
  readonly sha256: string;
  /** It waits for a later request; false: the request that brought it uses it, or it goes. */
  readonly isKept: boolean;
  /** ms since 1970. */
  readonly expiresAt: number;
}

export interface UploadLimits {
  readonly bytesMax: number;
  /** How many of one person may wait to be used, those that are being received included. */
  readonly keptMax: number;
  /** One that nothing was done with for this long gives way to another of the same person. */
  readonly untouchedMs: number;
  readonly keptMs: number;
  readonly receivingMax: number;
  /** A sender that sends nothing for this long is given up. */
  readonly idleMs: number;
}

/** Who sends a list, and whether it waits for a later request. */
type Sent = Pick<Upload, "by" | "isKept">;

export const UPLOAD_LIMITS: UploadLimits = {
  bytesMax: 1024 ** 3,
  keptMax: 8,
  untouchedMs: 3_600_000,
  keptMs: 24 * 3_600_000,
  receivingMax: 4,
  idleMs: 30_000,
};

const ID = /^[0-9a-f]{32}$/;
const META = "upload.json";
const PART = ".part";
/** Begins the name of a campaign file beside its list, while the list is checked or imported. */
export const CAMPAIGN_FILE = "campaign-";
/** A disk takes 255 bytes, some 143; a sign of another script is three or four of them. */
const NAME_BYTES_MAX = 120;

export function createUploads({ folder, limits }: { folder: string; limits: UploadLimits }) {
  const receiving: Sent[] = [];
  const folderOf = (id: string) => join(folder, id);
  const pathOf = ({ id, name }: Pick<Upload, "id" | "name">) => join(folderOf(id), name);

  async function entries(): Promise<string[]> {
    return (await readdir(folder).catch(missing)) ?? [];
  }

  async function find(id: string): Promise<Upload | undefined> {
    if (!ID.test(id)) return undefined;
    const text = await readFile(join(folderOf(id), META), "utf8").catch(missing);
    return text === undefined ? undefined : (JSON.parse(text) as Upload);
  }

  async function remove(id: string): Promise<void> {
    if (ID.test(id)) await rm(folderOf(id), { recursive: true, force: true });
  }

  async function list(): Promise<Upload[]> {
    const found = await Promise.all((await entries()).map(find));
    return found.filter((one) => one !== undefined);
  }

  /** Whether a person has room for one more; what nothing was done with for long gives way. */
  async function makeRoom(by: string): Promise<boolean> {
    const kept = (await list()).filter((one) => one.by === by && one.isKept !== false);
    const coming = receiving.filter((one) => one.by === by && one.isKept).length;
    const over = kept.length + coming - limits.keptMax;
    if (over <= 0) return true;
    const untouched = await Promise.all(kept.map(untouchedSince));
    const oldest = untouched.filter((one) => one !== null).sort((a, b) => a.atMs - b.atMs);
    if (oldest.length < over) return false;
    for (const { id } of oldest.slice(0, over)) await remove(id);
    return true;
  }

  /** Null: it was used lately, or is being checked or imported. */
  async function untouchedSince({
    id,
    name,
  }: Upload): Promise<{ id: string; atMs: number } | null> {
    const [found, names] = await Promise.all([
      stat(folderOf(id)).catch(missing),
      readdir(folderOf(id)).catch(missing),
    ]);
    if (found === undefined || found.mtimeMs + limits.untouchedMs > Date.now()) return null;
    const isUsed = names?.some((one) => one !== name && one.startsWith(CAMPAIGN_FILE)) === true;
    return isUsed ? null : { id, atMs: found.mtimeMs };
  }

  return {
    folderOf,
    pathOf,
    find,
    remove,

    /** Every complete upload. */
    list,

    /**
     * Stores what `source` gives, and nothing of it unless all has come. Refusals:
     * `uploads_too_many`, `upload_too_large`, `upload_too_slow`, `upload_incomplete`,
     * `data_dir_full`.
     */
    async receive(source: Readable, name: string, sent: Sent): Promise<Result<Upload>> {
      // The sender may leave before the first byte is read.
      source.on("error", () => {});
      if (receiving.length >= limits.receivingMax) return refuseReceiving();
      receiving.push(sent);
      const id = randomBytes(16).toString("hex");
      const part = `${folderOf(id)}${PART}`;
      try {
        if (sent.isKept && !(await makeRoom(sent.by))) return refuseKept(limits.keptMax);
        await mkdir(part, { recursive: true, mode: 0o700 });
        const called = listName(name);
        const written = await write(source, join(part, called), limits);
        if (!written.ok) return written;
        const expiresAt = Date.now() + limits.keptMs;
        const upload: Upload = { id, name: called, ...sent, ...written.value, expiresAt };
        await writeFile(join(part, META), JSON.stringify(upload), { mode: 0o600 });
        await rename(part, folderOf(id));
        return accept(upload);
      } finally {
        receiving.splice(receiving.indexOf(sent), 1);
        await rm(part, { recursive: true, force: true });
      }
    },

    /** Removes what was not used within a day, or not received to its end; `used` ones stay. */
    async sweep(isUsed: (id: string) => boolean): Promise<void> {
      for (const entry of await entries()) {
        const id = entry.replace(PART, "");
        const found = await stat(folderOf(entry)).catch(missing);
        if (found === undefined || isUsed(id)) continue;
        // A draft beside the list is saved again and again, which renews the folder's own time.
        const expiresAt = (await find(entry))?.expiresAt ?? found.mtimeMs + limits.keptMs;
        if (expiresAt > Date.now()) continue;
        await rm(folderOf(entry), { recursive: true, force: true });
      }
    },
  };
}

export type Uploads = ReturnType<typeof createUploads>;

class SlowUpload extends Error {}

async function write(
  source: Readable,
  path: string,
  { bytesMax, idleMs }: UploadLimits,
): Promise<Result<{ bytes: number; sha256: string }>> {
  const file = await open(path, "wx", 0o600);
  const idle = setTimeout(() => source.destroy(new SlowUpload()), idleMs);
  const hash = createHash("sha256");
  let bytes = 0;
  let isWriting = false;
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      idle.refresh();
      bytes += chunk.length;
      if (bytes > bytesMax) return refuseLarge(bytesMax);
      hash.update(chunk);
      isWriting = true;
      await file.appendFile(chunk);
      isWriting = false;
    }
    isWriting = true;
    await file.sync();
    return accept({ bytes, sha256: hash.digest("hex") });
  } catch (error) {
    if (isWriting) return refuseDisk(error);
    return error instanceof SlowUpload ? refuseSlow(idleMs) : refuseIncomplete();
  } finally {
    clearTimeout(idle);
    await file.close();
  }
}

/** A name without a folder and control characters; `otherwise` if nothing is left. */
export function shownName(given: string, otherwise: string): string {
  const base = (given.split(/[/\\]/).at(-1) ?? "").replace(/[\p{Cc}\p{Cs}]/gu, "").trim();
  const name = endOf(base).replace(/^[.\s]+/, "");
  return name === "" ? otherwise : name;
}

/** As much of the end as the disk takes, in whole signs. */
function endOf(name: string): string {
  const signs = Array.from(name);
  let bytes = 0;
  let at = signs.length;
  while (at > 0) {
    bytes += Buffer.byteLength(signs[at - 1] as string);
    if (bytes > NAME_BYTES_MAX) break;
    at--;
  }
  return signs.slice(at).join("");
}

/** It ends in `.csv`, as erasing a person expects of a list. */
function listName(given: string): string {
  const name = shownName(given, "list.csv");
  return /\.csv$/i.test(name) ? name : `${name}.csv`;
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
  throw error;
}

/** Also for the end of a form that is cut off. */
export function refuseIncomplete(): Refused {
  return refuse(
    "upload_incomplete",
    "The request ended before its body was complete. Nothing was stored.",
    "Send it again.",
  );
}

function refuseReceiving(): Refused {
  return refuse(
    "uploads_too_many",
    "Too many lists are being received at this moment. Nothing was stored.",
    "Send it again in a while.",
  );
}

function refuseKept(keptMax: number): Refused {
  return refuse(
    "uploads_too_many",
    `${keptMax} lists of yours wait to be used, which is the most. Nothing was stored.`,
    "Discard one on its page, under Begun before of New campaign, or by DELETE /api/lists/ID.",
  );
}

function refuseLarge(bytesMax: number): Refused {
  return refuse(
    "upload_too_large",
    `The list is larger than ${Math.round(bytesMax / 1024 ** 2)} MiB. Nothing was stored.`,
    "Split it, or import it with dropcast send, which takes up to 4 GiB.",
  );
}

function refuseSlow(idleMs: number): Refused {
  return refuse(
    "upload_too_slow",
    `Nothing of the body came for ${Math.round(idleMs / 1_000)} s. Nothing was stored.`,
    "Send it again over a better connection.",
  );
}

function refuseDisk(error: unknown): Refused {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") throw error;
  return refuse(
    "data_dir_full",
    `The list does not fit on the disk of the data folder (${code}). Nothing was stored.`,
    "Free some space, or set DROPCAST_DATA_DIR to a folder on another disk.",
  );
}
