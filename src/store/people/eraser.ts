import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { PersonTrace } from "../../core/person-trace.ts";
import type { CampaignStore } from "../campaigns/campaign-store.ts";
import { campaignKeys } from "../keys.ts";
import { eraseInBlob } from "../ledger/batch-rows.ts";
import { readBatch, readBatchTexts } from "../ledger/read-batch.ts";
import { historyField } from "../ledger/row-history.ts";
import { unpackWamid, wamidDigest } from "../ledger/wamid.ts";
import { batchesOf, rowInBatch } from "../rows.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { ScriptEach } from "../scripts/script-list.ts";
import type { PersonDigest } from "./person-digest.ts";

/** A batch with data about the person. */
export interface TracedBatch {
  readonly campaign: string;
  readonly batch: number;
}

/** What was erased in one batch. `waiting`: rows on the wire, to be erased later. */
interface ErasedBatch {
  readonly rows: readonly { readonly row: number; readonly attempt: number }[];
  readonly cells: number;
  readonly waiting: number;
}

const BATCHES_AT_ONCE = 20;
const EVENTS_AT_ONCE = 500;
const LEFTOVERS_AT_ONCE = 200;
/** How often to try again when rows change meanwhile. */
const LOOKS_MAX = 20;

/**
 * Erases one person in one number. It reads all rows of all campaigns, some batches at a time: the
 * index of people knows recipients, not cells that name the person. Every step may be repeated; a
 * later run finishes what a killed run left.
 */
export function createEraser(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  person: PersonDigest;
  campaigns: Pick<CampaignStore, "withPeople">;
}) {
  const { redis, number, run, person, campaigns } = input;

  return {
    /**
     * Deletes what imports that died have stored, of everyone: no row of a campaign, so nothing of
     * it is counted or sent. Call it before `find`, which reads rows alone.
     */
    async dropLeftovers(): Promise<void> {
      for await (const { id } of campaigns.withPeople()) {
        const args = { campaign: id, batchesMax: LEFTOVERS_AT_ONCE };
        while (Number(await run("drop-leftovers", args)) === 1);
      }
    },

    /** Batches that contain the phone in any spelling, and campaigns being imported. */
    async find(trace: PersonTrace): Promise<{ batches: TracedBatch[]; importing: string[] }> {
      const batches: TracedBatch[] = [];
      const importing: string[] = [];
      let some: TracedBatch[] = [];
      for await (const { id, rows, status } of campaigns.withPeople()) {
        if (status === "importing") importing.push(id);
        for (let batch = 0; batch < batchesOf(rows); batch++) {
          if (some.push({ campaign: id, batch }) < BATCHES_AT_ONCE) continue;
          batches.push(...(await findIn(some, trace)));
          some = [];
        }
      }
      batches.push(...(await findIn(some, trace)));
      return { batches, importing };
    },

    /** Erases the person in one batch; rows of other people lose the cells that name them. */
    async eraseBatch({ campaign, batch }: TracedBatch, trace: PersonTrace): Promise<ErasedBatch> {
      for (let look = 0; look < LOOKS_MAX; look++) {
        const found = await lookAt(campaign, batch, trace);
        if (found === undefined) break;
        const { args, each, erased } = found;
        if (args === undefined) return erased;
        const [done] = await run("erase-rows", args, each);
        if (done !== "rewritten") return erased;
      }
      return { rows: [], cells: 0, waiting: 0 };
    },

    /**
     * Erases open attempts, parked events and 131026 entries of the person. Call it after the rows.
     */
    async erasePerson(digits: string, trace: PersonTrace): Promise<void> {
      const needles = trace.spellings.flatMap((spelling) => [
        Buffer.from(spelling, "latin1"),
        packedDigits(spelling),
      ]);
      let cursor = "0";
      do {
        const noPerson = person("");
        const args = { person: person(digits), cursor, eventsMax: EVENTS_AT_ONCE, noPerson };
        const spellings = needles.map((spelling) => ({ spelling }));
        [cursor] = (await run("erase-person", args, spellings)) as [string, number];
      } while (cursor !== "0");
    },
  };

  async function findIn(some: readonly TracedBatch[], trace: PersonTrace): Promise<TracedBatch[]> {
    const texts = await readBatchTexts(redis, number, some);
    return some.filter((_, at) => {
      const text = texts[at];
      return text !== undefined && trace.found(text);
    });
  }

  async function lookAt(campaign: string, batch: number, trace: PersonTrace) {
    const { side: sideKey } = campaignKeys(number, campaign);
    const stored = await readBatch(redis, number, { campaign, batch });
    if (stored === undefined) return undefined;
    const isBusy = (place: number) => stored.value(place, 0).state === "sending";
    const change = eraseInBlob(stored.blob, trace, isBusy);
    const rows = change.erased.map((place) => ({
      row: rowInBatch(batch, place),
      attempt: stored.value(place, 0).attempt,
    }));
    const erased = { rows, cells: change.cells, waiting: change.waiting };
    const each: ScriptEach<"erase-rows">[] = [];
    if (change.blob === null) return { args: undefined, each, erased };
    const sha1 = createHash("sha1").update(stored.blob).digest("hex");
    const args = { campaign, batch, sha1, blob: change.blob };
    for (const [nth, { row, attempt }] of rows.entries()) {
      const wamid = stored.wamid(change.erased[nth] ?? 0);
      const ids = idFields(row, attempt);
      const side = await redis.hmgetBuffer(sideKey, ...ids);
      const wamids = [wamid, ...side].filter((one) => one != null);
      const digests = Buffer.concat(wamids.map((one) => wamidDigest(unpackWamid(one))));
      const fields = [...ids, historyField(row)].join(" ");
      each.push({ row, wamid: wamid ?? "", fields, digests });
    }
    return { args, each, erased };
  }
}

function idFields(row: number, attempt: number): string[] {
  const earlier = Array.from({ length: attempt }, (_, at) => `${row}:w${at + 1}`);
  return [`${row}:ref`, `${row}:second`, ...earlier];
}

/** The digits in the packed form of wamid.ts. */
function packedDigits(digits: string): Buffer {
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex");
}
