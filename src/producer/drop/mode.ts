/**
 * Decides whose the drop folder is. A list in it does not show its mode, so a live producer and a
 * sandbox never watch the same folder, and lists dropped for the sandbox are never sent to real
 * people:
 *
 * - From the first live start on, `drops/` is live (marked by `.live`). The sandbox then uses
 *   `drops/sandbox/`, which has the same four folders.
 * - Before that a sandbox may use `drops/`: it holds a claim in it (`.sandbox-….claim`), keeps
 *   checking for `.live`, and moves to `drops/sandbox/` when it appears.
 * - A live producer first marks the folder. It starts to watch when no sandbox holds the folder and
 *   the lists left for the sandbox (`.sandbox` marks that there may be some) have been moved to
 *   `drops/sandbox/`.
 *
 * Each writes its own mark before it checks for the other's: if both start at once, the sandbox
 * leaves and the live producer waits. Every step may be repeated after a crash.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mode } from "../../core/mode.ts";
import { accept, type Result } from "../../core/refusal.ts";
import { type FileBelow, filesBelow } from "../../files/below.ts";
import { type Claim, type Claims, createClaims } from "./claim.ts";
import { dropFolders, lstatOrNull, makeDropFolders, moveFile } from "./files.ts";
import type { DropFolder } from "./folder.ts";
import { isShared } from "./names.ts";
import { newNote } from "./note.ts";

export interface ModeDropsOptions {
  /** The configured drop folder. */
  readonly dir: string;
  readonly mode: Mode;
  /** Creates the watch of one folder. */
  readonly open: (dir: string) => DropFolder;
  readonly say: (line: string) => void;
  readonly timing?: { readonly lookEveryMs: number; readonly claimStaleMs: number };
}

export interface ModeDrops extends DropFolder {
  /** The folder being watched. */
  dir(): string;
}

/** The sandbox's drop folder once `drops/` is live; `erase` knows the name, too. */
const SANDBOX_FOLDER = "sandbox";
/** Recurring campaign files; beside the four folders. */
export const RECURRING_FOLDER = "recurring";
const LIVE_MARK = ".live";
const SANDBOX_MARK = ".sandbox";
const SANDBOX_CLAIM = /^\.(sandbox-[0-9a-f]+)\.claim$/;

const TIMING = { lookEveryMs: 500, claimStaleMs: 15_000 };

/** The folder that a producer of this mode watches, or would watch if it started now. */
export function dropsOf({ dropsDir, mode }: { dropsDir: string; mode: Mode }): string {
  const moved = mode === "sandbox" && existsSync(join(dropsDir, LIVE_MARK));
  return moved ? join(dropsDir, SANDBOX_FOLDER) : dropsDir;
}

/** The drop folder of one mode; see above. Refusals: those of {@link DropFolder}. */
export function createModeDrops(options: ModeDropsOptions): ModeDrops {
  return options.mode === "live" ? liveDrops(options) : sandboxDrops(options);
}

function liveDrops({ dir, open, say, timing = TIMING }: ModeDropsOptions): ModeDrops {
  const folder = open(dir);
  const stopping = new AbortController();
  return {
    dir: () => dir,
    async start() {
      const made = await makeDropFolders(dropFolders(dir));
      if (!made.ok) return made;
      await mark(dir, LIVE_MARK);
      const claims = createClaims({ staleAfterMs: timing.claimStaleMs });
      for (let isLogged = false; await isHeldBySandbox(dir, claims); isLogged = true) {
        if (stopping.signal.aborted) return accept(undefined);
        if (!isLogged) say("Waiting for the sandbox to leave the drop folder.");
        await sleep(timing.lookEveryMs);
      }
      if ((await lstatOrNull(join(dir, SANDBOX_MARK))) !== null) await moveSandboxLists(dir, say);
      return folder.start();
    },
    async stop() {
      stopping.abort();
      await folder.stop();
    },
  };
}

