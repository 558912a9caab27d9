import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Refusal } from "../../core/refusal.ts";
import { readCampaignFile } from "../import-file.ts";
import { endsWithLine, openList, openToRead } from "../list/open.ts";
import { campaignOfRejects } from "../rejects/peek.ts";
import { emptyReport } from "../report.ts";
import type { Claims } from "./claim.ts";
import type { DropLog } from "./drop-log.ts";
import { checkRegular, type DropFolders } from "./files.ts";
import { createMatches, createMemory, createTroubles } from "./memory.ts";
import {
  type FolderNames,
  fold,
  isCampaign,
  isIgnored,
  isList,
  isShared,
  readNames,
  stemOf,
} from "./names.ts";
import { noCampaign, notAList, suspectedCampaign, unclearCampaign } from "./refusals.ts";
import type { SeenFolder } from "./scan.ts";
import { failInInbox } from "./settle.ts";
import { type CampaignOfList, type ClaimedList, takeList } from "./take.ts";

/**
 * Decides about the files in the inbox. A list is taken when it and its campaign file are complete,
 * waits while one is missing or may still come, and is refused if it cannot be read or if it is not
 * clear which campaign file is meant. Files that are neither lists nor campaign files are refused
 * too. A file is complete when it has not changed for a while. Apart from how long each file has
 * been unchanged, no state is kept between scans, so restarts and any number of producers are safe.
 */
interface Inbox {
  look(folders: readonly SeenFolder[]): Promise<void>;
  /** How lists were sent, so that a campaign file that comes too late can be reported. */
  settled(list: ClaimedList, campaign: string | null): void;
}

interface InboxInput {
  readonly folders: DropFolders;
  readonly claims: Claims;
  /** A file is complete when it has been unchanged for this long. */
  readonly settleMs: number;
  /** A list that may still get its campaign file has to be unchanged for this long. */
  readonly graceMs: number;
  /** How long a file that could not be taken is left alone; doubles with each failure. */
  readonly againMs: number;
  readonly log: DropLog;
  readonly signal: AbortSignal;
  readonly hasRoom: () => boolean;
  readonly taken: (list: ClaimedList) => void;
}

