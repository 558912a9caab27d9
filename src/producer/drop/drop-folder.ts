import { mkdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { accept, type Result } from "../../core/refusal.ts";
import type { ImportFile } from "../import/import-file.ts";
import { createClaimWatch } from "./drop-claim.ts";
import { type DropFolders, dropFolders, isIgnored, isList, makeDropFolders } from "./drop-files.ts";
import { createInbox, type Inbox } from "./drop-inbox.ts";
import { createDropQueue, type DropQueue } from "./drop-queue.ts";
import { scanFiles } from "./drop-scan.ts";

/**
 * The drop folder: a list in `inbox/` becomes a campaign.
 *
 * A list is looked at when the watcher says that it is whole, or when two scans in a row found it
 * unchanged: file events get lost (network mounts, full queues), scans do not. Looking twice is
 * harmless, because taking is a rename behind a claim. The same scan finds what others left in
 * `processing/` when they died. So nothing here depends on an event or on a restart.
 *
 * A list may come before its campaign file: it waits for it for a while.
 */
export interface DropFolderOptions {
  readonly dir: string;
  readonly importFile: ImportFile;
  /** For people: one line for each thing that happens. No phones. */
  readonly say: (line: string) => void;
  /** For mounts without file events (NFS, SMB, Docker Desktop). */
  readonly watching?: "events" | "polling";
  readonly timing?: Partial<DropTiming>;
}

export interface DropTiming {
  /** A file is whole when it has not grown for so long. */
  readonly settleMs: number;
  readonly scanEveryMs: number;
  /** How long a list waits for its campaign file. */
  readonly graceMs: number;
  /** How long a claim in `processing/` is untouched before its owner counts as dead. */
  readonly claimStaleMs: number;
  /** How long after a failure of Redis or the disk a list is tried again. */
  readonly againMs: number;
}

const TIMING: DropTiming = {
  settleMs: 1_000,
  scanEveryMs: 2_000,
  graceMs: 10_000,
  claimStaleMs: 15_000,
  againMs: 3_000,
};

export interface DropFolder {
  /** Makes the folders and starts watching; refuses a folder that cannot work. */
  start(): Promise<Result<void>>;
  /** Takes no more lists, and leaves the ones in hand `importing`, to be gone on with. */
  stop(): Promise<void>;
}

export function createDropFolder(options: DropFolderOptions): DropFolder {
  const { say } = options;
  const timing = { ...TIMING, ...options.timing };
  const folders = dropFolders(options.dir);
  const stopping = new AbortController();
  const { signal } = stopping;
  const { importFile } = options;
  const queue = createDropQueue({ folders, importFile, say, signal, againMs: timing.againMs });
  const { graceMs } = timing;
  const inbox = createInbox({ folders, graceMs, say, signal, taken: (list) => queue.add(list) });
  const scan = createScan({ folders, inbox, queue, say, signal, timing });
  let watcher: FSWatcher | null = null;
  let timer: NodeJS.Timeout | null = null;

  return {
    async start() {
      const made = await makeDropFolders(folders);
      if (!made.ok) return made;
      watcher = watchInbox({ folders, inbox, say, timing, watching: options.watching ?? "events" });
      timer = setInterval(() => scan.start(), timing.scanEveryMs);
      scan.start();
      return accept(undefined);
    },
    async stop() {
      stopping.abort();
      if (timer !== null) clearInterval(timer);
      await watcher?.close();
      await scan.idle();
      await inbox.idle();
      await queue.idle();
    },
  };
}

/** Looks through inbox and processing, one scan at a time. */
function createScan(input: {
  folders: DropFolders;
  inbox: Inbox;
  queue: DropQueue;
  say: (line: string) => void;
  signal: AbortSignal;
  timing: DropTiming;
}): { start(): void; idle(): Promise<void> } {
  const { folders, inbox, queue, say, signal } = input;
  const claims = createClaimWatch({ staleAfterMs: input.timing.claimStaleMs });
  const dropped = scanFiles(folders.inbox);
  const left = scanFiles(folders.processing);
  let scanning: Promise<void> | null = null;

  async function scan(): Promise<void> {
    for (const file of await dropped.steady()) await inbox.present(file);
    for (const file of await left.all()) {
      const csvPath = join(folders.processing, file);
      if (signal.aborted || !isList(file) || queue.has(csvPath)) continue;
      const claim = await claims.takeOver(csvPath);
      if (claim === null) continue;
      say(`${file}: found in processing; going on with it.`);
      queue.add({ folder: dirname(file), csvPath, claim });
    }
  }

  return {
    start() {
      scanning ??= scan()
        .catch((error: unknown) =>
          say(`The drop folder cannot be read: ${(error as Error).message}`),
        )
        .finally(() => {
          scanning = null;
        });
    },
    idle: async () => void (await scanning),
  };
}

function watchInbox(input: {
  folders: DropFolders;
  inbox: Inbox;
  say: (line: string) => void;
  timing: DropTiming;
  watching: "events" | "polling";
}): FSWatcher {
  const { folders, inbox, say } = input;
  const below = (path: string): string => relative(folders.inbox, path);
  const tell = (error: unknown): void => say(`Watching the inbox: ${(error as Error).message}`);
  return watch(folders.inbox, {
    awaitWriteFinish: { stabilityThreshold: input.timing.settleMs, pollInterval: 100 },
    followSymlinks: false,
    usePolling: input.watching === "polling",
    ignored: (path) => path !== folders.inbox && isIgnored(path),
  })
    .on("add", (path) => void inbox.changed(below(path)).catch(tell))
    .on("change", (path) => void inbox.changed(below(path)).catch(tell))
    .on("unlink", (path) => inbox.gone(below(path)))
    .on("addDir", (path) => void mirror(folders, below(path)))
    .on("error", tell);
}

/** The other folders have inbox's folders before anything is dropped, so that people see them. */
async function mirror(folders: DropFolders, folder: string): Promise<void> {
  for (const other of [folders.processing, folders.done, folders.failed]) {
    await mkdir(join(other, folder), { recursive: true, mode: 0o700 }).catch(() => {
      // It is made again, and told, when a list needs it.
    });
  }
}
