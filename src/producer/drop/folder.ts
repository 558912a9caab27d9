import { rm } from "node:fs/promises";
import { join } from "node:path";
import { accept, type Result } from "../../core/refusal.ts";
import type { ImportFile } from "../import-file.ts";
import { type Claims, createClaims } from "./claim.ts";
import { createDropLog, type DropLog } from "./drop-log.ts";
import { type DropFolders, dropFolders, makeDropFolders, makeFolder } from "./files.ts";
import type { FindCampaign } from "./handle-list.ts";
import { createInbox } from "./inbox.ts";
import { isIgnored, isList } from "./names.ts";
import { besideList, type DueRuns } from "./note.ts";
import type { NoteDrop } from "./note-drop.ts";
import { createDropQueue, type DropQueue } from "./queue.ts";
import { createDropRetention } from "./retention.ts";
import { createScan, type SeenFolder } from "./scan.ts";

/**
 * The drop folder: each list in `inbox/` becomes a campaign.
 *
 * Inbox and `processing/` are scanned repeatedly. File events would not do: they get lost (network
 * mounts, full queues), and only a second scan shows that a file is complete. Scanning twice is
 * harmless, because a list is taken by a rename behind a claim. The same scan finds what dead
 * producers left in `processing/`. So nothing here depends on an event or on a restart.
 */
export interface DropFolderOptions {
  readonly dir: string;
  readonly importFile: ImportFile;
  readonly noteDrop: NoteDrop;
  readonly findCampaign: FindCampaign;
  /** How long files are kept in `done/` and `failed/`; null: without limit. */
  readonly retentionMs: number | null;
  /** For people: one line for each event. No phones. */
  readonly say: (line: string) => void;
  readonly timing?: Partial<DropTiming>;
  /** What else puts lists into `processing/`: recurring campaign files. */
  readonly source?: DropSource;
}

/** Puts lists into `processing/` by itself, where they are claimed and imported as all others. */
export interface DropSource {
  readonly runs: DueRuns;
  /** Called once for a folder. */
  open(parts: DropParts): {
    /** Begins what is due. Called at each scan; does not wait for lists. */
    look(): Promise<void>;
    /** Resolves when nothing is in hand: soon after the signal is aborted. */
    idle(): Promise<void>;
  };
}

export interface DropParts {
  readonly folders: DropFolders;
  readonly claims: Claims;
  readonly queue: DropQueue;
  readonly log: DropLog;
  readonly signal: AbortSignal;
  readonly timing: DropTiming;
}

export interface DropTiming {
  /** Between two scans. */
  readonly scanEveryMs: number;
  /** A file is complete when it has not changed for this long. */
  readonly settleMs: number;
  /** How long an unchanged list waits for its campaign file. */
  readonly graceMs: number;
  /** After this long without a touch, the owner of a claim counts as dead. */
  readonly claimStaleMs: number;
  /** How long after a failure of Redis or the disk an import is retried. */
  readonly againMs: number;
}

/** `timeScale` divides the waits in tests. */
export function dropTiming(timeScale: number): DropTiming {
  return {
    scanEveryMs: 2_000 / timeScale,
    settleMs: 5_000 / timeScale,
    graceMs: 10_000 / timeScale,
    claimStaleMs: 15_000 / timeScale,
    againMs: 3_000 / timeScale,
  };
}

export interface DropFolder {
  /** Creates the folders and starts watching; refuses a folder that cannot work. */
  start(): Promise<Result<void>>;
  /** Takes no more lists; the ones in hand stay `importing`, to be resumed. */
  stop(): Promise<void>;
}

export function createDropFolder(options: DropFolderOptions): DropFolder {
  const { importFile, findCampaign, noteDrop, retentionMs, source } = options;
  const timing = { ...dropTiming(1), ...options.timing };
  const folders = dropFolders(options.dir);
  const log = createDropLog(options.say);
  const stopping = new AbortController();
  const { signal } = stopping;
  const claims = createClaims({ staleAfterMs: timing.claimStaleMs });
  const queue: DropQueue = createDropQueue({
    ...{ folders, importFile, findCampaign, noteDrop, log, signal, againMs: timing.againMs },
    runs: source?.runs ?? null,
    onSettled: (list, { report }) => inbox.settled(list, report.campaign),
  });
  const inbox = createInbox({
    ...{ folders, claims, log, signal, ...timing },
    hasRoom: queue.hasRoom,
    taken: queue.add,
  });
  const unreadable = (folder: string, error: Error): void =>
    log.condition(`folder ${folder}`, `${folder} cannot be scanned: ${error.message}`);
  const scanInbox = createScan(folders.inbox, unreadable);
  const scanProcessing = createScan(folders.processing, unreadable);

  const { claimStaleMs: staleAfterMs } = timing;
  const goOn = createTakeOver({ folders, claims, queue, log, signal, staleAfterMs });
  const retention =
    retentionMs === null ? null : createDropRetention({ folders, retentionMs, log });
  const recurring = source?.open({ folders, claims, queue, log, signal, timing });
  const mirrored = new Set<string>();

  async function look(): Promise<void> {
    const dropped = await scanInbox();
    for (const { path } of dropped) {
      if (!mirrored.has(path)) await mirror(folders, path);
      mirrored.add(path);
    }
    await inbox.look(dropped);
    for (const folder of await scanProcessing()) await goOn(folder);
    await recurring?.look();
    await retention?.step(Date.now());
  }

  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();

  function lookOn(): void {
    looking = look()
      .catch((error: Error) => log.condition("look", `The drop folder: ${error.message}`))
      .finally(() => {
        if (!signal.aborted) timer = setTimeout(lookOn, timing.scanEveryMs);
      });
  }

  return {
    async start() {
      const made = await makeDropFolders(folders);
      if (!made.ok) return made;
      lookOn();
      return accept(undefined);
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await looking;
      await retention?.close();
      await recurring?.idle();
      await queue.idle();
    },
  };
}

/** Resumes lists in `processing/` without a live owner, and cleans up leftover claims. */
function createTakeOver(input: {
  folders: DropFolders;
  claims: Claims;
  queue: DropQueue;
  log: DropLog;
  signal: AbortSignal;
  staleAfterMs: number;
}): (folder: SeenFolder) => Promise<void> {
  const { folders, claims, queue, log, signal } = input;

  return async ({ path, files }) => {
    const names = [...files.keys()];
    const lists = names.filter((name) => isList(name) && !isIgnored(name));
    const claimed = names.flatMap((name) => {
      const beside = besideList(name);
      return beside?.isClaim ? [beside.list] : [];
    });
    const held = new Set([...lists, ...claimed]);
    for (const name of held) {
      const csvPath = join(folders.processing, path, name);
      if (signal.aborted || queue.has(csvPath)) continue;
      const claim = await claims.takeOver(csvPath);
      if (claim === null) continue;
      log.line(`${join(path, name)}: found in processing; resuming it.`);
      queue.add({ folder: path, csvPath, claim });
    }
    for (const [name, { quietMs }] of files) {
      const list = besideList(name)?.list;
      if (list === undefined || held.has(list) || quietMs < input.staleAfterMs) continue;
      await rm(join(folders.processing, path, name), { force: true });
    }
  };
}

/** Gives the other folders the inbox's sub-folders in advance, so that people see them. */
async function mirror(folders: DropFolders, folder: string): Promise<void> {
  for (const other of [folders.processing, folders.done, folders.failed]) {
    await makeFolder(join(other, folder)).catch(() => {
      // Created again, and reported, when a list needs it.
    });
  }
}
