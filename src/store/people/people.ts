import type { Redis } from "ioredis";
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import type { Mode } from "../../core/mode.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { fieldsOf } from "../hashes.ts";
import { campaignKeys, numberKeys } from "../keys.ts";
import { readBatchPhones } from "../ledger/read-batch.ts";
import { batchesOf, rowInBatch } from "../rows.ts";
import { RECEIVED } from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { PersonDigest } from "./person-digest.ts";

/** A person of a campaign, with their row. */
interface CampaignPerson {
  readonly row: number;
  /** Digits with country code. */
  readonly phone: string;
}

/** A campaign that may still send, or that ended recently. */
export interface RecentCampaign {
  readonly id: string;
  readonly rows: number;
  readonly status: CampaignStatus;
  readonly name: string;
  /** Name and language of its template, as {@link templateOf} formats them. */
  readonly template: string;
  /** Whether it leaves out people who got the same name or template recently. */
  readonly skipsRepeats: boolean;
  /** Of number, name and bytes of its list (import-store.ts). */
  readonly digest: string;
  /** The pool that it is a part of. */
  readonly pool: string | null;
}

/** The result of {@link People.recent}. */
interface RecentCampaigns {
  /** Newest first. */
  readonly campaigns: readonly RecentCampaign[];
  /** Whether more campaigns ended within `tellMs` than were read. */
  readonly isCut: boolean;
}

/** How long ago a message still counts, ms; null: not asked. */
export interface Windows {
  /** People to leave out. */
  readonly leaveOutMs: number | null;
  /** People to report. */
  readonly tellMs: number | null;
}

/** A person who got a campaign's message within one of the windows, or will get it. */
interface Receiver {
  readonly phone: string;
  readonly got: "leave_out" | "tell" | "waits";
}

const GOT: Readonly<Record<string, Receiver["got"]>> = {
  [RECEIVED.waits]: "waits",
  [RECEIVED.leaveOut]: "leave_out",
  [RECEIVED.tell]: "tell",
};

/** Ended campaigns that are read for the report: some 10 ms, which each import pays. */
const TOLD_MAX = 200;

/** Batches read at once: some hundred kilobytes. */
const BATCHES_AT_ONCE = 20;
/** Batches that one script reads: about a millisecond of Redis. */
const BATCHES_A_CALL = 5;

/**
 * The people of a number's campaigns, and who got what recently. Nothing here changes anything.
 *
 * There is no index for this: the ledger has the facts, and the few campaigns in question are read
 * through. That takes about 3 s for a million rows, and no memory in between.
 */
