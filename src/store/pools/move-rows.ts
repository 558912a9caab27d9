import { createHash } from "node:crypto";
import type { CampaignDefinition } from "../../core/campaign.ts";
import type { CampaignRow } from "../ledger/row-reader.ts";
import type { NumberStore } from "../number-store.ts";
import { batchesOf } from "../rows.ts";
import { BATCH_ROWS } from "../scripts/protocol.ts";
import type { Pool, PoolMove } from "./pools.ts";

/** Batches that are stored in one call. */
const BATCHES_AT_ONCE = 10;
/** After so many rows that were read the lease of the import is renewed. */
const KEEP_EVERY_ROWS = 1_000;

/** It was never tried, and its campaign is cancelled, so it never will be. */
export function isUntouched({ state, value, phone }: CampaignRow): boolean {
  return state === "cancelled" && value.state === "pending" && value.attempt === 0 && phone !== "";
}

/** `later`: the workers go on with it; `given_up`: nothing of it is sent, and nothing goes on. */
type MoveEnd = "done" | "later" | "given_up";

interface Moving {
  readonly pool: Pool;
  readonly move: PoolMove;
  readonly source: NumberStore;
  readonly target: NumberStore;
  /** That of another number of the pool; undefined if it is not served here. */
  readonly storeOf: (number: string) => Promise<NumberStore | undefined>;
}

/**
 * Moves the rows of a campaign that were never tried to a new campaign of another number. Two slots
 * cannot change in one step, so the order keeps a row from being in two places that send: the
 * campaign is cancelled for good, which is one script that every claim sees; only what it says from
 * then on is copied, into a campaign that sends nothing until all of it is stored; that starts. A
 * process that dies in between leaves a note in the pool, and the workers go on from the beginning
 * under the same id.
 *
 * Rows whose claims Redis lost read as never tried. So nothing is copied unless a failover keeps
 * the cancel, and nothing starts if Redis was found to lack claims meanwhile. Nothing starts either
 * if the pool was cancelled; if it was paused, the rows wait as well.
 */
export async function carryOutMove(input: Moving): Promise<MoveEnd> {
  const { pool, move, source, target } = input;
  const { pools } = source;
  const { from, to } = move;
  const known = move.campaign === "" ? undefined : await target.campaigns.find(move.campaign);
  if (await isCancelled(input)) return giveUp(input, move.campaign);
  if (known !== undefined && known.status !== "importing") {
    if (!(await target.isKept())) return "later";
    await pools.move(pool.id, { ...move, done: true });
    return "done";
  }
  const before = await cancelSource(input, move.campaign);
  if (before !== null) return before;
  const [campaign, sent] = await Promise.all([
    source.campaigns.find(from),
    source.campaigns.toSend(from),
  ]);
  if (campaign === undefined || sent === undefined) throw new Error(`${from} is gone.`);
  const rewrites = await rewritesOf(input);
  // A rate that a person has set goes with the rows.
  const delivery = { ...sent.definition.delivery, ratePerSecond: campaign.ratePerSecond };
  const definition = { ...sent.definition, number: to, canary: null, delivery };
  const begun = await target.imports.begin(importOf(input, definition));
  if (begun.kind !== "begun") return "later";
  await pools.move(pool.id, { ...move, campaign: begun.campaign });
  let [some, rows, batches]: [CampaignRow[], number, number] = [[], 0, 0];
  const store = async (): Promise<boolean> => {
    const packed = [];
    for (let at = 0; at < some.length; at += BATCH_ROWS) {
      packed.push({ rows: some.slice(at, at + BATCH_ROWS).map(toImport) });
    }
    const stored = await target.imports.chunk({ ...begun, firstBatch: batches, batches: packed });
    // Only the token of the import fences the copy: who lost it must note nothing either.
    if (stored !== "stored") return false;
    const places = some.map(({ row }) => row);
    await pools.noteMoved(begun.campaign, rows, places);
    rows += some.length;
    batches += packed.length;
    some = [];
    return true;
  };
  let read = 0;
  for await (const row of source.rows.all(from, campaign.rows)) {
    // While it passes over rows that stay, it stores nothing, and would count as dead.
    const isTime = ++read % KEEP_EVERY_ROWS === 0;
    if (isTime && (await target.imports.heartbeat(begun)) === "lost") return "later";
    if (!isUntouched(row)) continue;
    if (batchesOf(some.push(row) + 1) > BATCHES_AT_ONCE && !(await store())) return "later";
  }
  if (some.length > 0 && !(await store())) return "later";
  if (await isCancelled(input)) return giveUp(input, begun.campaign);
  // A person was erased meanwhile, whose row may have been copied before: it is copied again.
  if ((await rewritesOf(input)) !== rewrites) return "later";
  const after = await cancelSource(input, begun.campaign);
  if (after !== null) return after;
  const isPaused = await isPoolPaused(input);
  const finished = await target.imports.finish({ ...begun, rows, batches, isPaused });
  if (finished.kind === "lost") return "later";
  // A person may have cancelled or paused the pool before its new campaign could be seen.
  if (await isCancelled(input)) return giveUp(input, begun.campaign);
  if (!isPaused && (await isPoolPaused(input))) {
    await target.campaigns.pause(begun.campaign, "operator");
  }
  // What is done is not repeated, so a failover must not undo it.
  if (!(await target.isKept())) return "later";
  await pools.move(pool.id, { ...move, campaign: begun.campaign, done: true });
  return "done";
}

