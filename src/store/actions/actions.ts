import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import {
  type ActionEnd,
  type ActionPlan,
  type ActionState,
  SKIPPED,
  type Skipped,
} from "../../core/action.ts";
import { fieldsOf, type HashFields } from "../hashes.ts";
import { numberKeys } from "../keys.ts";
import { packRetryRows } from "../ledger/attempt-rows.ts";
import type { LedgerLimits } from "../ledger/ledger.ts";
import type { RowReader } from "../ledger/row-reader.ts";
import type { PersonDigest } from "../people/person-digest.ts";
import type { RunScript } from "../scripts/runner.ts";
import type { ScriptAnswer } from "../scripts/script-answers.ts";
import { PACKED_BATCH_MAX, unpackBatch } from "./packed-rows.ts";

/** A bulk action and how far it is. `total` = done + skipped + failed + left. */
export interface Action extends ActionPlan {
  readonly id: string;
  readonly campaign: string;
  readonly state: ActionState;
  /** Why it ended before it had reached all its messages. */
  readonly end: ActionEnd | null;
  /** Times are ms since 1970. */
  readonly createdAt: number;
  readonly endedAt: number | null;
  /** Its last step; null: none yet. */
  readonly movedAt: number | null;
  /** The messages it was about when it began. */
  readonly total: number;
  /** Those that were decided as the action says. */
  readonly done: number;
  readonly skipped: Readonly<Record<Skipped, number>>;
  /** Those that it could not reach, because their campaign was closed or deleted. */
  readonly failed: number;
  /** Those that it has not reached. */
  readonly left: number;
}

export interface NewAction {
  readonly id: string;
  readonly campaign: string;
  readonly plan: ActionPlan;
  /** Its messages (packed-rows.ts) and how many. */
  readonly packed: Buffer;
  readonly total: number;
}

/**
 * `known`: the same request began it before. `full`: too many run. `guarded`: it would send again
 * while a rollback of Redis waits for a person.
 */
type BegunAction = ScriptAnswer<"begin-action">;

/**
 * `stepped`: one batch is done. `ended`: nothing is left, or it was stopped. `busy`: another
 * process takes steps. `guarded`: it would send again, and waits, because Redis may have gone back
 * in time.
 */
type ActionStep = ScriptAnswer<"step-action">;

/** For so long after a step no other process takes one: after a crash another one goes on. */
const HELD_MS = 5_000;

const SKIPPED_FIELDS = {
  changed: "changed",
  suppressed: "suppressed",
  open_attempt: "openAttempt",
} as const satisfies Record<Skipped, string>;

/** `main-17.k3f9x2ab`: the campaign, and what the request is named by. */
export function actionId(campaign: string, token: string): string {
  const digest = createHash("sha256").update(token).digest();
  const letters = [...digest.subarray(0, ID_LETTERS)].map((byte) => LETTERS[byte % LETTERS.length]);
  return `${campaign}.${letters.join("")}`;
}

const LETTERS = "abcdefghjkmnpqrstuvwxyz023456789";
const ID_LETTERS = 8;
const ACTION_ID = new RegExp(`^(.{1,50})\\.[${LETTERS}]{${ID_LETTERS}}$`);

/** The campaign in the id of an action, or undefined. */
export function campaignOfAction(id: string): string | undefined {
  return ACTION_ID.exec(id)?.[1];
}

/**
 * Bulk actions of one number. An action and its messages are stored in one step; then any process
 * takes its steps, a batch at a time. A process that dies leaves a place from which the next one
 * goes on, and no message is decided twice: each step moves the messages and the place together,
 * and each message is fenced by the attempt that was chosen.
 */