export function createPeople(input: {
  redis: Redis;
  number: string;
  person: PersonDigest;
  run: RunScript;
}) {
  const { redis, number, person, run } = input;

  async function* phonesOf(
    campaign: string,
    rows: number,
  ): AsyncGenerator<[batch: number, phones: readonly string[]]> {
    const batches = batchesOf(rows);
    let ahead = readSome(0);
    for (let first = 0; first < batches; first += BATCHES_AT_ONCE) {
      const read = await ahead;
      ahead = readSome(first + BATCHES_AT_ONCE);
      for (const [at, phones] of read.entries())
        if (phones !== undefined) yield [first + at, phones];
    }

    /** Some batches from `first` on. */
    function readSome(first: number): Promise<(readonly string[] | undefined)[]> {
      const count = Math.max(0, Math.min(batches - first, BATCHES_AT_ONCE));
      const some = Promise.all(
        Array.from({ length: count }, (_, at) =>
          readBatchPhones(redis, number, { campaign, batch: first + at }),
        ),
      );
      // A caller that stops early does not wait for them.
      some.catch(() => {});
      return some;
    }
  }

  /** Who of some batches got the message. Reads only batches with such a row. */
  function readGot(campaign: string, batches: number, first: number, windows: Windows) {
    const end = Math.min(batches, first + BATCHES_AT_ONCE);
    const calls = Array.from({ length: Math.ceil((end - first) / BATCHES_A_CALL) }, (_, at) =>
      readCall(first + at * BATCHES_A_CALL),
    );
    const got = Promise.all(calls).then((answers) => answers.flat());
    // A caller that stops early does not wait for it.
    got.catch(() => {});
    return got;

    async function readCall(firstBatch: number) {
      const { leaveOutMs, tellMs } = windows;
      const asked = {
        ...{ campaign, firstBatch, batches: Math.min(BATCHES_A_CALL, end - firstBatch) },
        ...{ leaveOutMs: leaveOutMs ?? 0, tellMs: tellMs ?? 0 },
      };
      const digits = (await run("who-got", asked)) as string[];
      const found = digits.flatMap((own, at) => (own === "" ? [] : [{ at, digits: own }]));
      const phones = await Promise.all(
        found.map(({ at }) => readBatchPhones(redis, number, { campaign, batch: firstBatch + at })),
      );
      return found.map((one, at) => ({ digits: one.digits, phones: phones[at] ?? [] }));
    }
  }

  async function read(id: string) {
    const fields = fieldsOf(
      "campaign",
      ...([
        "mode",
        "status",
        "rows",
        "name",
        "template",
        "skipRepeat",
        "digest",
        "pool",
        "test",
      ] as const),
    );
    const { campaign } = campaignKeys(number, id);
    const [its, status, rows, name, template, skip, digest, pool, isTest] = await redis.hmget(
      campaign,
      ...fields,
    );
    const found: RecentCampaign = {
      ...{ id, rows: Number(rows), name: name ?? "", template: template ?? "" },
      ...{ status: status as CampaignStatus, skipsRepeats: Number(skip) > 0 },
      ...{ digest: digest ?? "", pool: pool ?? null },
    };
    // A test message is for a person who looks at it, not for one who must not get it twice.
    return { its: isTest === null ? its : null, campaign: found };
  }

  return {
    /** The digest of the person behind a phone. */
    person,

    /**
     * Campaigns that may still send, all that ended within `leaveOutMs`, and the latest that ended
     * within `tellMs`. These are campaigns of a few weeks at most, and only a list that leaves
     * people out reads all of them.
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
     * The people of a campaign in the order of its rows, without rejected rows and duplicates.
     * Streams the stored rows in bounded memory.
     */
    async *ofCampaign(
      campaign: string,
      rows: number,
    ): AsyncGenerator<readonly CampaignPerson[], void> {
      for await (const [batch, phones] of phonesOf(campaign, rows)) {
        yield phones.flatMap((phone, index) =>
          phone === "" ? [] : [{ row: rowInBatch(batch, index), phone }],
        );
      }
    },

    /**
     * The people who got the message recently, or will get it, a batch at a time. Without windows
     * it returns everyone as waiting.
     */
    async *receivers(
      campaign: string,
      rows: number,
      windows: Windows | null,
    ): AsyncGenerator<readonly Receiver[], void> {
      if (windows === null) {
        for await (const [, phones] of phonesOf(campaign, rows)) {
          yield phones.flatMap((phone) => (phone === "" ? [] : [{ phone, got: "waits" as const }]));
        }
        return;
      }
      const batches = batchesOf(rows);
      let ahead = readGot(campaign, batches, 0, windows);
      for (let first = 0; first < batches; first += BATCHES_AT_ONCE) {
        const some = await ahead;
        ahead = readGot(campaign, batches, first + BATCHES_AT_ONCE, windows);
        for (const { digits, phones } of some) {
          yield phones.flatMap((phone, index) => {
            const got = GOT[digits.charAt(index)];
            return phone === "" || got === undefined ? [] : [{ phone, got }];
          });
        }
      }
    },
  };
}

export type People = ReturnType<typeof createPeople>;

/** The form in which templates are compared. */
export function templateOf({ template }: Pick<CampaignDefinition, "template">): string {
  return JSON.stringify([template.name, template.language.code]);
}

/** The serial in a campaign's id: a later campaign has a higher one. */
export function serialOf(id: string): number {
  return Number(/[0-9]+$/.exec(id)?.[0] ?? 0);
}
