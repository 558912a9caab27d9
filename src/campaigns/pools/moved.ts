import { counted } from "../../core/format.ts";
import { type Refused, refuse } from "../../core/refusal.ts";
import type { PoolMove } from "../../store/index.ts";
import { type FoundCampaign, findCampaign } from "../find.ts";

/** Where rows of a campaign went that were never tried. */
export interface MovedAway {
  /** Its rows that another number of its pool has, and sends or has sent; null: not known. */
  readonly rows: number | null;
  /** Null: who asks may not know of the pool. */
  readonly pool: string | null;
}

/** Undefined: its rows stayed. */
export async function readMoved(found: FoundCampaign): Promise<MovedAway | undefined> {
  const { campaign, store, stores } = found;
  const { id, pool } = campaign;
  if (pool === null) return undefined;
  const moves = await store.pools.moves(pool);
  const move = moves.find(({ from }) => from === id);
  if (move === undefined) return undefined;
  const whole = stores === undefined ? undefined : await findCampaign(stores, pool);
  if (whole?.ok !== true) return { rows: null, pool: null };
  const last = lastOf(moves, move);
  const target = whole.value.children?.find((child) => child.campaign.id === last.campaign);
  const status = target?.campaign.status ?? "cancelled";
  const isThere = last.done && status !== "cancelled" && status !== "rejected";
  return { rows: isThere ? await store.pools.movedRows(move.campaign) : null, pool };
}

/** Rows that were moved may have been moved on. */
function lastOf(moves: readonly PoolMove[], move: PoolMove): PoolMove {
  const next = moves.find(({ from }) => from === move.campaign);
  return next === undefined ? move : lastOf(moves, next);
}

/** A part of a sentence about the campaign that had them. */
export function movedWords({ rows, pool }: MovedAway): string {
  if (rows !== null) return `another number of its pool has ${counted(rows, "row")} of it`;
  if (pool === null) return "rows of it that were never tried were to be sent from elsewhere";
  return `its rows were to go to another number: see dropcast show ${pool}`;
}

/**
 * What would send from a campaign again whose rows were given to another number. It is cancelled
 * for good; if Redis lost that, its rows would go out twice. Names no other number: who asks may
 * not be allowed to see it.
 */
export async function refuseMoved(found: FoundCampaign): Promise<Refused | null> {
  const { id } = found.campaign;
  const moved = await readMoved(found);
  if (moved === undefined) return null;
  const { rows, pool } = moved;
  if (pool === null) {
    return refuse(
      "cannot_resume",
      `The rows of ${id} that were never tried were to be sent from elsewhere, so it stays cancelled.`,
      "Ask a person who may see all numbers before you send them again.",
    );
  }
  return rows === null
    ? refuse(
        "cannot_resume",
        `The rows of ${id} that were never tried were to go to another number of its pool, so it stays cancelled.`,
        `See dropcast show ${pool}: it says what is sent of them.`,
      )
    : refuse(
        "cannot_resume",
        `The rows of ${id} that were never tried were given to another number of its pool.`,
        "Nothing needs to be done: they are sent from there.",
      );
}
