import type { Redis } from "ioredis";
import type { CampaignStatus } from "../core/status.ts";
import { unpackRows } from "./batch-rows.ts";
import type { CampaignReader } from "./campaign-reader.ts";
import type { PersonDigest } from "./identity.ts";
import { batchesOf, campaignKeys, rowInBatch } from "./keys.ts";

/** A person of a campaign, by the row they are written to. */
export interface CampaignPerson {
  readonly row: number;
  /** Digits with country code. */
  readonly phone: string;
}

const LIVE: readonly CampaignStatus[] = ["scheduled", "running", "paused"];

/** Batches read in one go: some hundred kilobytes. */
const BATCHES_AT_ONCE = 20;

/** Who is on a number's campaigns. Nothing here changes anything. */
export function createPeople(input: {
  redis: Redis;
  number: string;
  person: PersonDigest;
  campaigns: Pick<CampaignReader, "list">;
}) {
  const { redis, number, person, campaigns } = input;
  return {
    /** The digest that stands for the person behind a phone. */
    person,

    /** Campaigns with people who may still be written to, newest first. */
    async liveCampaigns(mode: "live" | "sandbox"): Promise<{ id: string; rows: number }[]> {
      const all = await campaigns.list();
      return all
        .filter((campaign) => campaign.mode === mode && LIVE.includes(campaign.status))
        .map(({ id, rows }) => ({ id, rows }));
    },

    /**
     * The people a campaign is for, in the order of its rows: without rejected rows and
     * duplicates. Streams the stored rows (about 2.5 s of work a million), in bounded memory.
     */
    async *ofCampaign(
      campaign: string,
      rows: number,
    ): AsyncGenerator<readonly CampaignPerson[], void> {
      const keys = campaignKeys(number, campaign);
      const batches = batchesOf(rows);
      for (let first = 0; first < batches; first += BATCHES_AT_ONCE) {
        const last = Math.min(batches, first + BATCHES_AT_ONCE);
        const indexes = Array.from({ length: last - first }, (_, at) => first + at);
        const blobs = await Promise.all(indexes.map((index) => redis.getBuffer(keys.batch(index))));
        for (const [at, blob] of blobs.entries()) {
          if (blob !== null) yield peopleOf(blob, first + at);
        }
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;

function peopleOf(blob: Buffer, batch: number): CampaignPerson[] {
  const people: CampaignPerson[] = [];
  for (const [index, { phone, note }] of unpackRows(blob).entries()) {
    // A note that is a number is the row that this one is a duplicate of.
    if (phone !== "" && typeof note !== "number") {
      people.push({ row: rowInBatch(batch, index), phone });
    }
  }
  return people;
}
