import { expect, test } from "vitest";
import type { ImportRow } from "../../src/store/ledger/batch-rows.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";
import { begin, importOf, REFUSAL } from "./import-of.ts";

test("known bytes are refused with the first id, unless they are to be sent again", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1, { digest: "d" });
  const known = { kind: "already_imported", campaign: id, tried: null };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(known);
  const again = await begin(bench, { again: true });
  expect(again).toMatchObject({ campaign: `${bench.number}-2`, restarted: false });
  await bench.store.campaigns.cancel(again.campaign);
  // The second time came to nothing; the first still counts.
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(known);
  const third = await begin(bench, { again: true });
  await bench.store.imports.reject({ ...third, refusal: REFUSAL });
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(known);
});

test("the bytes of a campaign that was cancelled before anything was tried may come again", async () => {
  const bench = await openTestStore();
  const first = await bench.import(2, { digest: "d" });
  expect(await bench.store.campaigns.importOf("d")).toMatchObject({ campaign: first });
  // A row that waits for its person was never tried.
  const other = await bench.import(1);
  const [granted] = await bench.grant(other, 1);
  expect(await bench.claim(first, [1])).toMatchObject({ verdicts: [{ kind: "person_busy" }] });
  await bench.record(granted, "accepted", { wamid: "wamid.A" });
  await bench.store.campaigns.cancel(first);
  expect(await bench.store.campaigns.importOf("d")).toBeNull();

  const again = await begin(bench);
  expect(again).toMatchObject({ campaign: `${bench.number}-3`, restarted: false });
  // Two importers at once are still one campaign.
  const busy = { kind: "busy", campaign: again.campaign };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(busy);
  await bench.store.campaigns.cancel(again.campaign);
  const third = await bench.import(2, { digest: "d" });
  expect(await bench.found(first)).toMatchObject({ status: "cancelled", counts: { cancelled: 2 } });
  await bench.send(third, 1, "accepted", { wamid: "wamid.B" });
  await bench.store.campaigns.cancel(third);
  const known = { campaign: third, tried: 1 };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual({
    kind: "already_imported",
    ...known,
  });
  expect(await bench.store.campaigns.importOf("d")).toEqual({ ...known, step: "imported" });
});

test("rows for which there is nothing to send do not count as tried", async () => {
  const bench = await openTestStore();
  const id = await bench.import(6, {
    digest: "d",
    outcomes: new Map<number, ImportRow["outcome"]>([
      [2, { kind: "rejected", code: "phone_invalid", column: "phone" }],
      [3, { kind: "duplicate", phone: testPhone(1), of: 1 }],
      [4, { kind: "suppressed", phone: testPhone(4), reason: "opted_out" }],
    ]),
  });
  for (const row of [1, 5]) await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  await bench.store.campaigns.cancel(id);

  const known = { kind: "already_imported", campaign: id, tried: 2 };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(known);
});

test("bytes of which an attempt was made stay known, also when its message was given back", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1, { digest: "d" });
  await bench.send(id, 1, "wait", { waitMs: 60_000 });
  await bench.store.campaigns.cancel(id);
  expect(await bench.counts(id)).toEqual({ cancelled: 1 });
  const known = { kind: "already_imported", campaign: id, tried: 0 };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(known);
});

test("a second sending that was cancelled untried leaves the first one known", async () => {
  const bench = await openTestStore();
  const first = await bench.import(1, { digest: "d" });
  await bench.send(first, 1, "accepted", { wamid: "wamid.A" });
  const again = await begin(bench, { again: true });
  await bench.store.imports.finish({ ...again, rows: 0, batches: 0 });
  await bench.redis.hset(bench.own(again.campaign).campaign, "status", "paused");
  expect(await bench.store.campaigns.cancel(again.campaign)).toMatchObject({ kind: "changed" });
  const known = { campaign: first, tried: null };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual({
    kind: "already_imported",
    ...known,
  });
  expect(await bench.store.campaigns.importOf("d")).toEqual({ ...known, step: "imported" });
});

test("whether a campaign was tried is not known when Redis may have gone back in time", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1, { digest: "d" });
  const restore = await snapshot(bench);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await restore();
  await bench.store.campaigns.dispatch("sandbox", 10);
  await bench.store.campaigns.cancel(id);
  await bench.store.rollback.accept(10);
  const known = { kind: "already_imported", campaign: id, tried: 0 };
  expect(await bench.store.imports.begin(importOf(bench))).toEqual(known);
});
