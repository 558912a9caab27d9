import type { Actor } from "../../core/act.ts";
import { modeOption } from "../../core/mode.ts";
import { accept, type Refused, type Result, refuse } from "../../core/refusal.ts";
import { carryOutMove } from "../../store/index.ts";
import { audited } from "../audited.ts";
import type { FoundCampaign } from "../find.ts";
import { refuseUnconfirmedRedis } from "../refusals.ts";

/** What a move would do, or did; also as JSON. */
export interface Moved {
  readonly id: string;
  /** The campaign whose rows go, and its number's successor. */
  readonly from: string;
  readonly to: string;
  /** Rows that were never tried: they go. */
  readonly rows: number;
  /** Rows that wait and were tried before: they stay, and are not sent. */
  readonly tried: number;
  /** The campaign that has the rows; null: not moved yet. */
  readonly campaign: string | null;
}

interface MoveWanted {
  readonly from: string;
  readonly to: string;
}

/**
 * How many rows of one number of a pool can go to another. Reads all rows of that campaign.
 * Refusals: `move_not_possible`, `move_not_paused`, `move_nothing`, `redis_unconfirmed`.
 */
export async function previewMove(
  found: FoundCampaign,
  { from, to }: MoveWanted,
): Promise<Result<Moved>> {
  const { campaign, pool, children = [] } = found;
  const { id, mode } = campaign;
  // Rows that were moved to the number before can be moved on, when its own are over.
  const ofNumber = children.filter((child) => child.campaign.number === from);
  const source = ofNumber.find((child) => !isOver(child)) ?? ofNumber[0];
  const hasTarget = pool?.members.some(({ number }) => number === to) ?? false;
  if (source === undefined || !hasTarget || from === to) {
    return refuse(
      "move_not_possible",
      pool === undefined
        ? `${id} is sent from one number.`
        : `Rows of ${id} go from one of its numbers to another: ${campaign.number}.`,
      "Rows can be moved between the numbers of a campaign with `numbers`; dropcast show lists them.",
    );
  }
  const { status, awaitsApprovalOf } = source.campaign;
  if (status !== "paused" || awaitsApprovalOf !== null) {
    return refuse(
      "move_not_paused",
      `${source.campaign.id} is ${awaitsApprovalOf === null ? status : "waiting for an approval"}, so its rows stay.`,
      `Only a paused campaign can give rows away: dropcast pause ${source.campaign.id}${modeOption(mode)}.`,
    );
  }
  const { rollback } = source.store;
  if ((await rollback.read()) !== undefined || (await rollback.isSettling())) {
    return refuseUnconfirmedRedis(`The rows of ${source.campaign.id} stay`);
  }
  let [rows, tried] = [0, 0];
  for await (const row of source.store.rows.all(source.campaign.id, source.campaign.rows)) {
    if (row.state !== "pending" || row.phone === "") continue;
    if (row.value.attempt === 0) rows++;
    else tried++;
  }
  if (rows === 0) {
    return refuse(
      "move_nothing",
      `${source.campaign.id} has no row that waits and was never tried.`,
      "Rows that were tried are never moved, since the person may have the message.",
    );
  }
  return accept({ id, from: source.campaign.id, to, rows, tried, campaign: null });
}

function isOver({ campaign: { status } }: FoundCampaign): boolean {
  return status === "finished" || status === "cancelled" || status === "rejected";
}

/**
 * Moves the rows of one number of a pool that were never tried to another of its numbers. The
 * campaign that had them is cancelled for good first. If this process dies, a worker goes on.
 * Refusals: those of {@link previewMove}.
 */
export async function moveRows(
  found: FoundCampaign,
  wanted: MoveWanted,
  by: Actor,
): Promise<Result<Moved>> {
  const { campaign, store } = found;
  const details = { from: wanted.from, to: wanted.to };
  const act = { what: "move", campaigns: [campaign.id], details } as const;
  return audited(store.acts, by, act, () => moveNow(found, wanted));
}

async function moveNow(found: FoundCampaign, wanted: MoveWanted): Promise<Result<Moved>> {
  const { pool, children = [] } = found;
  const preview = await previewMove(found, wanted);
  if (!preview.ok || pool === undefined) return preview;
  const { from, to } = preview.value;
  const source = children.find((child) => child.campaign.id === from)?.store;
  const target = children.find((child) => child.campaign.number === to)?.store;
  if (source === undefined || target === undefined) throw new Error(`${from} was not found.`);
  const decided = await source.pools.move(pool.id, { from, to, campaign: "", done: false });
  if (decided === "") return refuseGivenUp(from, pool.id);
  if (decided !== to) {
    return refuse(
      "move_not_possible",
      `The rows of ${from} go to ${decided} already.`,
      `See dropcast show ${pool.id}.`,
    );
  }
  const move = { from, to, campaign: "", done: false };
  const storeOf = async (number: string) =>
    children.find((child) => child.campaign.number === number)?.store;
  const end = await carryOutMove({ pool, move, source, target, storeOf });
  if (end === "given_up") return refuseGivenUp(from, pool.id);
  const moves = await source.pools.moves(pool.id);
  const campaign = moves.find((one) => one.from === from)?.campaign ?? "";
  return accept({ ...preview.value, campaign: campaign === "" ? null : campaign });
}

function refuseGivenUp(from: string, pool: string): Refused {
  return refuse(
    "move_not_possible",
    `The rows of ${from} stay: ${pool} was cancelled, or Redis was found to lack messages of ${from}.`,
    `See dropcast show ${pool} and dropcast doctor.`,
  );
}
