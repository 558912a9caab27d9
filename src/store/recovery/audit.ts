import type { Redis } from "ioredis";
import { type Counts, STATES, type State, zeroCounts } from "../../core/message.ts";
import type { CampaignStore } from "../campaigns/campaign-store.ts";
import { fieldOf, fieldsOf } from "../hashes.ts";
import { campaignKeys } from "../keys.ts";
import { stateOf } from "../ledger/ledger-value.ts";
import { batchesOf } from "../rows.ts";
import type { RunScript } from "../scripts/runner.ts";

/**
 * Compares counters with rows: promise 2 says that they always add up.
 *
 * Rows move during a recount, so it is valid only if the campaign's number of moves was the same
 * before the counters were read and after. A busy campaign is counted when it is idle. Counting a
 * big one costs Redis seconds, so it starts only after the campaign was idle from one check to the
 * next. A difference found twice is a fault of the ledger: the number is suspended with the
 * details. Any worker may do this; a campaign that matched is not counted again until something
 * moves.
 */
export interface Difference {
  readonly campaign: string;
  readonly state: State;
  readonly counted: number;
  readonly rows: number;
}

type AuditResult =
  | { readonly kind: "rests" | "moved" | "fits" | "no_campaign" }
  | { readonly kind: "noted" | "suspended"; readonly differences: readonly Difference[] };

/** Batches counted by one script call: one or two milliseconds of Redis. */
const BATCHES_A_CALL = 5;
/** A recount of so many rows, a tenth of a second, may turn out to be invalid. */
const SMALL_ROWS = 20_000;

export function createAudit(input: {
  redis: Redis;
  number: string;
  run: RunScript;
  campaigns: CampaignStore;
}) {
  const { redis, number, run, campaigns } = input;
  /** Moves of big campaigns at their last check. */
  const movesSeen = new Map<string, string>();

  async function movesOf(id: string): Promise<number> {
    return Number(
      await redis.hget(campaignKeys(number, id).campaign, fieldOf("campaign", "moves")),
    );
  }

  /** The rows by state, and the moves at which that held; undefined if a row moved meanwhile. */
  async function recount(
    id: string,
    rows: number,
  ): Promise<{ moves: number; counts: Counts } | undefined> {
    const counts = zeroCounts();
    let moves: number | undefined;
    for (let batch = 0; batch < Math.max(1, batchesOf(rows)); batch += BATCHES_A_CALL) {
      const answer = (await run("count-rows", {
        campaign: id,
        firstBatch: batch,
        batches: BATCHES_A_CALL,
      })) as number[];
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
    const before = await movesOf(id);
    const campaign = await campaigns.find(id);
    if (campaign === undefined) return undefined;
    const found = await recount(id, campaign.rows);
    // Counters read before a move and rows read after it would differ for no reason.
    if (found?.moves !== before) return undefined;
    const differences = (Object.keys(STATES) as State[]).flatMap((state): Difference[] => {
      const [counted, rows] = [campaign.counts[state], found.counts[state]];
      return counted === rows ? [] : [{ campaign: id, state, counted, rows }];
    });
    return { found, differences };
  }

  return {
    /** Recounts one campaign, unless nothing moved since it last matched. */
    async look(id: string): Promise<AuditResult> {
      const { campaign: key } = campaignKeys(number, id);
      const fields = await redis.hmget(
        key,
        ...fieldsOf("campaign", "status", "moves", "audited", "purgedAt", "rows"),
      );
      const [status, moves, audited, purgedAt, rows] = fields;
      if (!status) return { kind: "no_campaign" };
      const rests = status === "importing" || Boolean(purgedAt) || (moves ?? "0") === audited;
      if (rests) return { kind: "rests" };
      if (Number(rows) > SMALL_ROWS && movesSeen.get(id) !== (moves ?? "0")) {
        movesSeen.set(id, moves ?? "0");
        return { kind: "moved" };
      }
      const compared = await compare(id);
      if (compared === undefined) return { kind: "moved" };
      const { found, differences } = compared;
      const where = differences
        .map(({ state, counted, rows }) => `${state} ${counted} of ${rows}`)
        .join(", ");
      const args = { campaign: id, moves: found.moves, differences: where };
      const [verdict] = await run("note-audit", args);
      if (verdict === "noted" || verdict === "suspended") return { kind: verdict, differences };
      return { kind: verdict };
    },

    /** Sets the counters to the recount. `moved`: the campaign is busy; ask again. */
    async correct(
      id: string,
    ): Promise<{ kind: "corrected"; differences: readonly Difference[] } | { kind: "moved" }> {
      const compared = await compare(id);
      if (compared === undefined) return { kind: "moved" };
      const { moves, counts } = compared.found;
      const pairs = Object.entries(counts).flatMap(([state, rows]) =>
        rows === 0 ? [] : [{ state: STATES[state as State], rows }],
      );
      const done = await run("set-counts", { campaign: id, moves }, pairs);
      return done === 1
        ? { kind: "corrected", differences: compared.differences }
        : { kind: "moved" };
    },
  };
}