export function createActions(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  rows: RowReader;
  person: PersonDigest;
  limits: Pick<LedgerLimits, "leaseMs" | "webhooksArrivingMs">;
}) {
  const { redis, number, run, rows, person, limits } = input;
  const keys = numberKeys(number);

  async function find(id: string): Promise<Action | undefined> {
    const fields: HashFields<"action"> = await redis.hgetall(keys.action(id));
    return fields.plan === undefined ? undefined : toAction(id, fields);
  }

  /** Of those that are still failed, with whom they go to: the scripts see no phones. */
  async function withPersons(
    campaign: string,
    batch: number,
    chosen: readonly { row: number; attempt: number }[],
  ) {
    if (chosen.length === 0) return [];
    const stored = new Map((await rows.batch(campaign, batch)).map((row) => [row.row, row]));
    return chosen.map((one) => {
      const phone = stored.get(one.row)?.phone;
      return phone === undefined ? one : { ...one, person: person(phone) };
    });
  }

  return {
    find,

    /** Begins an action. Repeated with the same id it changes nothing. */
    async begin({ id, campaign, plan, packed, total }: NewAction): Promise<BegunAction> {
      const { what } = plan;
      const [begun] = await run("begin-action", {
        ...{ action: id, campaign, kind: what.kind },
        decision: what.kind === "resolve" ? what.decision : "",
        ...{ plan: JSON.stringify(plan), total, rows: packed },
      });
      return begun;
    },

    /** The newest actions, newest first; of equal times the higher id. `after`: older than this. */
    async newest(query: {
      size: number;
      after?: { readonly createdAt: number; readonly id: string };
    }): Promise<Action[]> {
      const { size, after } = query;
      const found: Action[] = [];
      // Expired ones are still listed until the next action begins.
      for (let from = 0; found.length < size; from += size) {
        const to = after?.createdAt ?? "+inf";
        const ids = await redis.zrevrangebyscore(keys.actions, to, "-inf", "LIMIT", from, size);
        const page = await Promise.all(ids.map(find));
        for (const action of page) {
          if (action === undefined || !isAfter(action, after)) continue;
          if (found.length < size) found.push(action);
        }
        if (ids.length < size) break;
      }
      return found;
    },

    /** The ids of those that run, oldest first. */
    live: (): Promise<string[]> => redis.zrange(keys.actionsLive, "0", "-1"),

    /** Takes the next step. What is left of one that has ended is removed, too. */
    async step(id: string, { runner }: { readonly runner: string }): Promise<ActionStep> {
      const [cursor, campaign, kind] = await redis.hmget(
        keys.action(id),
        ...fieldsOf("action", "cursor", "campaign", "kind"),
      );
      const from = Number(cursor);
      const to = from + PACKED_BATCH_MAX - 1;
      const packed = await redis.getrangeBuffer(keys.actionRows(id), from, to);
      // It has ended, or its messages are lost: the script finds out which.
      const none = { batch: 0, rows: [], bytes: 0 };
      const { batch, rows: chosen, bytes } = packed.length === 0 ? none : unpackBatch(packed);
      const asked = kind === "retry" ? await withPersons(campaign ?? "", batch, chosen) : chosen;
      const { leaseMs, webhooksArrivingMs } = limits;
      const [step] = await run("step-action", {
        ...{ action: id, runner, heldMs: HELD_MS },
        ...{ cursor: from, next: from + bytes, batch, rows: packRetryRows(asked) },
        ...{ leaseMs, webhooksArrivingMs },
      });
      return step;
    },

    /** Stops it at once. `ended`: it had ended before. */
    async stop(id: string, why: "stopped" | "rollback"): Promise<ScriptAnswer<"stop-action">> {
      const [stopped] = await run("stop-action", { action: id, why });
      return stopped;
    },
  };
}

export type Actions = ReturnType<typeof createActions>;

function isAfter(
  { createdAt, id }: Action,
  after: { readonly createdAt: number; readonly id: string } | undefined,
): boolean {
  if (after === undefined || createdAt < after.createdAt) return true;
  return createdAt === after.createdAt && id < after.id;
}

function toAction(id: string, fields: HashFields<"action">): Action {
  const plan = JSON.parse(fields.plan ?? "{}") as ActionPlan;
  const [total, done, failed] = [fields.total, fields.done, fields.failed].map((n) =>
    Number(n ?? 0),
  );
  const skipped = Object.fromEntries(
    SKIPPED.map((why) => [why, Number(fields[SKIPPED_FIELDS[why]] ?? 0)]),
  ) as Record<Skipped, number>;
  const all = [done, failed, ...Object.values(skipped)];
  const time = (text: string | undefined) => (text === undefined ? null : Number(text));
  return {
    ...plan,
    id,
    campaign: fields.campaign ?? "",
    state: fields.state as ActionState,
    end: fields.why === undefined || fields.why === "" ? null : (fields.why as ActionEnd),
    createdAt: Number(fields.createdAt),
    endedAt: time(fields.endedAt),
    movedAt: time(fields.movedAt),
    total: total ?? 0,
    done: done ?? 0,
    skipped,
    failed: failed ?? 0,
    left: all.reduce<number>((rest, n) => rest - (n ?? 0), total ?? 0),
  };
}
