import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { CampaignDefinition } from "../../core/campaign.ts";
import { type Delimiter, delimiterNamed } from "../../core/delimiters.ts";
import type { Mode } from "../../core/mode.ts";
import type { PoolMember, PoolStatus } from "../../core/pool.ts";
import { redisTimeMs } from "../../redis/server.ts";
import { IMPORT_LEASE_MS } from "../campaigns/import-store.ts";
import type { HashFields } from "../hashes.ts";
import { ALL_NUMBERS, keySpace } from "../keys.ts";
import { createScriptRunner } from "../scripts/runner.ts";
import { poolKeys } from "../shared-keys.ts";
import { createMovedRows } from "./moved-rows.ts";

/**
 * A campaign over several numbers: one campaign for each of them (a child), and this record of them
 * all (the parent) in the slot of the deployment. A row is in one child alone, which sends it as
 * any campaign is sent.
 */
export interface Pool {
  readonly id: string;
  readonly name: string;
  /** Its numbers, as their weights were when the list was imported. */
  readonly members: readonly PoolMember[];
  /** The campaigns of the members, in their order; empty while none has begun. */
  readonly children: readonly string[];
  readonly file: string;
  readonly columns: readonly string[];
  readonly delimiter: Delimiter | null;
  readonly definition: CampaignDefinition;
  readonly createdAt: number;
  readonly status: PoolStatus;
  readonly reason: string;
  /** All of its rows were stored. */
  readonly isWhole: boolean;
  /** The pool that the same bytes were before (`--again`); null: they were none. */
  readonly againOf: string | null;
}

/** Rows of one campaign that a person moves to another number of the pool. */
export interface PoolMove {
  /** The campaign whose rows go. */
  readonly from: string;
  /** The number that gets them. */
  readonly to: string;
  /** Its campaign; empty while it has not begun. */
  readonly campaign: string;
  readonly done: boolean;
}

interface BeginPool {
  readonly digest: string;
  /** Import known bytes once more: whatever they were, or only while they are this pool. */
  readonly again: boolean | string;
  readonly fresh: "begin" | "refuse";
  readonly members: readonly PoolMember[];
  readonly definition: CampaignDefinition;
  readonly file: string;
  readonly columns: readonly string[];
  readonly delimiter: string;
}

type BegunPool =
  | {
      readonly kind: "begun" | "restarted";
      readonly pool: string;
      /** Fences all that follows. */
      readonly token: string;
      /** The pool that the same bytes were before (`--again`). */
      readonly againOf: string | null;
    }
  | { readonly kind: "busy" | "known"; readonly pool: string }
  | { readonly kind: "none" };

/** What starts a child, once all rows of the pool are stored. */
export interface StartChild {
  readonly campaign: string;
  readonly token: string;
  readonly rows: number;
  readonly batches: number;
  readonly phoneStyle: string;
  readonly places: readonly (readonly [number, string | null, readonly string[]])[];
  readonly canaryRows: readonly number[];
  readonly awaits?: boolean;
}

/** Old pools that one look of retention reads. */
const EMPTY_MAX = 100;
/** Rows of which the order is read at once. */
const ORDER_AT_ONCE = 65_536;

