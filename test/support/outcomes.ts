import { randomBytes } from "node:crypto";
import { BATCH_ROWS, TICK_MS } from "../../src/store/scripts/protocol.ts";
import { FREE_RATE, type TestStore, testPhone } from "./campaigns.ts";

/**
 * What becomes of a message: the API refuses it with a code, or accepts it, and a webhook reports
 * its failure once `late` more messages were answered.
 */
export type Fate =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly code: number }
  | { readonly kind: "fails"; readonly code: number; readonly late: number };

export interface Sending {
  readonly from?: number;
  readonly rows: number;
  readonly fate: (row: number) => Fate;
  /** How many messages are claimed and answered at once. */
  readonly atOnce: number;
}

/**
 * Sends rows as a worker does until the campaign is paused, each answer in a time of its own.
 * Returns how many were sent.
 */
export async function sendOutcomes(bench: TestStore, id: string, sending: Sending) {
  const { from = 1, rows, fate, atOnce } = sending;
  const failures = new Map<number, { row: number; code: number }[]>();
  for (let first = from; first <= rows; first += atOnce) {
    const last = Math.min(first + atOnce - 1, rows);
    const granted = await claimRows(bench, id, first, last);
    if (granted === undefined) return first - from;
    // An earlier epoch moves the campaign's time on by a tick.
    const writes: Promise<unknown>[] = [
      bench.redis.hincrby(bench.own(id).campaign, "epoch", -TICK_MS),
      bench.store.ledger.record(
        id,
        granted.map((one) => recordOf(id, one, fate(one.row))),
      ),
    ];
    for (let row = first; row <= last; row++) {
      const what = fate(row);
      if (what.kind === "fails") {
        const at = row + what.late;
        failures.set(at, [...(failures.get(at) ?? []), { row, code: what.code }]);
      }
    }
    for (const [at, some] of failures) {
      if (at > last) continue;
      failures.delete(at);
      for (const { row, code } of some)
        writes.push(bench.status(wamid(id, row), "failed", { code }));
    }
    await Promise.all(writes);
  }
  return rows - from + 1;
}

const wamid = (id: string, row: number) => `wamid.${id}-${row}`;

async function claimRows(bench: TestStore, id: string, first: number, last: number) {
  const nonce = randomBytes(8);
  const batch = Math.floor((first - 1) / BATCH_ROWS);
  const rows = Array.from({ length: last - first + 1 }, (_, at) => {
    return { row: first + at, person: bench.store.ledger.person(testPhone(first + at)) };
  });
  const run = await bench.runOf(id, batch);
  const claimed = await bench.store.ledger.claim({
    ...{ campaign: id, batch, run, nonce, mode: "sandbox", rows },
    ...{ ratePerSecond: FREE_RATE, reachMs: 60_000, answerMs: 0 },
  });
  if (claimed.kind === "gate") return undefined;
  return rows.map(({ row, person }, at) => {
    const verdict = claimed.verdicts[at];
    if (verdict?.kind !== "granted") throw new Error(`Row ${row} was ${verdict?.kind}.`);
    return { row, person, nonce, attempt: verdict.attempt };
  });
}

function recordOf(
  id: string,
  one: { row: number; person: Buffer; nonce: Buffer; attempt: number },
  fate: Fate,
) {
  const plain = { reason: 0, waitMs: 0, held: false, optOut: false };
  if (fate.kind === "refused") {
    return { ...one, ...plain, outcome: "failed" as const, code: fate.code, id: null };
  }
  const named = { text: wamid(id, one.row), isWamid: true };
  return { ...one, ...plain, outcome: "accepted" as const, code: 0, id: named };
}
