import { randomUUID } from "node:crypto";
import type { ActionPlan, ActionWhat, RetryWhat } from "../../src/core/action.ts";
import type { RetryFilter } from "../../src/core/failure.ts";
import { actionId } from "../../src/store/actions/actions.ts";
import type { CampaignRow } from "../../src/store/ledger/row-reader.ts";
import type { NumberStore } from "../../src/store/number-store.ts";
import { BATCH_ROWS } from "../../src/store/scripts/protocol.ts";
import { type TestStore, testDefinition } from "./campaigns.ts";

/** What is fixed when a test's action begins. */
export function testPlan(what: ActionWhat, changes: Partial<ActionPlan> = {}): ActionPlan {
  const by = { who: "anna", via: "command line", from: "host-1" } as const;
  return { name: "Test", what, by, campaignName: "Test", leftOut: {}, expected: null, ...changes };
}

export const RETRY_ALL: RetryWhat = { kind: "retry", codes: [], reasons: [] };

/** Chooses failed messages, and for `send` begins an action about them and takes all its steps. */
export async function retryFailed(
  store: NumberStore,
  id: string,
  {
    mode,
    ...request
  }: RetryFilter & {
    readonly mode: "count" | "send";
    readonly opensMs?: (row: CampaignRow) => number | null;
  },
) {
  const chosen = await store.selectFailed(id, request);
  if (chosen.kind !== "selected") return chosen;
  const { packed, total, byCode, left, waiting } = chosen;
  if (mode === "send" && total > 0) {
    const action = actionId(id, randomUUID());
    const plan = testPlan({ ...RETRY_ALL, codes: [...request.codes] });
    await store.actions.begin({ id: action, campaign: id, plan, packed, total });
    const runner = randomUUID();
    while ((await store.actions.step(action, { runner })) === "stepped");
  }
  return { kind: "retried", byCode, left, waiting };
}

/** A campaign that no failure pauses, whose rows have all failed with a code. Returns its id. */
export async function importFailed(bench: TestStore, rows: number, code = 131000): Promise<string> {
  const stopOn = { failureShare: null, sample: 50, sameCode: null, category: null };
  const definition = testDefinition(bench.number, { stopOn });
  const id = await bench.import(rows, { definition });
  for (let from = 1; from <= rows; from += BATCH_ROWS) {
    const some = Math.min(BATCH_ROWS, rows - from + 1);
    const granted = await bench.grant(id, ...Array.from({ length: some }, (_, at) => from + at));
    for (const one of granted) await bench.record(one, "failed", { code });
  }
  return id;
}