export function createInbox(input: InboxInput): Inbox {
  const { folders, settleMs, graceMs, log, signal } = input;
  /** Lists that were sent by the shared campaign file: folder and folded stem -> how. */
  const sharedBy = createMemory<{ list: string; campaign: string | null }>();
  const matched = createMatches();
  const troubles = createTroubles(input.againMs);

  async function lookAt(folder: SeenFolder, name: string): Promise<void> {
    if (isIgnored(name)) return;
    const file = join(folder.path, name);
    if ((folder.files.get(name)?.quietMs ?? 0) < settleMs) return log.clear(file);
    if (isList(name)) return lookAtList(folder, name);
    if (isCampaign(name)) return lookAtCampaign(folder, name);
    if (quiet(folder, name) >= graceMs) await fail(file, await whyNoList(file));
  }

  async function lookAtList(folder: SeenFolder, name: string): Promise<void> {
    const file = join(folder.path, name);
    const match = namesOf(folder).match(name);
    const matchedMs = matched.sinceMs(file, match);
    const canBeSent = match.kind === "own" || match.kind === "shared";
    if (canBeSent && !input.hasRoom()) return;
    const own = match.kind === "own" ? match.name : null;
    const regular = await checkRegular(join(folders.inbox, file));
    if (regular === "gone") return;
    if (!regular.ok) return fail(file, regular.refusal, own);
    const old = quiet(folder, name) >= graceMs;
    const waited = old && (own !== null || matchedMs >= settleMs);
    if (match.kind === "own") {
      if (waited || (await looksComplete(join(folders.inbox, file)))) {
        await takeWith(folder, name, match);
      }
      return;
    }
    if (await namesItsCampaign(file)) return take(folder, name, null);
    switch (match.kind) {
      case "shared":
        return waited ? takeWith(folder, name, match) : logWait(folder, name, match.name);
      case "none":
        return waited ? fail(file, noCampaign(name)) : undefined;
      case "unclear":
        return waited ? fail(file, unclearCampaign(name, match.why)) : undefined;
      case "suspected":
        if (waited && quiet(folder, match.name) >= graceMs) {
          return fail(file, suspectedCampaign(name, match.name));
        }
        log.condition(file, `${file}: waits for ${match.name} to become its campaign file.`);
    }
  }

  function logWait(folder: SeenFolder, name: string, shared: string): void {
    const file = join(folder.path, name);
    const line = `${file}: waits for a campaign file of its own for ${graceMs / 1_000} s, then it is sent by ${shared}.`;
    log.condition(file, line);
  }

  /** The campaign file has to be complete too: a mistake in a new one may mean half a file. */
  async function takeWith(
    folder: SeenFolder,
    name: string,
    campaign: CampaignOfList,
  ): Promise<void> {
    const file = join(folder.path, name);
    const path = join(folders.inbox, folder.path, campaign.name);
    const regular = await checkRegular(path);
    if (regular === "gone" || quiet(folder, campaign.name) < settleMs) return;
    if (!regular.ok) return fail(file, regular.refusal);
    const read = await readCampaignFile(path);
    if (!read.ok && quiet(folder, campaign.name) < graceMs) return;
    if (!read.ok && read.refusal.code === "campaign_not_readable") return fail(file, read.refusal);
    await take(folder, name, campaign);
  }

  async function take(
    folder: SeenFolder,
    name: string,
    campaign: CampaignOfList | null,
  ): Promise<void> {
    if (signal.aborted || !input.hasRoom()) return;
    const file = join(folder.path, name);
    const quietMs = quiet(folder, name);
    if (campaign?.kind === "shared") {
      // Its own file may have come during the scan.
      const entries = await readdir(join(folders.inbox, folder.path), { withFileTypes: true });
      const names = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
      if (readNames(names).match(name).kind !== "shared") return;
    }
    const list = await takeList(input, { relative: file, campaign, quietMs });
    log.clear(file);
    if (list === null) return;
    remember(list, null);
    input.taken(list);
  }

  /** A corrected rejects file that is dropped again needs no campaign file. */
  async function namesItsCampaign(file: string): Promise<boolean> {
    const path = join(folders.inbox, file);
    return (await campaignOfRejects(path, { links: "refuse" })) !== null;
  }

  async function fail(file: string, refusal: Refusal, own: string | null = null): Promise<void> {
    if (signal.aborted) return;
    const report = { ...emptyReport(basename(file)), refusal };
    const moved = await failInInbox(folders, { relative: file, own, report });
    log.clear(file);
    if (moved !== null) log.line(`${file}: ${refusal.message} ${refusal.fix}`);
  }

  /** A campaign file without its list: the list comes later, or was sent by another file. */
  function lookAtCampaign(folder: SeenFolder, name: string): void {
    const file = join(folder.path, name);
    const waits = quiet(folder, name) >= graceMs && !isShared(name);
    if (!waits || namesOf(folder).hasListFor(name)) return;
    const sent = sharedBy.get(join(folder.path, fold(stemOf(name))));
    log.condition(file, sent === undefined ? waitsForList(file) : cameLate(file, sent));
  }

  function remember({ folder, claim }: ClaimedList, campaign: string | null): void {
    const { dropped: list, campaignFile } = claim.note;
    const key = join(folder, fold(stemOf(list)));
    if (campaignFile?.kind === "shared") sharedBy.set(key, { list, campaign });
    else sharedBy.delete(key);
  }

  return {
    async look(seen) {
      matched.newLook();
      for (const folder of seen) {
        for (const [name, { look }] of folder.files) {
          if (signal.aborted) return;
          const file = join(folder.path, name);
          if (troubles.isLeftAlone(file, look)) continue;
          await lookAt(folder, name).catch((error: Error) => {
            troubles.note(file, look);
            log.condition(file, `${file}: ${error.message}; it will be retried.`);
          });
        }
      }
    },
    settled: remember,
  };

  async function whyNoList(file: string): Promise<Refusal> {
    const path = join(folders.inbox, file);
    const regular = await checkRegular(path);
    if (regular !== "gone" && !regular.ok) return regular.refusal;
    const opened = await openList(path, { links: "refuse" });
    if (!opened.ok) return opened.refusal;
    await opened.value.close();
    return notAList(file);
  }
}

const read = new WeakMap<SeenFolder, FolderNames>();

/** A scanned folder does not change: its names are read once. */
function namesOf(folder: SeenFolder): FolderNames {
  const known = read.get(folder) ?? readNames([...folder.files.keys()]);
  read.set(folder, known);
  return known;
}

function quiet(folder: SeenFolder, name: string): number {
  return folder.files.get(name)?.quietMs ?? 0;
}

async function looksComplete(path: string): Promise<boolean> {
  const file = await openToRead(path, { links: "refuse" });
  try {
    return await endsWithLine(file);
  } finally {
    await file.close();
  }
}

function waitsForList(file: string): string {
  return `${file}: there is no list ${stemOf(file)}.csv beside it; the file is kept until one arrives.`;
}

function cameLate(file: string, sent: { list: string; campaign: string | null }): string {
  const { list, campaign } = sent;
  const as = campaign === null ? "" : ` as ${campaign}`;
  const stop =
    campaign === null ? "See dropcast list; to" : `To stop it: dropcast cancel ${campaign}. To`;
  return `${file}: came after ${list} had been taken with the campaign file of the folder${as}, and was not used. ${stop} send ${list} by it, drop the list again.`;
}