/** How often stored rows of the source were rewritten. */
async function rewritesOf({ source, move }: Moving): Promise<number> {
  return (await source.corrections.campaign(move.from))?.rewrites ?? 0;
}

async function isCancelled({ pool, source }: Moving): Promise<boolean> {
  return (await source.pools.find(pool.id))?.status === "cancelled";
}

/**
 * Null: no row of the source can be claimed from now on, and none that was reads as untouched. If
 * Redis lost claims of a campaign that is cancelled, that cannot be told any more: its rows stay.
 */
async function cancelSource(moving: Moving, campaign: string): Promise<MoveEnd | null> {
  const { source, move } = moving;
  const kept = await source.campaigns.cancelForMove(move.from);
  if (kept !== "guarded") return kept === "kept" ? null : "later";
  const [rollback, found] = await Promise.all([
    source.rollback.read(),
    source.campaigns.find(move.from),
  ]);
  const lacksClaims = rollback !== undefined && rollback.lost !== null;
  return lacksClaims && found?.closed === true ? giveUp(moving, campaign) : "later";
}

/** Whether the target's own campaign is paused, or all that still send are. */
async function isPoolPaused({ pool, move, storeOf }: Moving): Promise<boolean> {
  const found = await Promise.all(
    pool.members.map(async ({ number }, at) => {
      const child = pool.children[at];
      if (child === undefined || child === move.from) return { number, status: undefined };
      return { number, status: (await (await storeOf(number))?.campaigns.find(child))?.status };
    }),
  );
  if (found.some(({ number, status }) => number === move.to && status === "paused")) return true;
  const goes = found.some(({ status }) => status === "running" || status === "scheduled");
  return !goes && found.some(({ status }) => status === "paused");
}

/** The campaign that gets the rows: the same one, however often the move begins. */
function importOf({ pool, move, source }: Moving, definition: CampaignDefinition) {
  return {
    digest: createHash("sha256").update(`${pool.id}|moved|${move.from}`).digest("hex"),
    ...{ again: false, definition },
    ...{ file: pool.file, columns: pool.columns, mode: source.mode, pool: pool.id },
    ...(pool.delimiter === null ? {} : { delimiter: pool.delimiter }),
  };
}

async function giveUp(moving: Moving, campaign: string): Promise<MoveEnd> {
  const { pool, move, source, target } = moving;
  const given = campaign === "" ? await findBegun(moving) : campaign;
  if (given === "busy") return "later";
  if (given !== "") await target.campaigns.cancel(given);
  await source.pools.move(pool.id, { ...move, campaign: given, done: true });
  return "given_up";
}

/**
 * The campaign that a process began and died before it noted it; "" if none did. `busy`: it may
 * still live.
 */
async function findBegun(moving: Moving): Promise<string> {
  const { source, target, move } = moving;
  const sent = await source.campaigns.toSend(move.from);
  if (sent === undefined) return "";
  const begun = await target.imports.begin({
    ...importOf(moving, { ...sent.definition, number: move.to }),
    fresh: "refuse",
  });
  if (begun.kind === "busy") return "busy";
  return begun.kind === "begun" ? begun.campaign : "";
}

function toImport({ cells, phone }: CampaignRow) {
  return { cells, outcome: { kind: "pending" as const, phone } };
}
