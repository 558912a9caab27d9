import { expect, test } from "vitest";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { importCorrected, importFirst, kindOf, RULES, send } from "./trials.ts";

test("a probe sends some rows that are due, and goes on or pauses again by their outcomes", async () => {
  const bench = await openTestStore();
  const id = await bench.import(450);
  const [other] = await bench.grant(id, 1);
  await bench.record(other, "wait", { waitMs: 60_000 });
  const probe = (size: number) => bench.store.resumeWithProbe(id, { ...RULES, size });
  expect(await probe(2)).toMatchObject({ kind: "unchanged", status: "running" });
  await bench.store.campaigns.pause(id, "failures:131008");
  expect(await probe(2)).toMatchObject({ kind: "changed", status: "running", probe: 2 });
  expect(await bench.redis.smembers(bench.own(id).chosen)).toEqual(["2", "3"]);
  expect(await kindOf(bench, id, 301)).toBe("not_in_trial");
  await send(bench, id, 2, "failed");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "probe:failed:0:2:2:1" });
  await probe(1);
  await send(bench, id, 3, "delivered");
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
  await bench.grant(id, 301);
});

test("a probe takes rows whose window is open before the others", async () => {
  const bench = await openTestStore();
  const id = await bench.import(450);
  await bench.store.campaigns.pause(id, "operator");
  const isOpen = ({ row }: { row: number }) => row % 50 === 7;
  await bench.store.resumeWithProbe(id, { ...RULES, size: 10 }, isOpen);
  const chosen = (await bench.redis.smembers(bench.own(id).chosen)).map(Number);
  expect(chosen.sort((a, b) => a - b)).toEqual([1, 7, 57, 107, 157, 207, 257, 307, 357, 407]);
});

test("a probe takes no row that waits a day for a further try", async () => {
  const bench = await openTestStore();
  const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority: "normal" } as const;
  const definition = testDefinition(bench.number, { delivery: { ...delivery, retry: [131049] } });
  const id = await bench.import(3, { definition });
  await bench.send(id, 1, "accepted", { wamid: "wamid.1" });
  await bench.status("wamid.1", "failed", { code: 131049, recipient: testPhone(1) });
  expect(await bench.state(id, 1)).toBe("pending");
  await bench.store.campaigns.pause(id, "operator");
  expect(await bench.store.resumeWithProbe(id, { ...RULES, size: 5 })).toMatchObject({ probe: 2 });
  await send(bench, id, 2, "delivered");
  await send(bench, id, 3, "delivered");
  expect(await bench.found(id)).toMatchObject({ status: "running", trial: null });
});

test("a probe stays within the first N until a person was told of them", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 2);
  await bench.store.campaigns.pause(id, "operator");
  expect(await bench.store.resumeWithProbe(id, { ...RULES, size: 5 })).toMatchObject({ probe: 2 });
  await send(bench, id, 1, "delivered");
  await send(bench, id, 2, "delivered");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
  expect(await bench.store.resumeWithProbe(id, { ...RULES, size: 5 })).toMatchObject({ probe: 5 });
});

test("a probe after the first N are gone tells of them, and then tries some of the rest", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 2);
  const [last] = await bench.grant(id, 1);
  await send(bench, id, 2);
  await bench.store.campaigns.pause(id, "operator");
  await bench.record(last, "accepted", { wamid: "wamid.1" });
  const probe = () => bench.store.resumeWithProbe(id, { ...RULES, size: 5 });

  expect(await probe()).toEqual({ kind: "changed", status: "paused", suspensionLifted: false });
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "first:2" });
  expect(await bench.counts(id)).toEqual({ pending: 448, accepted: 2 });
  expect(await bench.redis.exists(bench.own(id).trial, bench.own(id).chosen)).toBe(0);

  expect(await probe()).toMatchObject({ kind: "changed", status: "running", probe: 5 });
  const chosen = (await bench.redis.smembers(bench.own(id).chosen)).map(Number);
  expect(chosen.sort((a, b) => a - b)).toEqual([3, 4, 5, 6, 7]);
  expect(await kindOf(bench, id, 8)).toBe("not_in_trial");
});

test("a probe within the first N takes rows that wait, not rows beyond that could go now", async () => {
  const bench = await openTestStore();
  const id = await importFirst(bench, 2);
  await bench.store.campaigns.pause(id, "operator");
  const isOpen = ({ row }: { row: number }) => row > 2;
  const probed = await bench.store.resumeWithProbe(id, { ...RULES, size: 2 }, isOpen);
  expect(probed).toMatchObject({ kind: "changed", status: "running", probe: 2 });
  expect((await bench.redis.smembers(bench.own(id).chosen)).sort()).toEqual(["1", "2"]);
});

test("a probe within the first N leaves out a row that was corrected since", async () => {
  const bench = await openTestStore();
  const id = await importCorrected(bench);
  await send(bench, id, 2);
  await bench.store.campaigns.pause(id, "operator");
  const probed = await bench.store.resumeWithProbe(id, { ...RULES, size: 1 });
  expect(probed).toMatchObject({ kind: "changed", status: "running", probe: 1 });
  expect(await bench.redis.smembers(bench.own(id).chosen)).toEqual(["3"]);
});
