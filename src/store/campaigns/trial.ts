import type { Redis } from "ioredis";
import type { CampaignStatus } from "../../core/campaign.ts";
import { STATES, type State } from "../../core/message.ts";
import { REASONS } from "../../core/reasons.ts";
import { neededOf, type TrialRules } from "../../core/trial.ts";
import { fieldOf, fieldsOf, type HashFields } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import { TRIAL_ROW } from "../scripts/protocol.ts";

/** Rows of a campaign that go before the rest (scripts/lib/trial.lua), in messages. */
export interface Trial {
  readonly kind: "canary" | "probe" | "first";
  readonly size: number;
  /** Taken by the API, delivered ones included. */
  readonly sent: number;
  readonly delivered: number;
  readonly failed: number;
  /** How many must be delivered; null for the first N of a list, which are not judged. */
  readonly needed: number | null;
  /** By when, ms; null until the last of them is claimed. */
  readonly until: number | null;
}

/** The inner one of the trials that are on: `hashes` are those of `…:trial` and `…:first`. */
export function readTrial(
  { status, closed }: { status: CampaignStatus; closed: boolean },
  hashes: readonly HashFields<"trial">[],
): Trial | null {
  const fields = hashes.find(({ kind }) => kind !== undefined);
  const isOn = !closed && (status === "scheduled" || status === "running" || status === "paused");
  return fields === undefined || !isOn ? null : toTrial(fields);
}

function toTrial(fields: HashFields<"trial"> & Record<string, string>): Trial {
  const rows = (...states: State[]): number =>
    states.reduce((sum, state) => sum + Number(fields[STATES[state]] ?? 0), 0);
  const size = Number(fields.size);
  const delivered = rows("delivered", "read");
  const left = size - rows("suppressed", "expired");
  return {
    kind: fields.kind as Trial["kind"],
    size,
    sent: rows("accepted", "sent") + delivered,
    delivered,
    failed: rows("failed"),
    needed: fields.share === undefined ? null : neededOf(left, Number(fields.share)),
    until: fields.until === undefined ? null : Number(fields.until),
  };
}

interface TrialRow {
  readonly row: number;
  readonly value: { readonly reason: number };
}

/**
 * Tells of some rows whether no trial keeps them back. The claim decides that; a worker reads it
 * before, so that it neither asks for the others nor counts their people (budget.ts).
 */
export async function readMayGo(
  redis: Redis,
  number: string,
  { campaign, rows }: { readonly campaign: string; readonly rows: readonly TrialRow[] },
): Promise<(row: TrialRow) => boolean> {
  const own = campaignKeys(number, campaign);
  const trials = (await redis.hget(own.campaign, fieldOf("campaign", "trials"))) ?? "";
  if (trials === "" || rows.length === 0) return () => true;
  const [[upTo, shrinks], chosen] = await Promise.all([
    redis.hmget(own.first, ...fieldsOf("trial", "upTo", "shrinks")),
    redis.smismember(own.chosen, ...rows.map(({ row }) => row)),
  ]);
  const isFirst = trials.includes("first");
  const isTried = trials.includes("trial");
  const taken = new Set(rows.filter((_, at) => chosen[at] === 1).map(({ row }) => row));
  return ({ row, value }) => {
    const isLeft = shrinks !== null && value.reason === REASONS.capped;
    const isOfFirst = row <= Number(upTo) && !isLeft;
    return (!isFirst || isOfFirst) && (!isTried || taken.has(row));
  };
}

/** Rules as the scripts read them; empty: no trial. */
export function trialRules(rules: TrialRules | null): string {
  return rules === null ? "" : `${rules.minDelivered}|${rules.waitMs}|${rules.after}`;
}

export function packTrialRows(rows: readonly number[]): Buffer {
  const packed = Buffer.alloc(rows.length * TRIAL_ROW.bytes);
  for (const [at, row] of rows.entries()) {
    TRIAL_ROW.write(packed, at * TRIAL_ROW.bytes, { row });
  }
  return packed;
}
