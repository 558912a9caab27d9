import { dirname, join, relative } from "node:path";
import type { Refusal } from "../../core/refusal.ts";
import { campaignOfRejects } from "../rejects/rejects-peek.ts";
import {
  checkRegular,
  type DropFolders,
  findCampaign,
  isCampaign,
  isList,
  stemOf,
} from "./drop-files.ts";
import {
  type ClaimedList,
  failInInbox,
  noCampaign,
  SHARED_CAMPAIGN,
  takeList,
} from "./drop-list.ts";

/** What is known of the files in the inbox. Paths are relative to it. */
export interface Inbox {
  /** A file is there and whole, newly or still. Looks at the lists that it concerns. */
  present(file: string): Promise<void>;
  /** A file has been written to again, and is whole again. */
  changed(file: string): Promise<void>;
  gone(file: string): void;
  /** Resolves when no list is being looked at. */
  idle(): Promise<void>;
}

/**
 * Decides about the lists in the inbox: taken when they and their campaign files are whole, waited
 * with while a campaign file is missing, refused when they are no files to be read. Looking at a
 * list again is harmless, and two looks at once are one.
 */
export function createInbox(input: {
  folders: DropFolders;
  graceMs: number;
  say: (line: string) => void;
  signal: AbortSignal;
  taken: (list: ClaimedList) => void;
}): Inbox {
  const { folders, say, signal } = input;
  const whole = new Set<string>();
  const waiting = new Map<string, number>();
  const looking = new Map<string, Promise<void>>();

  function look(list: string): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const before = looking.get(list);
    if (before !== undefined) return before;
    const now = lookOnce(list)
      .catch((error: unknown) => say(`${list}: ${(error as Error).message}; it is tried again.`))
      .finally(() => looking.delete(list));
    looking.set(list, now);
    return now;
  }

  async function lookOnce(list: string): Promise<void> {
    const regular = await checkRegular(join(folders.inbox, list));
    if (regular === "gone") return gone(list);
    if (!regular.ok) return fail(list, regular.refusal);
    const campaign = await campaignOf(list);
    const ready = campaign === null ? await namesItsCampaign(list) : whole.has(campaign);
    if (campaign === null && !ready && hasWaited(list)) return fail(list, noCampaign(list));
    if (!ready || signal.aborted) return;
    const taken = await takeList(folders, list);
    gone(list);
    if (taken !== null) input.taken(taken);
  }

  /** A rejects file, corrected and dropped again, needs no campaign file. */
  async function namesItsCampaign(list: string): Promise<boolean> {
    const path = join(folders.inbox, list);
    return (await campaignOfRejects(path, { links: "refuse" })) !== null;
  }

  function hasWaited(list: string): boolean {
    const since = waiting.get(list) ?? performance.now();
    waiting.set(list, since);
    return performance.now() - since > input.graceMs;
  }

  async function fail(list: string, refusal: Refusal): Promise<void> {
    gone(list);
    const failed = await failInInbox(folders, { relative: list, refusal });
    if (failed !== null) say(`${list}: ${refusal.message} ${refusal.fix}`);
  }

  function gone(file: string): void {
    waiting.delete(file);
    whole.delete(file);
  }

  async function campaignOf(list: string): Promise<string | null> {
    const folder = join(folders.inbox, dirname(list));
    const own = await findCampaign(folder, stemOf(list));
    const path = own ?? (await findCampaign(folder, SHARED_CAMPAIGN));
    return path === null ? null : relative(folders.inbox, path);
  }

  async function changed(file: string): Promise<void> {
    whole.add(file);
    if (isList(file)) return look(file);
    if (!isCampaign(file)) return say(`${file}: left alone; lists end in .csv.`);
    for (const list of [...whole].filter((other) => isList(other) && sameFolder(other, file))) {
      await look(list);
    }
  }

  return {
    present: async (file) => (whole.has(file) && !isList(file) ? undefined : changed(file)),
    changed,
    gone,
    idle: async () => void (await Promise.all(looking.values())),
  };
}

function sameFolder(one: string, other: string): boolean {
  return dirname(one) === dirname(other);
}
