import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { endsWithLine, LIST_BYTES_MAX, openToRead } from "../list/open.ts";
import { type FoundList, newestList } from "./newest.ts";
import type { Given } from "./stage.ts";

/** How often a list that is still being written is looked at before it is left for later. */
const LOOKS_MAX = 10;

/**
 * Copies the newest list of a folder. As in the inbox, a list is complete when it has not changed
 * for a while, and for longer if it ends in the middle of a line.
 */
export async function copyNewest(
  folder: string,
  input: { to: string; settleMs: number; graceMs: number; signal: AbortSignal },
): Promise<Given> {
  const { to, settleMs, graceMs, signal } = input;
  try {
    let list = await newestList(folder);
    for (let look = 0; look < LOOKS_MAX; look++) {
      if (list === null) return { kind: "none", outcome: "empty", why: "there is no list" };
      const source = await openToRead(list.path, { links: "refuse" });
      try {
        await sleep((await endsWithLine(source)) ? settleMs : graceMs, undefined, { signal });
        const again: FoundList | null = await newestList(folder);
        const isSame = again?.path === list.path && again.look === list.look;
        if (isSame) return await copyList(source, list, to);
        list = again;
      } finally {
        await source.close();
      }
    }
    return { kind: "trouble", why: `${list?.name ?? "the list"} is still being written` };
  } catch (error) {
    if (signal.aborted) return { kind: "trouble", why: "it was interrupted" };
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      kind: "trouble",
      why: `the newest list of its folder cannot be copied (${code ?? message})`,
    };
  }
}

async function copyList(source: FileHandle, { name }: FoundList, to: string): Promise<Given> {
  const found = await source.stat();
  if (found.size > LIST_BYTES_MAX) return { kind: "trouble", why: `${name} is over 4 GiB` };
  const hash = createHash("sha256");
  await pipeline(
    source.createReadStream({ autoClose: false, start: 0 }),
    hashing(hash),
    createWriteStream(to, { flags: "wx", mode: 0o600, flush: true }),
  );
  const { size, mtimeMs } = await source.stat();
  if (size !== found.size || mtimeMs !== found.mtimeMs) {
    return { kind: "trouble", why: `${name} was changed while it was read` };
  }
  return { kind: "list", digest: hash.digest("hex"), etag: "", etagOf: "" };
}

/** Passes bytes on, and hashes them. */
function hashing(hash: { update(chunk: Buffer): unknown }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
