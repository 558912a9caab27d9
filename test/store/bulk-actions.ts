import { randomUUID } from "node:crypto";
import type { ActionWhat, ResolveWhat } from "../../src/core/action.ts";
import { actionId } from "../../src/store/actions/actions.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { importFailed, RETRY_ALL, testPlan } from "../support/retry.ts";

/** A campaign whose rows all failed. */
export async function failed(rows: number) {
  const bench = await openTestStore();
  return { bench, id: await importFailed(bench, rows) };
}

export async function beginRetry(bench: TestStore, campaign: string, token: string = randomUUID()) {
  const chosen = await bench.store.selectFailed(campaign, { codes: new Set() });
  if (chosen.kind !== "selected") throw new Error(chosen.kind);
  const id = actionId(campaign, token);
  const { packed, total } = chosen;
  const begun = await bench.store.actions.begin({
    ...{ id, campaign, plan: testPlan(RETRY_ALL), packed, total },
  });
  return { id, begun };
}

export async function beginResolve(
  bench: TestStore,
  campaign: string,
  what: Pick<ResolveWhat, "decision"> & Partial<ResolveWhat>,
) {
  const whole: ActionWhat = {
    ...{ kind: "resolve", reasons: [], olderThanMs: null, rows: null },
    ...what,
  };
  const { packed, total } = await bench.store.selectUnknown(campaign, whole, Date.now());
  const id = actionId(campaign, randomUUID());
  const begun = await bench.store.actions.begin({
    ...{ id, campaign, plan: testPlan(whole), packed, total },
  });
  return { id, begun };
}

export const steps = (bench: TestStore, id: string, runner = "a") =>
  bench.store.actions.step(id, { runner });

export async function action(bench: TestStore, id: string) {
  const found = await bench.store.actions.find(id);
  if (found === undefined) throw new Error(`There is no action ${id}.`);
  return found;
}

export const NONE = { changed: 0, suppressed: 0, open_attempt: 0 };
