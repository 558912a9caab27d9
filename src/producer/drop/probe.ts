import { randomBytes } from "node:crypto";
import { open, opendir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** A failed step that the drop folder needs; `code` is the system's. */
export interface FailedStep {
  /** Completes the sentence "cannot …". */
  readonly step: string;
  readonly code: string;
}

/**
 * Tries everything that the drop folder does in its folders with an empty hidden file: create it
 * exclusively, write it to the disk, rename it from folder to folder, list and delete it. Returns
 * what failed and leaves nothing behind. Skips folders that do not exist.
 */
export async function probeSteps(folders: readonly string[]): Promise<FailedStep[]> {
  const there: string[] = [];
  for (const folder of folders) {
    if (await isFolder(folder)) there.push(folder);
  }
  const name = `.dropcast-probe-${randomBytes(6).toString("hex")}`;
  const failed: FailedStep[] = [];
  const attempt = async (step: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      failed.push({ step, code });
      return false;
    }
  };
  for (const folder of there) await probeFolder(join(folder, name), attempt);
  for (const [at, folder] of there.entries()) {
    const next = there[(at + 1) % there.length] ?? folder;
    if (next === folder) continue;
    const from = join(folder, name);
    const step = `rename a file from ${basename(folder)} to ${basename(next)}`;
    if (failed.length === 0) {
      await attempt(step, async () => {
        await (await open(from, "wx", 0o600)).close();
        await rename(from, join(next, name));
      });
    }
    await rm(from, { force: true }).catch(() => {});
    await rm(join(next, name), { force: true }).catch(() => {});
  }
  return failed;
}

async function probeFolder(
  path: string,
  attempt: (step: string, work: () => Promise<unknown>) => Promise<boolean>,
): Promise<void> {
  const folder = dirname(path);
  const where = basename(folder);
  const made = await attempt(`make a file in ${where}`, async () => {
    const file = await open(path, "wx", 0o600);
    await file.close();
  });
  if (!made) return;
  await attempt(`keep a second file of one name out of ${where}`, async () => {
    const second = await open(path, "wx", 0o600).catch((error: NodeJS.ErrnoException) => error);
    if (second instanceof Error && second.code === "EEXIST") return;
    if (second instanceof Error) throw second;
    await second.close();
    throw Object.assign(new Error("not exclusive"), { code: "made twice" });
  });
  await attempt(`write a file in ${where}`, async () => {
    const file = await open(path, "r+");
    try {
      await file.writeFile("probe");
      // A file system may be unable to sync; it must not fail to write.
      await file.sync().catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EIO" || error.code === "ENOSPC" || error.code === "EDQUOT") throw error;
      });
    } finally {
      await file.close();
    }
  });
  await attempt(`list ${where}`, async () => {
    const listing = await opendir(folder);
    await listing.read();
    await listing.close();
  });
  await attempt(`delete a file in ${where}`, () => rm(path));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
