import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { beginAction } from "../../src/campaigns/begin-action.ts";
import { resolveRow } from "../../src/campaigns/resolve.ts";
import { refuseLeft, retryAttempts, retryCampaign } from "../../src/campaigns/retry.ts";
import { actionId } from "../../src/store/actions/actions.ts";
import { ANNA } from "../campaigns/stages.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { importFailed, RETRY_ALL, testPlan } from "../support/retry.ts";
import { snapshot } from "../support/snapshot.ts";

/** Every run of the campaign's batches has ended, as a worker ends it. */
async function closeBatches({ redis, own, store }: TestStore, id: string): Promise<void> {
  for (const [batch, run] of Object.entries(await redis.hgetall(own(id).open))) {
    await store.ledger.close(id, Number(batch), Number(run));
  }
}

async function foundOf(bench: TestStore, id: string) {
  return { store: bench.store, campaign: await bench.found(id) };
}

/** Redis is put back to before the lost time, and a worker notices it. */
async function goBack(bench: TestStore, restore: () => Promise<void>): Promise<void> {
  await restore();
  await bench.store.campaigns.dispatch("sandbox", 10);
  expect(await bench.store.rollback.read()).toBeDefined();
  await expect
    .poll(() => bench.store.rollback.read().then((it) => Date.now() > (it?.noticedAt ?? 0)))
    .toBe(true);
}

test("a retry that runs when Redis goes back in time sends nothing again until a person decides", async () => {
  const bench = await openTestStore();
  const id = await importFailed(bench, 200);
  const chosen = await bench.store.selectFailed(id, { codes: new Set() });
  if (chosen.kind !== "selected") throw new Error(chosen.kind);
  const action = actionId(id, randomUUID());
  await bench.store.actions.begin({
    ...{ id: action, campaign: id, plan: testPlan(RETRY_ALL) },
    ...{ packed: chosen.packed, total: chosen.total },
  });
  await closeBatches(bench, id);
  const restore = await snapshot(bench);
  await bench.store.actions.step(action, { runner: "command" });
  for (const row of [1, 2, 3]) await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });

  await goBack(bench, restore);

  expect(await bench.store.actions.step(action, { runner: "command" })).toBe("guarded");
  const begun = await beginAction(await foundOf(bench, id), { what: RETRY_ALL, token: "t" }, ANNA);
  expect(begun).toMatchObject({ refusal: { code: "redis_unconfirmed" } });
  const asked = { codes: new Set<number>(), mode: "send" } as const;
  const retried = await retryCampaign(await foundOf(bench, id), asked, ANNA);
  expect(retried).toMatchObject({ refusal: { code: "redis_unconfirmed" } });
  expect(await bench.counts(id)).toEqual({ failed: 200 });
  const accepted = await bench.store.rollback.accept(80);
  expect(accepted?.left).toEqual([{ campaign: id, failed: 200, rejected: 0 }]);
  expect(await bench.store.actions.step(action, { runner: "command" })).toBe("ended");
  expect(await bench.counts(id)).toEqual({ failed: 200 });
});

test("Retry pressed after a rollback was noticed is refused, and the warning stays", async () => {
  const bench = await openTestStore();
  const id = await importFailed(bench, 10);
  await closeBatches(bench, id);
  const restore = await snapshot(bench);
  const press = () =>
    retryAttempts(bench.store, { campaign: id, batch: 0, attempts: [{ row: 1, attempt: 1 }] });
  expect((await press()).retried).toBe(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });

  await goBack(bench, restore);

  const pressed = await press();
  expect(pressed).toEqual({ retried: 0, left: new Map([[1, "guarded"]]) });
  expect(refuseLeft(id, 1, "guarded").refusal.code).toBe("redis_unconfirmed");
  const accepted = await bench.store.rollback.accept(80);
  expect(accepted?.left).toEqual([{ campaign: id, failed: 10, rejected: 0 }]);
  expect(await bench.counts(id)).toEqual({ failed: 10 });
  // Now it is the person's own risk, of which the warning told.
  expect((await press()).retried).toBe(1);
});

test("an unknown message is not sent again while a rollback waits; sent and failed are decided", async () => {
  const bench = await openTestStore();
  const id = await bench.import(3);
  for (const row of [1, 2, 3]) await bench.send(id, row, "unknown");
  await closeBatches(bench, id);
  const restore = await snapshot(bench);
  await resolveRow(await foundOf(bench, id), 1, "resend", ANNA);
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });

  await goBack(bench, restore);

  const decide = async (row: number, decision: "resend" | "sent" | "failed") =>
    resolveRow(await foundOf(bench, id), row, decision, ANNA);
  expect(await decide(1, "resend")).toMatchObject({ refusal: { code: "redis_unconfirmed" } });
  expect(await decide(2, "sent")).toMatchObject({ value: { state: "accepted" } });
  expect(await decide(3, "failed")).toMatchObject({ value: { state: "failed" } });
  expect(await bench.states(id)).toEqual(["unknown", "accepted", "failed"]);
});

test("after a start of Redis nothing is sent again before a worker has confirmed it", async () => {
  const bench = await openTestStore();
  const id = await importFailed(bench, 2);
  const run = await bench.redis.hget(bench.keys.guard, "run");
  await bench.redis.hset(bench.keys.guard, "run", "0".repeat(40));
  const press = () => bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);

  expect(await press()).toEqual({ kind: "guarded" });
  expect(await bench.counts(id)).toEqual({ failed: 2 });
  await bench.redis.hset(bench.keys.guard, "run", run ?? "");

  expect(await press()).toEqual({ kind: "retried", verdicts: ["taken"] });
});