function sandboxDrops({ dir, open, say, timing = TIMING }: ModeDropsOptions): ModeDrops {
  const own = join(dir, SANDBOX_FOLDER);
  const claims = createClaims({ staleAfterMs: timing.claimStaleMs });
  const isLive = async (): Promise<boolean> => (await lstatOrNull(join(dir, LIVE_MARK))) !== null;
  let at = dir;
  let folder = open(dir);
  let held: Claim | null = null;
  let timer: NodeJS.Timeout | null = null;
  let moving: Promise<void> | null = null;

  /** Null if the folder is live. */
  async function hold(): Promise<Result<Claim | null>> {
    if (await isLive()) return accept(null);
    const made = await makeDropFolders(dropFolders(dir));
    if (!made.ok) return made;
    const name = `sandbox-${randomBytes(8).toString("hex")}`;
    const taken = await claims.claim(join(dir, name), newNote(name, null));
    if (await isLive()) {
      await taken?.end();
      return accept(null);
    }
    await mark(dir, SANDBOX_MARK);
    return accept(taken);
  }

  async function moveOn(): Promise<void> {
    if (!(await isLive())) return;
    if (timer !== null) clearInterval(timer);
    await folder.stop();
    await held?.end();
    held = null;
    at = own;
    folder = open(own);
    const started = await folder.start();
    say(
      started.ok
        ? `${join(dir, "inbox")} is LIVE now. Drop lists for the sandbox into ${join(own, "inbox")}`
        : started.refusal.message,
    );
  }

  return {
    dir: () => at,
    async start() {
      const holding = await hold();
      if (!holding.ok) return holding;
      held = holding.value;
      if (held === null) {
        at = own;
        folder = open(own);
        return folder.start();
      }
      timer = setInterval(() => {
        moving ??= moveOn()
          .catch((error: unknown) => say(`The drop folder: ${(error as Error).message}`))
          .finally(() => {
            moving = null;
          });
      }, timing.lookEveryMs);
      return folder.start();
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      await moving;
      await folder.stop();
      await held?.end();
      if (held !== null) await unmark(dir, claims);
    },
  };
}

/** The last sandbox removes its mark: what is dropped from now on is not meant for it. */
async function unmark(dir: string, claims: Claims): Promise<void> {
  const lists = await sandboxLists(dir);
  if (lists.length > 0 || (await isHeldBySandbox(dir, claims))) return;
  await rm(join(dir, SANDBOX_MARK), { force: true });
  // A sandbox that started in between has already set the mark.
  if (await isHeldBySandbox(dir, claims)) await mark(dir, SANDBOX_MARK);
}

/**
 * For a live producer the mark is optional: in a read-only folder no sandbox has a claim either.
 */
async function mark(dir: string, name: string): Promise<void> {
  await writeFile(join(dir, name), "", { mode: 0o600 }).catch(() => {});
}

/** Whether a live sandbox watches the folder; removes the claims of dead ones. */
async function isHeldBySandbox(dir: string, claims: Claims): Promise<boolean> {
  for (const name of await readdir(dir)) {
    const [, claimed] = SANDBOX_CLAIM.exec(name) ?? [];
    if (claimed === undefined) continue;
    // It has no list, so taking over a stale claim ends it.
    await claims.takeOver(join(dir, claimed));
    if ((await lstatOrNull(join(dir, name))) !== null) return true;
  }
  return false;
}

/** Moves lists meant for the sandbox to the folder it watches from now on. */
async function moveSandboxLists(dir: string, say: (line: string) => void): Promise<void> {
  const to = join(dir, SANDBOX_FOLDER);
  let moved = 0;
  for (const { path, below } of await sandboxLists(dir)) {
    const target = await freePath(join(to, below));
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    if (await moveFile(path, target)) moved++;
  }
  await rm(join(dir, SANDBOX_MARK), { force: true });
  if (moved > 0) say(`${moved} files that were dropped for the sandbox are in ${to} now.`);
}

/**
 * Files dropped for the sandbox, and those it had in hand. Shared campaign files stay: they send
 * nothing by themselves. Recurring ones do.
 */
async function sandboxLists(dir: string): Promise<Pick<FileBelow, "path" | "below">[]> {
  const { inbox, processing } = dropFolders(dir);
  const lists = [...(await filesOf(dir, inbox)), ...(await filesOf(dir, processing))];
  const recurring = await filesOf(dir, join(dir, RECURRING_FOLDER));
  return [...lists.filter(({ below }) => !isShared(below)), ...recurring];
}

/** Those of one folder of the drop folder, each with its way from there. */
async function filesOf(dir: string, folder: string): Promise<Pick<FileBelow, "path" | "below">[]> {
  const found = await filesBelow(folder);
  return found.map(({ path, below }) => ({ path, below: join(relative(dir, folder), below) }));
}

/** In a new sub-folder if the name is taken: nothing is overwritten. */
async function freePath(wanted: string): Promise<string> {
  let path = wanted;
  for (let nth = 2; (await lstatOrNull(path)) !== null; nth++) {
    path = join(dirname(wanted), String(nth), relative(dirname(wanted), wanted));
  }
  return path;
}
