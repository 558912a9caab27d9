import type { Dir } from "node:fs";
import { opendir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DropLog } from "./drop-log.ts";
import { type DropFolders, isGone, lstatOrNull } from "./files.ts";
import { stemOf } from "./names.ts";

/**
 * Deletes files of `done/` and `failed/` that are older than the retention time: lists hold phones.
 * Campaigns do not need them: their rows are in Redis, with their own retention time. Recently
 * written files are kept, such as a rejects file being corrected. The inbox and `processing/` are
 * never cleared: their files are still to be sent, or their outcome is not known.
 *
 * A folder may hold many thousands of files, so each step reads a fixed number of names, and the
 * next continues there. Any number of producers may do this at once.
 */
interface DropRetention {
  /** Checks the next files. */
  step(nowMs: number): Promise<void>;
  close(): Promise<void>;
}

const NAMES_A_STEP = 200;
/** Between two passes over both folders. */
const REST_MS = 60 * 60_000;
const DAY_MS = 24 * 3_600_000;

export function createDropRetention(input: {
  folders: DropFolders;
  retentionMs: number;
  log: DropLog;
}): DropRetention {
  const { folders, retentionMs, log } = input;
  const left: string[] = [];
  let open: { dir: Dir; path: string } | null = null;
  let startAtMs = Number.NEGATIVE_INFINITY;
  // Reports are deleted in a pass of their own, after the files whose age they show.
  let walk: "files" | "reports" = "files";
  let deleted = 0;

  /** The folder being read, or the next one; null when all have been read. */
  async function reading(): Promise<{ dir: Dir; path: string } | null> {
    while (open === null) {
      const path = left.pop();
      if (path === undefined) return null;
      try {
        open = { dir: await opendir(path), path };
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    return open;
  }

  async function close(): Promise<void> {
    const was = open;
    open = null;
    await was?.dir.close();
  }

  async function settle(path: string, name: string, nowMs: number): Promise<void> {
    const atMs = await keptSince(path, name, nowMs);
    if (atMs === null || nowMs - atMs < retentionMs) return;
    try {
      await rm(join(path, name), { force: true });
      deleted++;
    } catch (error) {
      const why = (error as Error).message;
      log.condition("retention", `An old file of a drop cannot be deleted: ${why}`);
    }
  }

  return {
    async step(nowMs) {
      if (nowMs < startAtMs) return;
      if (open === null && left.length === 0) left.push(folders.done, folders.failed);
      for (let names = 0; names < NAMES_A_STEP; names++) {
        const folder = await reading();
        if (folder === null) break;
        const entry = await folder.dir.read();
        if (entry === null) await close();
        else if (entry.isDirectory()) left.push(join(folder.path, entry.name));
        else if (isReport(entry.name) === (walk === "reports")) {
          await settle(folder.path, entry.name, nowMs);
        }
      }
      if (open !== null || left.length > 0) return;
      walk = walk === "files" ? "reports" : "files";
      if (walk === "reports") return;
      startAtMs = nowMs + REST_MS;
      if (deleted > 0) {
        const days = Math.round(retentionMs / DAY_MS);
        log.line(`${deleted} dropped files older than ${days} days were deleted.`);
      }
      deleted = 0;
    },
    close,
  };
}

function isReport(name: string): boolean {
  return name.endsWith(".report.json");
}

/**
 * Since when a file has been here: the time of its report, which was written when it came, or the
 * file's own times if it was written to since. Its own are those of the list, which may be years
 * old when it is dropped; without a report the time of its last rename counts as well. Null if it
 * is gone.
 */
async function keptSince(folder: string, name: string, nowMs: number): Promise<number | null> {
  const own = await lstatOrNull(join(folder, name));
  if (own === null) return null;
  const reports: number[] = [];
  for (const stem of new Set([
    name.replace(/\.(?:rejects\.csv|report\.json)$/, ""),
    stemOf(name),
  ])) {
    const report = await lstatOrNull(join(folder, `${stem}.report.json`));
    if (report !== null) reports.push(report.mtimeMs);
  }
  const times = [own.mtimeMs, ...(reports.length > 0 ? reports : [own.ctimeMs])];
  // A time in the future comes from a wrong clock and must not keep phones without limit.
  const past = times.filter((atMs) => atMs < nowMs + DAY_MS);
  return past.length > 0 ? Math.max(...past) : own.ctimeMs;
}
