import type { CanaryRules } from "../../src/core/trial.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import { type TestStore, testDefinition, testPhone } from "../support/campaigns.ts";

export const WAIT_MS = 600_000;
export const RULES: CanaryRules = { size: 5, minDelivered: 0.8, waitMs: WAIT_MS, after: "go" };

/** 450 rows, of which the first so many are sent before a person is asked. */
export function importFirst(
  bench: TestStore,
  first: number,
  outcomes?: Map<number, ImportOutcome>,
) {
  const { recipients, ...rest } = testDefinition(bench.number);
  const definition = { ...rest, recipients: { ...recipients, first } };
  return bench.import(450, { definition, ...(outcomes === undefined ? {} : { outcomes }) });
}

/** Grants a row, and tells that it was accepted, and what a webhook said then. */
export async function send(
  bench: TestStore,
  id: string,
  row: number,
  ...told: string[]
): Promise<void> {
  const wamid = `wamid.${id}-${row}`;
  await bench.send(id, row, "accepted", { wamid });
  for (const status of told) await bench.status(wamid, status as "delivered", { code: 131026 });
}

/** What a claim of the row gets: its verdict, or the gate that is closed. */
export async function kindOf(bench: TestStore, id: string, row: number): Promise<string> {
  const { ready, open } = bench.own(id);
  const batch = String(Math.floor((row - 1) / 100));
  // As a stale job: the batch is opened by force.
  await bench.redis.zrem(ready, batch);
  await bench.redis.hset(open, batch, 99);
  const result = await bench.claim(id, [row], { run: 99 });
  await bench.store.ledger.close(id, Number(batch), 99);
  return result.kind === "gate" ? result.gate : (result.verdicts[0]?.kind ?? "none");
}

/** The batches with work: in `ready`, and set aside. */
export async function batches(bench: TestStore, id: string) {
  const { ready, aside, beyond } = bench.own(id);
  const read = (key: string) => bench.redis.zrange(key, "0", "-1");
  return { ready: await read(ready), aside: [...(await read(aside)), ...(await read(beyond))] };
}

/** The whole state of the trial: nothing of it is left when it is over. */
export async function leftovers(bench: TestStore, id: string): Promise<number> {
  const { trial, first, chosen, aside, beyond } = bench.own(id);
  const scheduled = await bench.redis.zscore(bench.keys.trials, id);
  const keys = await bench.redis.exists(trial, first, chosen, aside, beyond);
  return keys + (scheduled === null ? 0 : 1);
}

/** Rows 2 and 3 are the first two; row 1 was rejected by the import and is correct by now. */
export async function importCorrected(bench: TestStore): Promise<string> {
  const rejected: ImportOutcome = { kind: "rejected", code: "phone_missing", column: "phone" };
  const id = await importFirst(bench, 2, new Map([[1, rejected]]));
  const [own, batch] = [
    await bench.store.corrections.campaign(id),
    await bench.store.corrections.batch(id, 0),
  ];
  if (own === undefined || batch === undefined) throw new Error("There is nothing to correct.");
  const rows = [{ row: 1, phone: testPhone(1), cells: [testPhone(1), "Ann"] }];
  await bench.store.corrections.apply(id, batch, { rows, rewrites: own.rewrites });
  return id;
}
