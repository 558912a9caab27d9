import { PRIORITY_WEIGHTS } from "../core/campaign.ts";
import type { BatchRun } from "./batch-run.ts";

/** Messages of one campaign in this process, taking turns with the number's other campaigns. */
export interface CampaignTurn {
  readonly id: string;
  readonly weight: number;
  readonly runs: BatchRun[];
  /** Stride scheduling: the lowest pass is next, and each message costs 1 / weight. */
  pass: number;
  /** `performance.now()` before which a claim would get no send time. */
  notBefore: number;
}

/** Whose turn it is among the campaigns of a number, by weight (urgent 8, normal 4, bulk 1). */
export function createTurns() {
  const turns = new Map<string, CampaignTurn>();

  function hasWork(turn: CampaignTurn): boolean {
    return turn.runs.some((run) => run.waiting.length > 0);
  }

  return {
    add(run: BatchRun): void {
      const { id, definition } = run.campaign;
      const known = turns.get(id);
      if (known !== undefined) {
        known.runs.push(run);
        return;
      }
      const pass = Math.min(...[...turns.values()].map((turn) => turn.pass));
      turns.set(id, {
        id,
        weight: PRIORITY_WEIGHTS[definition.delivery.priority],
        runs: [run],
        pass: Number.isFinite(pass) ? pass : 0,
        notBefore: 0,
      });
    },

    /** False: it was removed before. */
    remove(run: BatchRun): boolean {
      const turn = turns.get(run.campaign.id);
      const at = turn?.runs.indexOf(run) ?? -1;
      if (turn === undefined || at === -1) return false;
      turn.runs.splice(at, 1);
      if (turn.runs.length === 0) turns.delete(turn.id);
      return true;
    },

    /** The campaign to send from at `now`, or when the next one may ask, or nothing to do. */
    next(now: number): CampaignTurn | { readonly at: number } | undefined {
      let best: CampaignTurn | undefined;
      let at = Number.POSITIVE_INFINITY;
      for (const turn of turns.values()) {
        if (!hasWork(turn)) continue;
        if (turn.notBefore > now) at = Math.min(at, turn.notBefore);
        else if (best === undefined || comesBefore(turn, best)) best = turn;
      }
      if (best !== undefined) return best;
      return at === Number.POSITIVE_INFINITY ? undefined : { at };
    },

    of(campaign: string): CampaignTurn | undefined {
      return turns.get(campaign);
    },

    runs(): BatchRun[] {
      return [...turns.values()].flatMap((turn) => turn.runs);
    },
  };
}

/** With the same pass the heavier one goes first: an urgent campaign that has just arrived. */
function comesBefore(turn: CampaignTurn, other: CampaignTurn): boolean {
  return turn.pass < other.pass || (turn.pass === other.pass && turn.weight > other.weight);
}

export type Turns = ReturnType<typeof createTurns>;
