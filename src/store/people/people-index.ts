import type { Redis } from "ioredis";
import { numberKeys } from "../keys.ts";
import type { ImportOutcome } from "../ledger/batch-rows.ts";
import { wamidDigest } from "../ledger/wamid.ts";
import { rowInBatch } from "../rows.ts";
import {
  PEOPLE_BATCHES,
  PEOPLE_BUCKETS,
  PEOPLE_FOUND,
  PEOPLE_PART,
  PEOPLE_ROW,
  PERSON_HEAD,
} from "../scripts/protocol.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { PersonDigest } from "./person-digest.ts";

/** What one campaign has of a person. */
export type PersonRows =
  /** Rows that are the person's, or, one in a million, of a person whose digest is alike. */
  | { readonly kind: "indexed"; readonly rows: readonly number[] }
  /** It is older than the index: its rows must be read. */
  | { readonly kind: "unindexed"; readonly rows: number }
  /** Its rows are deleted. */
  | { readonly kind: "gone" };

/** A campaign to look in, in the order in which campaigns are looked in: the newest first. */
export interface CampaignPlace {
  readonly id: string;
  /** ms since 1970. */
  readonly createdAt: number;
}

/** One message among all. */
interface MessagePlace {
  readonly campaign: string;
  readonly row: number;
  readonly attempt: number;
}

/** Hashes of the index that one script reads: a millisecond of Redis. */
const SEGMENTS_A_CALL = 1_000;
/** Campaigns that one script looks in. */
const CAMPAIGNS_A_CALL = 100;

/**
 * Finds messages by their person, or by an id of any of their attempts. Nothing here changes
 * anything. The index of people is built by the import (lib/people.lua has its layout), the one of
 * ids by whatever stores an id (lib/wamid.lua); both go with the rows.
 */
export function createPeopleIndex({
  redis,
  number,
  run,
}: {
  redis: Redis;
  number: string;
  run: RunScript;
}) {
  const { campaigns } = numberKeys(number);

  return {
    /** The newest campaigns that were created at `beforeMs` or earlier, newest first. */
    async campaigns(beforeMs: number, max: number): Promise<CampaignPlace[]> {
      const range = [beforeMs, "-inf", "WITHSCORES", "LIMIT", 0, max] as const;
      const flat = await redis.zrevrangebyscore(campaigns, ...range);
      return Array.from({ length: flat.length / 2 }, (_, at) => ({
        id: flat[2 * at] ?? "",
        createdAt: Number(flat[2 * at + 1]),
      }));
    },

    /** What the campaigns have of a person, in the order of `ids`. */
    async rowsOf(
      person: Buffer,
      ids: readonly string[],
      segmentsMax = SEGMENTS_A_CALL,
    ): Promise<PersonRows[]> {
      const parts = Array.from({ length: Math.ceil(ids.length / CAMPAIGNS_A_CALL) }, (_, at) =>
        ids.slice(at * CAMPAIGNS_A_CALL, (at + 1) * CAMPAIGNS_A_CALL),
      );
      return (await Promise.all(parts.map((part) => lookIn(person, part, segmentsMax)))).flat();
    },

    /** The message with this id; null if the index has none: it expires after some weeks. */
    async messageOf(id: string): Promise<MessagePlace | null> {
      const [campaign, row, attempt] = (await run("find-message", { digest: wamidDigest(id) })) as [
        string,
        number,
        number,
      ];
      return campaign === undefined ? null : { campaign, row, attempt };
    },
  };

  async function lookIn(
    person: Buffer,
    ids: readonly string[],
    segmentsMax: number,
  ): Promise<PersonRows[]> {
    const found: PersonRows[] = [];
    // Of the campaign that is read in parts: ten million rows have ten thousand hashes.
    let before: number[] = [];
    let from = 0;
    while (found.length < ids.length) {
      const args = { person, segmentsMax, from };
      const rest = ids.slice(found.length).map((campaign) => ({ campaign }));
      const answer = await run("find-people", args, rest);
      for (const [kind, first = 0, ...rows] of answer as [number, ...number[]][]) {
        if (kind === PEOPLE_FOUND.gone) found.push({ kind: "gone" });
        if (kind === PEOPLE_FOUND.unindexed) found.push({ kind: "unindexed", rows: first });
        if (kind !== PEOPLE_FOUND.indexed) continue;
        from = first;
        before.push(...rows);
        if (from > 0) continue;
        found.push({ kind: "indexed", rows: before.sort((a, b) => a - b) });
        before = [];
      }
    }
    return found;
  }
}

/**
 * The people of consecutive batches, as PEOPLE_PART has them. Rejected rows have no phone, and a
 * duplicate is the row that it repeats.
 */
export function packPeople(
  batches: readonly { readonly outcomes: readonly ImportOutcome[] }[],
  firstBatch: number,
  person: PersonDigest,
): Buffer {
  const segments = new Map<number, Map<number, number[]>>();
  for (const [at, { outcomes }] of batches.entries()) {
    const batch = firstBatch + at;
    const segment = Math.floor(batch / PEOPLE_BATCHES);
    const buckets = segments.get(segment) ?? new Map<number, number[]>();
    segments.set(segment, buckets);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.kind !== "pending" && outcome.kind !== "suppressed") continue;
      const { bucket, mark } = headOf(person.text(outcome.phone));
      const place = rowInBatch(batch % PEOPLE_BATCHES, index) - 1;
      const rows = buckets.get(bucket);
      if (rows === undefined) buckets.set(bucket, [place, mark]);
      else rows.push(place, mark);
    }
  }
  const parts: Buffer[] = [];
  for (const [segment, buckets] of segments) {
    for (const [bucket, flat] of buckets) {
      const rows = packRows(flat);
      const head = Buffer.allocUnsafe(PEOPLE_PART.bytes);
      PEOPLE_PART.write(head, 0, { segment, bucket, bytes: rows.length });
      parts.push(head, rows);
    }
  }
  return Buffer.concat(parts);
}

/**
 * The part of a digest that the index uses, from its text: PERSON_HEAD read by hand (a byte, then
 * two), since an import would make a buffer for each row only to read these three bytes.
 */
function headOf(digest: string): { bucket: number; mark: number } {
  const { bucket, mark } = PERSON_HEAD.at;
  return {
    bucket: digest.charCodeAt(bucket) % PEOPLE_BUCKETS,
    mark: digest.charCodeAt(mark) * 256 + digest.charCodeAt(mark + 1),
  };
}

/** `rows`: place and mark of each in turn. */
function packRows(rows: readonly number[]): Buffer {
  const packed = Buffer.allocUnsafe((rows.length / 2) * PEOPLE_ROW.bytes);
  for (let at = 0; at < rows.length; at += 2) {
    const [place = 0, mark = 0] = [rows[at], rows[at + 1]];
    PEOPLE_ROW.write(packed, (at / 2) * PEOPLE_ROW.bytes, { place, mark });
  }
  return packed;
}
