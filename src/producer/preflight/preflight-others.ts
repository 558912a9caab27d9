import { foldPhone } from "../../core/recipient.ts";
import type { People } from "../../store/people.ts";
import { createSeenPhones } from "../phones/seen-phones.ts";

/** Who is on the campaigns of a number that are still going on. */
export interface OtherCampaigns {
  /** The campaign that this person is on, or undefined. */
  of(phone: string): string | undefined;
  /** Rows of live campaigns that were not looked at, because there are too many. */
  readonly unread: number;
}

/**
 * The most rows that are looked at: about 5 s of reading and 50 MB. Beyond it the report says that
 * not all campaigns were looked at.
 */
const ROWS_MAX = 2_000_000;

/** Reads the people of all live campaigns of the number, newest campaigns first. */
export async function readOthers(
  people: People,
  mode: "live" | "sandbox",
): Promise<OtherCampaigns> {
  const campaigns = await people.liveCampaigns(mode);
  const read: string[] = [];
  let unread = 0;
  let rows = 0;
  const seen = createSeenPhones();
  for (const { id, rows: more } of campaigns) {
    if (rows + more > ROWS_MAX) {
      unread += more;
      continue;
    }
    rows += more;
    read.push(id);
    for await (const batch of people.ofCampaign(id, more)) {
      for (const { phone } of batch) seen.firstRow(foldPhone(phone), read.length);
    }
  }
  return {
    unread,
    of: (phone) => (seen.size === 0 ? undefined : read[seen.rowOf(foldPhone(phone)) - 1]),
  };
}