/** The pools of a deployment. `redis` answers for its key space. Every step may be repeated. */
export function createPools(redis: Redis, mode: Mode) {
  const keys = poolKeys(mode);
  const run = createScriptRunner(redis, keySpace(ALL_NUMBERS, mode));

  async function find(id: string): Promise<Pool | undefined> {
    const fields: HashFields<"pool"> = await redis.hgetall(keys.pool(id));
    if (fields.status === undefined) return undefined;
    return {
      id,
      name: fields.name ?? "",
      members: JSON.parse(fields.members ?? "[]") as PoolMember[],
      children: JSON.parse(fields.children ?? "[]") as string[],
      file: fields.file ?? "",
      columns: JSON.parse(fields.columns ?? "[]") as string[],
      delimiter: delimiterNamed(fields.delimiter ?? ""),
      definition: JSON.parse(fields.definition ?? "{}") as CampaignDefinition,
      createdAt: Number(fields.createdAt),
      status: fields.status as PoolStatus,
      reason: fields.reason ?? "",
      isWhole: fields.finish !== undefined,
      againOf: fields.againOf ?? null,
    };
  }

  return {
    find,
    ...createMovedRows(redis, (campaign) => keys.poolMoved(campaign)),

    async begin(input: BeginPool): Promise<BegunPool> {
      const token = randomBytes(8).toString("hex");
      const { digest, fresh, again, members, definition, columns, ...more } = input;
      const fields = {
        ...{ name: definition.name, ...more, members: JSON.stringify(members) },
        ...{ definition: JSON.stringify(definition), columns: JSON.stringify(columns) },
      };
      const asked = typeof again === "string" ? again : again ? "1" : "";
      const [kind, id, before] = await run(
        "pool-begin",
        { digest, token, leaseMs: IMPORT_LEASE_MS, again: asked, fresh },
        Object.entries(fields).map(([field, value]) => ({ field, value })),
      );
      if (kind === "none") return { kind };
      const pool = String(id);
      return kind === "busy" || kind === "known"
        ? { kind, pool }
        : { kind, pool, token, againOf: String(before) || null };
    },

    /** The pool that these bytes were imported as, or are, whatever became of it. */
    async ofList(digest: string): Promise<Pool | undefined> {
      const id = await redis.hget(keys.poolImports, digest);
      return id === null ? undefined : find(id);
    },

    /** Keeps the importer's lease, and notes what it knows. False: it lost the pool. */
    async fill(
      pool: string,
      token: string,
      {
        offset = 0,
        order = Buffer.alloc(0),
        fields = {},
      }: { offset?: number; order?: Buffer; fields?: Readonly<Record<string, string | number>> },
    ): Promise<boolean> {
      const args = { pool, token, leaseMs: IMPORT_LEASE_MS, offset, order };
      const pairs = Object.entries(fields).map(([field, value]) => ({ field, value }));
      return (await run("pool-fill", args, pairs)) === 1;
    },

    /** From now on its campaigns start. False: it lost the pool, and nothing of it is sent. */
    async store(pool: string, token: string, children: readonly StartChild[]): Promise<boolean> {
      const finish = JSON.stringify(children);
      return (await run("pool-end", { pool, token, status: "stored", reason: "", finish })) === 1;
    },

    async reject(pool: string, token: string, reason: string): Promise<void> {
      await run("pool-end", { pool, token, status: "rejected", reason, finish: "" });
    },

    /** A person gives it up: its campaigns are cancelled after that. */
    async cancel(pool: string): Promise<void> {
      await run("pool-end", { pool, token: "", status: "cancelled", reason: "", finish: "" });
    },

    /** Pools whose campaigns may start and were not all seen to start, oldest first. */
    open: (): Promise<string[]> => redis.zrange(keys.poolsOpen, "0", "-1"),

    /** What starts its campaigns; empty unless all of its rows are stored. */
    async toStart(pool: string): Promise<readonly StartChild[]> {
      const [finish, status] = await redis.hmget(keys.pool(pool), "finish", "status");
      return finish && status === "stored" ? (JSON.parse(finish) as StartChild[]) : [];
    },

    /** Notes a move, or how far it is. Returns where the rows go, as was decided first. */
    async move(pool: string, { from, to, campaign, done }: PoolMove): Promise<string> {
      const args = { pool, from, to, campaign, done: done ? "1" : "" };
      return String(await run("pool-move", args));
    },

    async moves(pool: string): Promise<PoolMove[]> {
      return Object.entries(await redis.hgetall(keys.poolMoves(pool))).map(([from, noted]) => {
        const [to = "", campaign = "", done] = noted.split("|");
        return { from, to, campaign, done: done === "1" };
      });
    },

    /** Moves that are not done, oldest first. `ageMs`: since the last step, by Redis TIME. */
    async moving(): Promise<{ pool: string; from: string; ageMs: number }[]> {
      const found = await redis.zrange(keys.poolsMoving, "0", "-1", "WITHSCORES");
      const refs = found.filter((_, at) => at % 2 === 0);
      if (refs.length === 0) return [];
      const nowMs = await redisTimeMs(redis);
      return refs.map((ref, at) => {
        const [pool = "", from = ""] = ref.split("|");
        return { pool, from, ageMs: nowMs - Number(found[2 * at + 1]) };
      });
    },

    /** Changes with each step of a move. */
    movesSerial: async (): Promise<number> => Number((await redis.get(keys.poolsMoved)) ?? 0),

    /** All of its campaigns have started. */
    async started(pool: string): Promise<void> {
      await redis.zrem(keys.poolsOpen, pool);
    },

    /** Retention deletes a campaign of it; with its last one the pool goes, too. */
    async forget(pool: string, campaign: string): Promise<void> {
      await run("pool-forget", { pool, campaign });
    },

    /** Deletes pools of before `latestMs` that have no campaign, some at a time. */
    async forgetEmpty(latestMs: number): Promise<void> {
      const ids = await redis.zrangebyscore(keys.pools, "-inf", latestMs, "LIMIT", 0, EMPTY_MAX);
      for (const id of ids) {
        const pool = await find(id);
        const isEmpty = pool?.children.length === 0;
        if (isEmpty && pool?.status !== "stored")
          await run("pool-forget", { pool: id, campaign: "" });
      }
    },

    /** Newest first. */
    async newest(max: number): Promise<Pool[]> {
      const ids = await redis.zrevrange(keys.pools, 0, max - 1);
      return (await Promise.all(ids.map(find))).filter((pool) => pool !== undefined);
    },

    /** How many rows of the list have one in its order. */
    length: (pool: string): Promise<number> => redis.strlen(keys.poolOrder(pool)),

    /** The place of the number of each row of the list, in order, after the first `skip`. */
    async *order(pool: string, skip = 0): AsyncGenerator<Buffer> {
      for (let from = skip; ; from += ORDER_AT_ONCE) {
        const bytes = await redis.getrangeBuffer(
          keys.poolOrder(pool),
          from,
          from + ORDER_AT_ONCE - 1,
        );
        if (bytes.length > 0) yield bytes;
        if (bytes.length < ORDER_AT_ONCE) return;
      }
    },
  };
}

export type Pools = ReturnType<typeof createPools>;
