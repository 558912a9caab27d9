import type { Redis } from "ioredis";
import type { CampaignDefinition, CampaignStatus } from "../../core/campaign.ts";
import { type Delimiter, delimiterNamed } from "../../core/delimiters.ts";
import type { State } from "../../core/message.ts";
import type { Mode } from "../../core/mode.ts";
import { fieldsOf, type HashFields } from "../hashes.ts";
import { campaignKeys, keySpace, numberKeys } from "../keys.ts";
import { decodeLedgerValue, decodePrice, type Price, stateOf } from "../ledger/ledger-value.ts";
import { batchOfRow, placeInBatch } from "../rows.ts";
import { type Campaign, readCampaign, timeOrNull } from "./campaign.ts";
import { createImportOf } from "./import-of.ts";

/** What a worker needs of a campaign, read once per batch run. */
export interface CampaignToSend {
  readonly id: string;
  readonly epochMs: number;
  readonly columns: readonly string[];
  readonly definition: CampaignDefinition;
  readonly mode: Mode;
  readonly status: CampaignStatus;
  /** When it started, ms; null when it has not. */
  readonly startedAtMs: number | null;
}

/** A batch that dispatch has opened: the job to add. */
export interface OpenBatch {
  readonly campaign: string;
  readonly batch: number;
  readonly run: number;
}

/**
 * Unknown messages of a campaign: since when the oldest is, and the reasons, most frequent first.
 */
export interface UnknownRows {
  readonly oldestAt: number;
  /** How many were read, from the oldest. */
  readonly looked: number;
  /** By reason number (core/reasons.ts). */
  readonly reasons: readonly { readonly reason: number; readonly count: number }[];
}

/** An unknown message. */
export interface UnknownRow {
  readonly row: number;
  readonly sinceMs: number;
  /** Number of core/reasons.ts. */
  readonly reason: number;
  readonly code: number;
  readonly attempt: number;
}

/** More are rare, and then have the same reason. */
const UNKNOWN_MAX = 1_000;

/** Why nothing may be sent from a number. */
export interface Suspension {
  readonly code: number;
  readonly reason: number;
  readonly at: number;
  readonly campaign: string;
}

