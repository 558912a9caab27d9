import type { Redis } from "ioredis";
import { type Counts, STATES, type State, zeroCounts } from "../core/message.ts";
import { REASONS } from "../core/reasons.ts";
import type { CampaignStore } from "./campaign-store.ts";
import { batchesOf, campaignKeys } from "./keys.ts";
import { stateOf } from "./ledger-value.ts";
import type { RunScript } from "./scripts.ts";

/**
 * Counters against rows: promise 2 says that they always add up, and this looks whether they do.
 *
 * Rows move while they are counted, so a recount is worth something only if the campaign's number of
 * moves was the same before and after; a campaign at work is looked at when it rests. A difference
 * that is found twice is a fault of the ledger: the number halts, and says where. Any worker may do
 * this; what was found to fit is not counted again until something moves.
 */
export interface Difference {
  readonly campaign: string;
  readonly state: State;
  readonly counted: number;
  readonly rows: number;
}

export type AuditResult =
  | { readonly kind: "rests" | "moved" | "fits" | "no_campaign" }
  | { readonly kind: "noted" | "halted"; readonly differences: readonly Difference[] };

/** Batches one script call counts: about a millisecond of Redis. */
const BATCHES_A_CALL = 20;

export function createAudit(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  campaigns: CampaignStore;
}) {
  const { redis, number, run, campaigns } = input;

  /** The rows by state, and the moves at which that held; undefined when a row moved meanwhile. */
  async function recount(
    id: string,
    rows: number,
  ): Promise<{ moves: number; counts: Counts } | undefined> {
    const counts = zeroCounts();
    let moves: number | undefined;
    for (let batch = 0; batch < Math.max(1, batchesOf(rows)); batch += BATCHES_A_CALL) {
      const answer = (await run("count-rows", [id, batch, BATCHES_A_CALL])) as number[];
      const [now, ...pairs] = answer;
      if (now === undefined || (moves !== undefined && moves !== now)) return undefined;
      moves = now;
      for (let at = 0; at < pairs.length; at += 2) {
        counts[stateOf(pairs[at] ?? 0)] += pairs[at + 1] ?? 0;
      }
    }
    return moves === undefined ? undefined : { moves, counts };
  }

  async function compare(id: string) {
    const campaign = await campaigns.find(id);
    if (campaign === undefined) return undefined;
    const found = await recount(id, campaign.rows);
    const differences = (Object.keys(STATES) as State[]).flatMap((state): Difference[] => {
      const [counted, rows] = [campaign.counts[state], found?.counts[state] ?? 0];
      return counted === rows ? [] : [{ campaign: id, state, counted, rows }];
    });
    return { found, differences };
  }

  return {
    /** Recounts one campaign, unless nothing of it moved since it was last found to fit. */
    async look(id: string): Promise<AuditResult> {
      const { campaign: key } = campaignKeys(number, id);
      const fields = await redis.hmget(key, "status", "moves", "audited", "purgedAt");
      const [status, moves, audited, purgedAt] = fields;
      if (!status) return { kind: "no_campaign" };
      const rests = status === "importing" || Boolean(purgedAt) || (moves ?? "0") === audited;
      if (rests) return { kind: "rests" };
      const compared = await compare(id);
      if (compared?.found === undefined) return { kind: "moved" };
      const { found, differences } = compared;
      // The counters were read after `moves` and before the recount: what moved in between is in one only.
      if (found.moves !== Number(moves ?? 0)) return { kind: "moved" };
      const where = differences
        .map(({ state, counted, rows }) => `${state} ${counted} of ${rows}`)
        .join(", ");
      const args = [id, found.moves, where, REASONS.counters_differ];
      const verdict = (await run("note-audit", args)) as "moved" | "fits" | "noted" | "halted";
      if (verdict === "noted" || verdict === "halted") return { kind: verdict, differences };
      return { kind: verdict };
    },

    /** Sets the counters to what the rows say. `moved`: the campaign is at work; ask again. */
    async mend(
      id: string,
    ): Promise<{ kind: "mended"; differences: readonly Difference[] } | { kind: "moved" }> {
      const compared = await compare(id);
      if (compared?.found === undefined) return { kind: "moved" };
      const { moves, counts } = compared.found;
      const pairs = Object.entries(counts).flatMap(([state, rows]) =>
        rows === 0 ? [] : [STATES[state as State], rows],
      );
      const done = await run("set-counts", [id, moves, ...pairs]);
      return done === 1 ? { kind: "mended", differences: compared.differences } : { kind: "moved" };
    },
  };
}

export type Audit = ReturnType<typeof createAudit>;
