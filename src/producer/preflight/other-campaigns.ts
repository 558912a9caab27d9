import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import type { Mode } from "../../core/mode.ts";
import { foldPhone } from "../../core/recipient.ts";
import { accept, type Result, refuse } from "../../core/refusal.ts";
import {
  type People,
  type RecentCampaign,
  serialOf,
  templateOf,
  type Windows,
} from "../../store/index.ts";
import { createSeenPhones, type SeenPhones } from "../phones/seen-phones.ts";

/**
 * How a person is involved in the number's other campaigns. A repeat is a campaign with the same
 * name or template: as far as can be known, the same message.
 */
export interface OtherCampaigns {
  /** The repeat that this person got within `recipients.skipRepeat`, or will get. */
  leftOut(phone: string): string | undefined;
  /** The repeat that this person got within `recipients.warnRepeat`. */
  got(phone: string): string | undefined;
  /** The unfinished campaign that this person is on. */
  on(phone: string): string | undefined;
  /** Campaigns that were not read because there are too many rows. */
  readonly unread: readonly Unread[];
}

type Unread = "repeats" | "other_campaigns";

const LIVE: readonly CampaignStatus[] = ["scheduled", "running", "paused"];

/**
 * The most rows read for warnings: about 6 s of reading and 50 MB. For people to be left out, all
 * rows are read.
 */
const ROWS_MAX = 2_000_000;
/** The most campaigns read for warnings: about 20 ms for every list. */
const CAMPAIGNS_MAX = 100;
const CAMPAIGNS_AHEAD = 16;

/** A query about the other campaigns of a number. */
interface OthersQuestion {
  readonly definition: CampaignDefinition;
  readonly mode: Mode;
  /** The campaign that the list becomes or belongs to; empty for a check. */
  readonly own: string;
  /** Whether to include campaigns that are not repeats. */
  readonly about: "repeats" | "all";
}

/**
 * Refuses a list whose repeats are to be left out while a repeat is being imported: its people are
 * not known yet (`import_in_progress`). `digest` is the list's own, whose import may continue.
 */
export async function waitForRepeats(
  people: People,
  { definition, mode, digest }: Pick<OthersQuestion, "definition" | "mode"> & { digest: string },
): Promise<Result<void>> {
  if (definition.recipients.skipRepeatMs === null) return accept(undefined);
  const { campaigns } = await people.recent(mode, { leaveOutMs: null, tellMs: null });
  const importing = campaigns.find(
    (campaign) =>
      campaign.status === "importing" &&
      campaign.digest !== digest &&
      isRepeat(campaign, definition),
  );
  return importing === undefined ? accept(undefined) : refuseImporting(importing.id);
}

/**
 * Reads the people of repeats and of unfinished campaigns, newest campaigns first. Refuses like
 * {@link waitForRepeats}. Call it once the list has its place among the campaigns: if two lists
 * that leave repeats out are imported at once, the later one is refused.
 */
export async function readOthers(
  people: People,
  question: OthersQuestion,
): Promise<Result<OtherCampaigns>> {
  const { definition, mode, own } = question;
  // Definitions stored by older versions have neither.
  const tellMs = definition.recipients.warnRepeatMs ?? null;
  const leaveOutMs = definition.recipients.skipRepeatMs ?? null;
  const asks = tellMs !== null || leaveOutMs !== null;
  const recent = await people.recent(mode, { leaveOutMs, tellMs });
  const [left, warned, going] = [createTable(), createTable(), createTable()];
  const unread = new Set<Unread>(recent.isCut ? ["repeats"] : []);
  const wanted: Wanted[] = [];
  const room = { rows: ROWS_MAX, campaigns: CAMPAIGNS_MAX };

  for (const campaign of recent.campaigns.filter(({ id }) => id !== own)) {
    const { id, status } = campaign;
    const repeat = asks && isRepeat(campaign, definition);
    if (status === "importing" && repeat) {
      // A later one that leaves repeats out sees this one, and is refused.
      if (own !== "" && campaign.skipsRepeats && serialOf(id) > serialOf(own)) continue;
      if (own !== "" && leaveOutMs !== null) return refuseImporting(id);
      unread.add("repeats");
    }
    const isLive = LIVE.includes(status);
    if (status === "importing" || !(repeat || (isLive && question.about === "all"))) continue;
    const fits = campaign.rows <= room.rows && room.campaigns > 0;
    if (!fits && !(repeat && leaveOutMs !== null)) {
      if (repeat) unread.add("repeats");
      if (isLive) unread.add("other_campaigns");
      continue;
    }
    room.rows -= campaign.rows;
    room.campaigns--;
    wanted.push({ ...campaign, repeat });
  }
  for await (const { id, repeat, some } of readAll(people, wanted, { leaveOutMs, tellMs })) {
    for (const { phone, got } of some) {
      if (!repeat) going.add(phone, id);
      else if (got === "leave_out" || (got === "waits" && leaveOutMs !== null)) left.add(phone, id);
      else if (got === "waits") going.add(phone, id);
      else warned.add(phone, id);
    }
  }
  return accept({ leftOut: left.of, got: warned.of, on: going.of, unread: [...unread] });
}

interface Wanted extends Pick<RecentCampaign, "id" | "rows"> {
  readonly repeat: boolean;
}

/** The people of campaigns in order, in chunks; prefetches the next campaigns. */
async function* readAll(people: People, wanted: readonly Wanted[], windows: Windows) {
  for (let from = 0; from < wanted.length; from += CAMPAIGNS_AHEAD) {
    const begun = wanted.slice(from, from + CAMPAIGNS_AHEAD).map(({ id, rows, repeat }) => {
      const reading = people.receivers(id, rows, repeat ? windows : null);
      const first = reading.next();
      // If another one fails, this one is never awaited.
      first.catch(() => {});
      return { id, repeat, reading, first };
    });
    for (const { id, repeat, reading, first } of begun) {
      for (let next = await first; next.done !== true; next = await reading.next()) {
        yield { id, repeat, some: next.value };
      }
    }
  }
}

function refuseImporting(campaign: string): Result<never> {
  return refuse(
    "import_in_progress",
    `${campaign}, of the same name or template, is being imported, and recipients.skipRepeat leaves its people out.`,
    `Wait until it is imported (dropcast show ${campaign}) or drop it (dropcast cancel ${campaign}), then give the list again.`,
  );
}

function isRepeat({ name, template }: RecentCampaign, definition: CampaignDefinition): boolean {
  return name === definition.name || template === templateOf(definition);
}

/** People, each with the first campaign that was added for them. */
function createTable() {
  const seen: SeenPhones = createSeenPhones();
  const campaigns: string[] = [];
  const places = new Map<string, number>();
  return {
    add(phone: string, campaign: string): void {
      let place = places.get(campaign);
      if (place === undefined) {
        place = campaigns.push(campaign);
        places.set(campaign, place);
      }
      seen.firstRow(foldPhone(phone), place);
    },
    of: (phone: string): string | undefined =>
      seen.size === 0 ? undefined : campaigns[seen.rowOf(foldPhone(phone)) - 1],
  };
}
