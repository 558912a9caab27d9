import type { Redis } from "ioredis";
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import type { Mode } from "../../core/mode.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { fieldsOf } from "../hashes.ts";
import { batchesOf, campaignKeys, numberKeys, rowInBatch } from "../keys.ts";
import { phonesOfBlob } from "../ledger/batch-rows.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { PersonDigest } from "./person-digest.ts";

/** A person of a campaign, by the row they are written to. */
export interface CampaignPerson {
  readonly row: number;
  /** Digits with country code. */
  readonly phone: string;
}

/** A campaign that may still send, or has ended lately. */
export interface RecentCampaign {
  readonly id: string;
  readonly rows: number;
  readonly status: CampaignStatus;
  readonly name: string;
  /** Name and language of its template, as {@link templateOf} writes them. */
  readonly template: string;
  /** Whether it leaves out who got the same name or template lately. */
  readonly skipsRepeats: boolean;
  /** Of number, name and bytes of its list (import-store.ts). */
  readonly digest: string;
}

/** The campaigns that {@link People.recent} was asked for. */
export interface RecentCampaigns {
  /** Newest first. */
  readonly campaigns: readonly RecentCampaign[];
  /** Whether more have ended within `tellMs` than were looked at. */
  readonly isCut: boolean;
}

/** How long ago a message still counts, ms; null does not ask. */
export interface Windows {
  /** People to leave out. */
  readonly leaveOutMs: number | null;
  /** People to tell about. */
  readonly tellMs: number | null;
}

/** A person who got a campaign's message within one of the windows, or waits to get it. */
export interface Receiver {
  readonly phone: string;
  readonly got: "leave_out" | "tell" | "waits";
}

/** As who-got.lua writes them; 0 is nobody. */
const GOT: Readonly<Record<string, Receiver["got"]>> = { 1: "waits", 2: "leave_out", 3: "tell" };

/** Ended campaigns that are looked at to tell about them: some 10 ms, which each import pays. */
const TOLD_MAX = 200;

/** Batches read in one go: some hundred kilobytes. */
const BATCHES_AT_ONCE = 20;
/** Batches that one script looks through: about a millisecond of Redis, for which others wait. */
const BATCHES_A_CALL = 5;

/**
 * Who is on a number's campaigns, and who got what lately. Nothing here changes anything.
 *
 * There is no index of who got what: the ledger knows it, and the few campaigns that are asked
 * about are read through, which costs about 3 s a million rows and not one byte in between.
 */
export function createPeople(input: {
  redis: Redis;
  number: string;
  person: PersonDigest;
  run: RunScript;
}) {
  const { redis, number, person, run } = input;

  async function* blobsOf(campaign: string, rows: number): AsyncGenerator<[number, Buffer]> {
    const keys = campaignKeys(number, campaign);
    const batches = batchesOf(rows);
    let ahead = read(0);
    for (let first = 0; first < batches; first += BATCHES_AT_ONCE) {
      const blobs = await ahead;
      ahead = read(first + BATCHES_AT_ONCE);
      for (const [at, blob] of blobs.entries()) if (blob !== null) yield [first + at, blob];
    }

    /** Some batches from `first` on. */
    function read(first: number): Promise<(Buffer | null)[]> {
      const count = Math.max(0, Math.min(batches - first, BATCHES_AT_ONCE));
      const blobs = Promise.all(
        Array.from({ length: count }, (_, at) => redis.getBuffer(keys.batch(first + at))),
      );
      // Whoever stops half-way does not wait for them.
      blobs.catch(() => {});
      return blobs;
    }
  }

  async function read(id: string) {
    const fields = fieldsOf(
      "campaign",
      ...(["mode", "status", "rows", "name", "template", "skipRepeat", "digest"] as const),
    );
    const { campaign } = campaignKeys(number, id);
    const [its, status, rows, name, template, skip, digest] = await redis.hmget(
      campaign,
      ...fields,
    );
    const found: RecentCampaign = {
      ...{ id, rows: Number(rows), name: name ?? "", template: template ?? "" },
      ...{ status: status as CampaignStatus, skipsRepeats: Number(skip) > 0 },
      digest: digest ?? "",
    };
    return { its, campaign: found };
  }

  return {
    /** The digest that stands for the person behind a phone. */
    person,

    /**
     * Campaigns that may still send, all that ended within `leaveOutMs`, and those that ended last
     * within `tellMs`. However many there ever were, they are those of some weeks, and only a list
     * that leaves people out pays for all of these.
     */
    async recent(mode: Mode, { leaveOutMs, tellMs }: Windows): Promise<RecentCampaigns> {
      const nowMs = await redisTimeMs(redis);
      const since = (ms: number | null) => nowMs - (ms ?? 0);
      const { byEnd } = numberKeys(number);
      const [live, leftOut, told] = await Promise.all([
        redis.zrangebyscore(byEnd, "+inf", "+inf"),
        redis.zrangebyscore(byEnd, since(leaveOutMs), "(+inf"),
        redis.zrevrangebyscore(byEnd, "(+inf", since(tellMs), "LIMIT", 0, TOLD_MAX + 1),
      ]);
      const ids = new Set([...live, ...leftOut, ...told.slice(0, TOLD_MAX)]);
      const found = await Promise.all([...ids].map(read));
      const campaigns = found.flatMap(({ its, campaign }) => (its === mode ? [campaign] : []));
      campaigns.sort((a, b) => serialOf(b.id) - serialOf(a.id));
      return { campaigns, isCut: told.length > TOLD_MAX && (tellMs ?? 0) > (leaveOutMs ?? 0) };
    },

    /**
     * The people a campaign is for, in the order of its rows: without rejected rows and
     * duplicates. Streams the stored rows, in bounded memory.
     */
    async *ofCampaign(
      campaign: string,
      rows: number,
    ): AsyncGenerator<readonly CampaignPerson[], void> {
      for await (const [batch, blob] of blobsOf(campaign, rows)) {
        yield phonesOfBlob(blob).flatMap((phone, index) =>
          phone === "" ? [] : [{ row: rowInBatch(batch, index), phone }],
        );
      }
    },

    /**
     * Those of them who got the message lately, or wait to get it; a batch at a time. With no windows
     * everybody waits.
     */
    async *receivers(
      campaign: string,
      rows: number,
      windows: Windows | null,
    ): AsyncGenerator<readonly Receiver[], void> {
      let known: { first: number; digits: readonly string[] } = { first: -1, digits: [] };
      for await (const [batch, blob] of blobsOf(campaign, rows)) {
        const first = batch - (batch % BATCHES_A_CALL);
        if (first !== known.first && windows !== null) {
          const { leaveOutMs, tellMs } = windows;
          const digits = await run("who-got", {
            campaign,
            firstBatch: first,
            batches: BATCHES_A_CALL,
            leaveOutMs: leaveOutMs ?? 0,
            tellMs: tellMs ?? 0,
          });
          known = { first, digits: digits as string[] };
        }
        const own = known.digits[batch - first] ?? "";
        yield phonesOfBlob(blob).flatMap((phone, index) => {
          const got = windows === null ? "waits" : GOT[own.charAt(index)];
          return phone === "" || got === undefined ? [] : [{ phone, got }];
        });
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;

/** What is compared when it is asked whether two campaigns have the same template. */
export function templateOf({ template }: Pick<CampaignDefinition, "template">): string {
  return JSON.stringify([template.name, template.language.code]);
}

/** The number behind the last "-" of a campaign's id: a later campaign has a higher one. */
export function serialOf(id: string): number {
  return Number(/[0-9]+$/.exec(id)?.[0] ?? 0);
}