/** Reads the campaigns of one number. Nothing here changes anything. */
export function createCampaignReader(input: { redis: Redis; number: string }) {
  const { redis, number } = input;
  const keys = numberKeys(number);

  const find = (id: string): Promise<Campaign | undefined> => readCampaign(redis, number, id);

  /** Unknown rows from the oldest; those that were settled while they were read are left out. */
  async function unknownPage(
    id: string,
    { from, max }: { readonly from: number; readonly max: number },
  ): Promise<UnknownRow[]> {
    const own = campaignKeys(number, id);
    const found = await redis.zrange(
      own.unknown,
      String(from),
      String(from + max - 1),
      "WITHSCORES",
    );
    const rows = found.filter((_, at) => at % 2 === 0).map(Number);
    const stored = await Promise.all(
      rows.map((row) => redis.hgetBuffer(own.ledger(batchOfRow(row)), String(placeInBatch(row)))),
    );
    return rows.flatMap((row, at) => {
      const { state, reason, code, attempt } = decodeLedgerValue(stored[at] ?? undefined, 0);
      const sinceMs = Number(found[2 * at + 1]);
      return state === "unknown" ? [{ row, sinceMs, reason, code, attempt }] : [];
    });
  }

  /** The unknown rows of a campaign with their age and reasons; undefined if it has none. */
  async function unknown(id: string): Promise<UnknownRows | undefined> {
    const rows = await unknownPage(id, { from: 0, max: UNKNOWN_MAX });
    const [oldest] = rows;
    if (oldest === undefined) return undefined;
    const reasons = new Map<number, number>();
    for (const { reason } of rows) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return {
      oldestAt: oldest.sinceMs,
      looked: rows.length,
      reasons: [...reasons]
        .map(([reason, count]) => ({ reason, count }))
        .sort((a, b) => b.count - a.count),
    };
  }

  return {
    find,
    unknown,
    unknownPage,

    /** All unknown rows of a campaign, ascending. */
    async unknownRows(id: string): Promise<number[]> {
      const rows = await redis.zrange(campaignKeys(number, id).unknown, "0", "-1");
      return rows.map(Number).sort((a, b) => a - b);
    },

    /** The campaign as a worker needs it; undefined if it is gone. */
    async toSend(id: string): Promise<CampaignToSend | undefined> {
      const [epoch, columns, definition, mode, status, startedAt] = await redis.hmget(
        campaignKeys(number, id).campaign,
        ...fieldsOf("campaign", "epoch", "columns", "definition", "mode", "status", "startedAt"),
      );
      if (!epoch || !columns || !definition) return undefined;
      return {
        id,
        epochMs: Number(epoch),
        columns: JSON.parse(columns) as string[],
        definition: JSON.parse(definition) as CampaignDefinition,
        mode: mode === "live" ? "live" : "sandbox",
        status: status as CampaignStatus,
        startedAtMs: timeOrNull(startedAt ?? undefined),
      };
    },

    /** The columns of its list and its delimiter; null if not known. */
    async listShape(
      id: string,
    ): Promise<{ columns: readonly string[]; delimiter: Delimiter | null }> {
      const shape = fieldsOf("campaign", "columns", "delimiter");
      const [columns, delimiter] = await redis.hmget(campaignKeys(number, id).campaign, ...shape);
      return {
        columns: columns ? (JSON.parse(columns) as string[]) : [],
        delimiter: delimiterNamed(delimiter ?? ""),
      };
    },

    /** It is cancelled, and no attempt of it was ever claimed; false also if that is not known. */
    async wasNeverTried(id: string): Promise<boolean> {
      const fields = fieldsOf("campaign", "status", "attempts");
      const [status, attempts] = await redis.hmget(campaignKeys(number, id).campaign, ...fields);
      return status === "cancelled" && attempts === "0";
    },

    importOf: createImportOf({ redis, number }),

    /** The ids of the running campaigns, in a stable order. */
    async running(): Promise<string[]> {
      return (await redis.zrange(keys.running, "0", "-1")).sort();
    },

    /** Every open batch of the running campaigns. The sweep compares them with the jobs. */
    async openBatches(): Promise<OpenBatch[]> {
      const ids = await redis.zrange(keys.running, "0", "-1");
      const open = await Promise.all(
        ids.map(async (campaign) => {
          const runs = await redis.hgetall(campaignKeys(number, campaign).open);
          return Object.entries(runs).map(([batch, runNumber]) => ({
            campaign,
            batch: Number(batch),
            run: Number(runNumber),
          }));
        }),
      );
      return open.flat();
    },

    /** The suspension of this number; undefined if there is none. */
    async suspension(): Promise<Suspension | undefined> {
      const fields: HashFields<"halt"> = await redis.hgetall(keys.halt);
      if (fields.at === undefined) return undefined;
      return {
        code: Number(fields.code),
        reason: Number(fields.reason),
        at: Number(fields.at),
        campaign: fields.campaign ?? "",
      };
    },

    /** Rows that entered each state in each minute (ms of its start), oldest first. */
    async timeline(id: string): Promise<{ atMs: number; state: State; count: number }[]> {
      const fields = await redis.hgetall(campaignKeys(number, id).timeline);
      return Object.entries(fields)
        .map(([field, count]) => {
          const [minute, state] = field.split(":").map(Number);
          return {
            atMs: (minute ?? 0) * 60_000,
            state: stateOf(state ?? 0),
            count: Number(count),
          };
        })
        .sort((a, b) => a.atMs - b.atMs);
    },

    /** Messages by their price at WhatsApp. */
    async pricing(id: string): Promise<(Price & { count: number })[]> {
      const fields = await redis.hgetall(campaignKeys(number, id).pricing);
      return Object.entries(fields).flatMap(([byte, count]) => {
        const price = decodePrice(Number(byte));
        return price === null ? [] : [{ ...price, count: Number(count) }];
      });
    },

    /** Failed messages whose job has not been added yet, oldest first. */
    async failedOutbox(max: number): Promise<{ campaign: string; row: number; attempt: number }[]> {
      const refs = await redis.zrange(keys.failedOutbox, "0", String(max - 1));
      return refs.map((ref) => {
        const [campaign = "", row, attempt] = ref.split("|");
        return { campaign, row: Number(row), attempt: Number(attempt) };
      });
    },

    /** Totals of the number: `orphans` (status events never matched), `lastWebhookAt` (ms). */
    async stats(): Promise<{ orphans: number; parked: number; lastWebhookAt: number | null }> {
      const [fields, parked] = await Promise.all([
        redis.hgetall(keys.stats) as Promise<HashFields<"stats">>,
        redis.zcard(keys.parkedUntil),
      ]);
      return {
        orphans: Number(fields.orphans ?? 0),
        parked,
        lastWebhookAt: timeOrNull(fields.lastWebhookAt),
      };
    },
  };
}

export type CampaignReader = ReturnType<typeof createCampaignReader>;

/** The number in the other mode: only to report that it exists. */
export function createElsewhere(
  clientOf: (space: string) => Redis,
  { number, mode }: { number: string; mode: Mode },
) {
  const other = mode === "live" ? "sandbox" : "live";
  const space = keySpace(number, other);
  const redis = clientOf(space);
  return {
    mode: other as Mode,
    hasCampaigns: async () => (await redis.exists(numberKeys(space).campaigns)) === 1,
    find: createCampaignReader({ redis, number: space }).find,
  };
}
