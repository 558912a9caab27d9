import { createHash } from "node:crypto";
import type { CampaignRow } from "../ledger/row-reader.ts";
import type { NumberStore } from "../number-store.ts";
import { batchesOf } from "../rows.ts";
import { BATCH_ROWS } from "../scripts/protocol.ts";
import type { Pool, PoolMove } from "./pools.ts";

/** Batches that are stored in one call. */
const BATCHES_AT_ONCE = 10;

/** It was never tried, and its campaign is cancelled, so it never will be. */
export function isUntouched({ state, value, phone }: CampaignRow): boolean {
  return state === "cancelled" && value.state === "pending" && value.attempt === 0 && phone !== "";
}

/**
 * Moves the rows of a campaign that were never tried to a new campaign of another number. Two slots
 * cannot change in one step, so the order keeps a row from being in two places that send: the
 * campaign is cancelled for good, which is one script that every claim sees; only what it says from
 * then on is copied, into a campaign that sends nothing until all of it is stored; that starts. A
 * process that dies in between leaves a note in the pool, and the workers go on from the beginning
 * under the same id. Returns false while another process does it.
 */
export async function carryOutMove(input: {
  pool: Pool;
  move: PoolMove;
  source: NumberStore;
  target: NumberStore;
}): Promise<boolean> {
  const { pool, move, source, target } = input;
  const { pools } = source;
  const { from, to } = move;
  const known = move.campaign === "" ? undefined : await target.campaigns.find(move.campaign);
  if (known !== undefined && known.status !== "importing") {
    await pools.move(pool.id, { ...move, done: true });
    return true;
  }
  await source.campaigns.cancel(from);
  const [campaign, sent] = await Promise.all([
    source.campaigns.find(from),
    source.campaigns.toSend(from),
  ]);
  if (campaign === undefined || sent === undefined) throw new Error(`${from} is gone.`);
  const begun = await target.imports.begin({
    digest: createHash("sha256").update(`${pool.id}|moved|${from}`).digest("hex"),
    ...{ again: false, definition: { ...sent.definition, number: to, canary: null } },
    ...{ file: pool.file, columns: pool.columns, mode: source.mode, pool: pool.id },
    ...(pool.delimiter === null ? {} : { delimiter: pool.delimiter }),
  });
  if (begun.kind !== "begun") return false;
  await pools.move(pool.id, { ...move, campaign: begun.campaign });
  let [some, rows, batches]: [CampaignRow[], number, number] = [[], 0, 0];
  const store = async (): Promise<boolean> => {
    await pools.noteMoved(
      begun.campaign,
      rows,
      some.map(({ row }) => row),
    );
    const packed = [];
    for (let at = 0; at < some.length; at += BATCH_ROWS) {
      packed.push({ rows: some.slice(at, at + BATCH_ROWS).map(toImport) });
    }
    const stored = await target.imports.chunk({ ...begun, firstBatch: batches, batches: packed });
    rows += some.length;
    batches += packed.length;
    some = [];
    return stored === "stored";
  };
  for await (const row of source.rows.all(from, campaign.rows)) {
    if (!isUntouched(row)) continue;
    if (batchesOf(some.push(row) + 1) > BATCHES_AT_ONCE && !(await store())) return false;
  }
  if (some.length > 0 && !(await store())) return false;
  const finished = await target.imports.finish({ ...begun, rows, batches });
  if (finished.kind === "lost") return false;
  await pools.move(pool.id, { ...move, campaign: begun.campaign, done: true });
  return true;
}

function toImport({ cells, phone }: CampaignRow) {
  return { cells, outcome: { kind: "pending" as const, phone } };
}
