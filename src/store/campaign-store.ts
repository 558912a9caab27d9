import type { Redis } from "ioredis";
import type { CampaignDefinition } from "../core/campaign.ts";
import { type Counts, STATES, type State, zeroCounts } from "../core/message.ts";
import { REASONS } from "../core/reasons.ts";
import type { CampaignStatus } from "../core/status.ts";
import { BATCH_ROWS, campaignKeys, numberKeys } from "./keys.ts";
import { decodePrice, type Price, stateOf } from "./ledger-value.ts";
import type { RunScript } from "./scripts.ts";

/** A campaign as people see it. Times are ms since 1970, null when they have not come. */
export interface Campaign {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly status: CampaignStatus;
  /** Why it is paused or rejected, as a code or words; empty otherwise. */
  readonly reason: string;
  readonly mode: "live" | "sandbox";
  readonly category: string;
  readonly file: string;
  readonly rows: number;
  readonly counts: Counts;
  /** Failed rows by error code, most frequent first; 0 stands for "no code". */
  readonly errors: readonly { code: number; count: number }[];
  readonly ratePerSecond: number | null;
  readonly createdAt: number;
  readonly startAt: number | null;
  readonly endBy: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** What a worker needs of a campaign, read once per batch run. */
export interface CampaignToSend {
  readonly id: string;
  readonly epochMs: number;
  readonly columns: readonly string[];
  readonly definition: CampaignDefinition;
  readonly mode: "live" | "sandbox";
  readonly status: CampaignStatus;
}

/** A batch that dispatch has opened: the job to add. */
export interface OpenBatch {
  readonly campaign: string;
  readonly batch: number;
  readonly run: number;
}

export interface Halt {
  readonly code: number;
  readonly reason: number;
  readonly at: number;
  readonly campaign: string;
}

/** Result of a control: what the campaign's status is now, and whether the call changed it. */
export type ControlResult =
  | {
      readonly kind: "changed" | "unchanged";
      readonly status: CampaignStatus;
      readonly haltLifted: boolean;
    }
  | { readonly kind: "no_campaign" };

export type ResolveResult =
  | { readonly kind: "resolved"; readonly state: State }
  | { readonly kind: "not_unknown"; readonly state: State }
  | { readonly kind: "closed" | "no_campaign" | "no_row" };

/** Campaigns of one number: reading them, controlling them, opening their batches. */
export function createCampaignStore(input: { redis: Redis; number: string; run: RunScript }) {
  const { redis, number, run } = input;
  const keys = numberKeys(number);

  async function find(id: string): Promise<Campaign | undefined> {
    const own = campaignKeys(number, id);
    const answers = await redis
      .multi()
      .hgetall(own.campaign)
      .hgetall(own.counts)
      .hgetall(own.errors)
      .exec();
    const [fields, counts, errors] = (answers ?? []).map(([, value]) => value) as Fields[];
    if (fields?.["epoch"] === undefined) return undefined;
    return toCampaign(number, id, fields, counts ?? {}, errors ?? {});
  }

  return {
    find,

    /** Every campaign of the number, newest first. */
    async list(): Promise<Campaign[]> {
      const ids = await redis.zrevrange(keys.campaigns, 0, -1);
      const found = await Promise.all(ids.map(find));
      return found.filter((campaign) => campaign !== undefined);
    },

    /** The campaign as a worker needs it; undefined when it is gone. */
    async toSend(id: string): Promise<CampaignToSend | undefined> {
      const [epoch, columns, definition, mode, status] = await redis.hmget(
        campaignKeys(number, id).campaign,
        "epoch",
        "columns",
        "definition",
        "mode",
        "status",
      );
      if (!epoch || !columns || !definition) return undefined;
      return {
        id,
        epochMs: Number(epoch),
        columns: JSON.parse(columns) as string[],
        definition: JSON.parse(definition) as CampaignDefinition,
        mode: mode === "live" ? "live" : "sandbox",
        status: status as CampaignStatus,
      };
    },

    /** Starts and ends campaigns whose time has come and opens due batches, up to the limit. */
    async dispatch(mode: "live" | "sandbox", openBatchesMax: number): Promise<OpenBatch[]> {
      const flat = (await run("dispatch", [mode, openBatchesMax])) as (string | number)[];
      const opened: OpenBatch[] = [];
      for (let at = 0; at < flat.length; at += 3) {
        opened.push({
          campaign: String(flat[at]),
          batch: Number(flat[at + 1]),
          run: Number(flat[at + 2]),
        });
      }
      return opened;
    },

    /** Every batch that is open now, of every campaign: what the sweep compares with the jobs. */
    async openBatches(): Promise<OpenBatch[]> {
      const ids = await redis.zrange(keys.campaigns, "0", "-1");
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

    /** `reason` is a code that core/pause-reason.ts has words for. */
    async pause(id: string, reason: string): Promise<ControlResult> {
      return toControl(await run("pause-campaign", [id, reason]));
    },

    /** Lifts the number's halt too; then one message goes first, the rest when it is accepted. */
    async resume(id: string): Promise<ControlResult> {
      return toControl(await run("resume-campaign", [id]));
    },

    /** For good. Pending rows read as cancelled; what is on the wire is finished and recorded. */
    async cancel(id: string): Promise<ControlResult> {
      return toControl(await run("cancel-campaign", [id]));
    },

    /** Failed rows (all of one batch) to be sent again; each fenced by the attempt that failed. */
    async retryRows(
      id: string,
      batch: number,
      rows: readonly { row: number; attempt: number }[],
    ): Promise<{ kind: "retried"; count: number } | { kind: "closed" | "no_campaign" }> {
      const flat = rows.flatMap(({ row, attempt }) => [row, attempt]);
      const [kind, count] = (await run("retry-rows", [id, batch, ...flat])) as [number, number];
      if (kind === 1) return { kind: "retried", count };
      return { kind: kind === 0 ? "closed" : "no_campaign" };
    },

    /** A person's decision on an unknown message. */
    async resolve(
      id: string,
      row: number,
      decision: "resend" | "sent" | "failed",
    ): Promise<ResolveResult> {
      const args = [id, row, decision, REASONS.decided];
      const [kind, state] = (await run("resolve-row", args)) as [number, number];
      if (kind === 1) return { kind: "resolved", state: stateOf(state) };
      if (kind === 0) return { kind: "not_unknown", state: stateOf(state) };
      return { kind: kind === -1 ? "no_campaign" : kind === -2 ? "no_row" : "closed" };
    },

    /** Why nothing may be sent from this number; undefined when it may. */
    async halt(): Promise<Halt | undefined> {
      const fields = await redis.hgetall(keys.halt);
      if (fields["at"] === undefined) return undefined;
      return {
        code: Number(fields["code"]),
        reason: Number(fields["reason"]),
        at: Number(fields["at"]),
        campaign: fields["campaign"] ?? "",
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

    /** Messages by what WhatsApp said they cost. */
    async pricing(id: string): Promise<(Price & { count: number })[]> {
      const fields = await redis.hgetall(campaignKeys(number, id).pricing);
      return Object.entries(fields).flatMap(([byte, count]) => {
        const price = decodePrice(Number(byte));
        return price === null ? [] : [{ ...price, count: Number(count) }];
      });
    },

    /** Failed messages whose job nobody has added yet, oldest first. */
    async failedOutbox(max: number): Promise<{ campaign: string; row: number; attempt: number }[]> {
      const refs = await redis.zrange(keys.failedOutbox, "0", String(max - 1));
      return refs.map((ref) => {
        const [campaign = "", row, attempt] = ref.split("|");
        return { campaign, row: Number(row), attempt: Number(attempt) };
      });
    },

    /** The job of a failed message has been added. */
    async failedJobAdded(message: {
      campaign: string;
      row: number;
      attempt: number;
    }): Promise<void> {
      const { campaign, row, attempt } = message;
      await redis.zrem(keys.failedOutbox, `${campaign}|${row}|${attempt}`);
    },

    /** Totals of the number: `orphans` (events nobody came for), `lastWebhookAt` (ms). */
    async stats(): Promise<{ orphans: number; parked: number; lastWebhookAt: number | null }> {
      const [fields, parked] = await Promise.all([
        redis.hgetall(keys.stats),
        redis.zcard(keys.parkedUntil),
      ]);
      return {
        orphans: Number(fields["orphans"] ?? 0),
        parked,
        lastWebhookAt: timeOrNull(fields["lastWebhookAt"]),
      };
    },
  };
}

export type CampaignStore = ReturnType<typeof createCampaignStore>;

/** How many batches a campaign of so many rows has. */
export function batchesOf(rows: number): number {
  return Math.ceil(rows / BATCH_ROWS);
}

/** The batch a row (from 1) is in. */
export function batchOfRow(row: number): number {
  return Math.floor((row - 1) / BATCH_ROWS);
}

type Fields = Record<string, string>;

function toCampaign(
  number: string,
  id: string,
  fields: Fields,
  counts: Fields,
  errors: Fields,
): Campaign {
  return {
    id,
    number,
    name: fields["name"] ?? "",
    status: fields["status"] as CampaignStatus,
    reason: fields["reason"] ?? "",
    mode: fields["mode"] === "live" ? "live" : "sandbox",
    category: fields["category"] ?? "",
    file: fields["file"] ?? "",
    rows: Number(fields["rows"]),
    counts: toCounts(counts),
    errors: Object.entries(errors)
      .map(([code, count]) => ({ code: Number(code), count: Number(count) }))
      .sort((a, b) => b.count - a.count || a.code - b.code),
    ratePerSecond: fields["ratePerSecond"] === undefined ? null : Number(fields["ratePerSecond"]),
    createdAt: Number(fields["createdAt"]),
    startAt: timeOrNull(fields["startAt"]),
    endBy: timeOrNull(fields["endBy"]),
    startedAt: timeOrNull(fields["startedAt"]),
    finishedAt: timeOrNull(fields["finishedAt"]),
  };
}

function toCounts(fields: Fields): Counts {
  const counts = zeroCounts();
  for (const [state, number] of Object.entries(STATES)) {
    counts[state as State] = Number(fields[number] ?? 0);
  }
  return counts;
}

function timeOrNull(text: string | undefined): number | null {
  return text === undefined || text === "0" ? null : Number(text);
}

function toControl(answer: unknown): ControlResult {
  const [done, status, lifted] = answer as [number, CampaignStatus, number | undefined];
  if (done === -1) return { kind: "no_campaign" };
  return { kind: done === 1 ? "changed" : "unchanged", status, haltLifted: lifted === 1 };
}
