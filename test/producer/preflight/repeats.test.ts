import { expect, it, test } from "vitest";
import { createPersonTrace } from "../../../src/core/person-trace.ts";
import { REASONS } from "../../../src/core/reasons.ts";
import {
  openTestStore,
  type TestStore,
  testDefinition,
  testPhone,
} from "../../support/campaigns.ts";
import { DAY, definitionOf, give, HOUR } from "./repeats.ts";

/** Lets everything of a campaign have happened so long ago. */
async function age(bench: TestStore, id: string, ms: number): Promise<void> {
  const { campaign } = bench.own(id);
  await bench.redis.hincrby(campaign, "epoch", -ms);
  const score = await bench.redis.zscore(bench.keys.byEnd, id);
  if (score !== "inf") await bench.redis.zadd(bench.keys.byEnd, Number(score) - ms, id);
}

/** A campaign of ten people who each came out differently; it is over. */
async function finishedTenWays(bench: TestStore): Promise<string> {
  const id = await bench.import(12, {
    outcomes: new Map([
      [10, { kind: "rejected", code: "phone_invalid", column: "phone" }],
      [11, { kind: "suppressed", phone: testPhone(11), reason: "opted_out" }],
      [12, { kind: "duplicate", phone: testPhone(1), of: 1 }],
    ]),
  });
  for (const row of [1, 2, 3, 4, 5]) {
    await bench.send(id, row, "accepted", { wamid: `wamid.${row}` });
  }
  await bench.status("wamid.2", "sent");
  await bench.status("wamid.3", "delivered");
  await bench.status("wamid.4", "read");
  await bench.status("wamid.5", "failed", { code: 131026 });
  await bench.send(id, 6, "unknown", { reason: REASONS.answer_timeout });
  await bench.send(id, 7, "failed", { code: 131008 });
  // Sent again because nobody knew, and cancelled: the first one may have got through.
  await bench.send(id, 8, "unknown", { reason: REASONS.answer_timeout });
  await bench.store.campaigns.resolve(id, 8, "resend");
  await bench.store.campaigns.cancel(id);
  return id;
}

test("who got it is told by what became of each message: not the failed, the cancelled, the left out", async () => {
  const bench = await openTestStore();
  const id = await finishedTenWays(bench);
  expect(await bench.counts(id)).toMatchObject({ failed: 2, unknown: 1, cancelled: 2 });

  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const told = await give(bench, all, { definition: definitionOf(bench, { warn: 7 * DAY }) });

  expect(told.report).toMatchObject({ ok: 12, suppressed: 0, notChecked: [] });
  expect(told.report.warnings).toMatchObject([{ code: "got_lately", count: 6, lines: [2, 3, 4] }]);
  expect(told.report.warnings[0]?.reason).toContain(`(${id})`);
});

test("skipRepeat leaves the same people out, each with its reason, and sends to the others", async () => {
  const bench = await openTestStore();
  const id = await finishedTenWays(bench);

  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  const skipped = await give(bench, all, { definition: definitionOf(bench, { skip: 7 * DAY }) });

  const own = skipped.report.campaign ?? "";
  expect(skipped.report).toMatchObject({ ok: 6, suppressed: 6 });
  expect(skipped.report.warnings).toMatchObject([{ code: "repeated", count: 6 }]);
  expect(skipped.report.warnings[0]?.reason).toContain(`(${id})`);
  expect(await bench.counts(own)).toEqual({ pending: 6, suppressed: 6 });
  expect((await bench.row(own, 6)).value).toMatchObject({
    state: "suppressed",
    reason: REASONS.repeated,
  });
  const states = await bench.states(own);
  expect(states.flatMap((state, at) => (state === "pending" ? [at + 1] : []))).toEqual([
    5, 7, 9, 10, 11, 12,
  ]);
});

test.each([
  ["the same name and another template", "Test", "other", "en_US", 1],
  ["another name and the same template", "Other", "spring_sale", "en_US", 1],
  ["the same template in another language", "Other", "spring_sale", "pl", 0],
  ["another name and another template", "Other", "other", "en_US", 0],
])("%s: a repeat is one or the other", async (_, name, template, code, count) => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted");
  const definition = testDefinition(bench.number);
  const changes = {
    name,
    template: { ...definition.template, name: template, language: { code } },
  };

  const checked = await give(bench, [1], {
    definition: definitionOf(bench, { skip: DAY }, changes),
    purpose: "check",
  });

  expect(checked.report.suppressed).toBe(count);
});

test("a message counts as long as the window is, to the hour, and the two windows are apart", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted");
  await bench.send(id, 2, "accepted");
  await age(bench, id, 3 * DAY);
  const check = async (windows: { skip?: number; warn?: number }) => {
    const definition = definitionOf(bench, windows);
    const { report } = await give(bench, [1, 2, 3], { definition, purpose: "check" });
    return [report.suppressed, report.warnings.map(({ code, count }) => `${code} ${count}`)];
  };

  expect(await check({ skip: 3 * DAY - HOUR })).toEqual([0, []]);
  expect(await check({ skip: 3 * DAY + HOUR })).toEqual([2, ["repeated 2"]]);
  expect(await check({ warn: 3 * DAY - HOUR })).toEqual([0, []]);
  expect(await check({ warn: 3 * DAY + HOUR })).toEqual([0, ["got_lately 2"]]);
  expect(await check({ skip: DAY, warn: 7 * DAY })).toEqual([0, ["got_lately 2"]]);
  expect(await check({ skip: 7 * DAY, warn: DAY })).toEqual([2, ["repeated 2"]]);
});

test("each message counts by its own time, not by its campaign's", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted");
  await age(bench, id, 10 * DAY);
  await bench.send(id, 2, "accepted");

  const { report } = await give(bench, [1, 2], {
    definition: definitionOf(bench, { skip: 7 * DAY }),
  });

  expect(await bench.states(report.campaign ?? "")).toEqual(["pending", "suppressed"]);
});

test("who waits in a repeat is left out by skipRepeat, and told without", async () => {
  const bench = await openTestStore();
  const running = await bench.import(2);
  await bench.send(running, 1, "accepted");
  const paused = await bench.import(4);
  await bench.store.campaigns.pause(paused, "operator");
  await bench.store.campaigns.cancel(await bench.import(5));
  const check = async (windows: { skip?: number; warn?: number }) => {
    const definition = definitionOf(bench, windows);
    const { report } = await give(bench, [1, 2, 3, 4, 5], { definition, purpose: "check" });
    return [report.suppressed, report.warnings.map(({ code, count }) => `${code} ${count}`)];
  };

  expect(await check({ skip: HOUR })).toEqual([4, ["repeated 4"]]);
  expect(await check({ warn: HOUR })).toEqual([0, ["got_lately 1", "in_other_campaign 4"]]);
  expect(await check({})).toEqual([0, ["in_other_campaign 4"]]);
});

test("who waits in a campaign that is no repeat is told and not left out", async () => {
  const bench = await openTestStore();
  const definition = testDefinition(bench.number, {
    name: "Other",
    template: { name: "other", language: { code: "pl" } },
  });
  await bench.import(2, { definition });

  const { report } = await give(bench, [1, 2], {
    definition: definitionOf(bench, { skip: 7 * DAY, warn: 7 * DAY }),
  });

  expect(report).toMatchObject({ ok: 2, warnings: [{ code: "in_other_campaign", count: 2 }] });
});

test("sandbox and live know nothing of each other", async () => {
  const bench = await openTestStore();
  const definition = definitionOf(bench, { skip: DAY });
  await bench.import(3, { mode: "live" });

  const sandbox = await give(bench, [1, 2, 3], { definition, purpose: "check" });
  const live = await give(bench, [1, 2, 3], { definition, purpose: "check", mode: "live" });

  expect([sandbox.report.suppressed, live.report.suppressed]).toEqual([0, 3]);
});

test("another spelling of the number is the same person", async () => {
  const bench = await openTestStore();
  const first = await give(bench, "+54 9 11 2345-6789,Ana", {
    definition: definitionOf(bench, {}),
  });
  await bench.store.campaigns.pause(first.report.campaign ?? "", "operator");

  const again = await give(bench, "+54 11 2345-6789,Ana", {
    definition: definitionOf(bench, { skip: DAY }),
  });

  expect(again.report).toMatchObject({ ok: 0, suppressed: 1, status: "finished" });
});

test("an erased person is not found any more", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  for (const row of [1, 2]) await bench.send(id, row, "accepted");
  const phone = { digits: testPhone(1), countryCode: "48", national: testPhone(1).slice(2) };
  const trace = createPersonTrace(phone);
  const { batches } = await bench.store.eraser.find(trace);
  for (const batch of batches) await bench.store.eraser.eraseBatch(batch, trace);

  const { report } = await give(bench, [1, 2], { definition: definitionOf(bench, { skip: DAY }) });

  expect(await bench.states(report.campaign ?? "")).toEqual(["pending", "suppressed"]);
});

test("the same list once more reaches nobody twice, and is over as soon as it is stored", async () => {
  const bench = await openTestStore();
  const definition = definitionOf(bench, { skip: DAY });
  const first = await give(bench, [1, 2], { definition });
  for (const row of [1, 2]) await bench.send(first.report.campaign ?? "", row, "accepted");

  const corrected = await give(bench, [1, 2, 3], { definition });
  const again = await give(bench, [2, 1], { definition });

  expect(corrected.report).toMatchObject({ ok: 1, suppressed: 2 });
  expect(again.report).toMatchObject({ ok: 0, suppressed: 2, status: "finished" });
});

test("without Redis a check says that nobody looked, and nothing is imported", async () => {
  const bench = await openTestStore();
  const definition = definitionOf(bench, { skip: DAY });

  const checked = await give(bench, [1], { definition, purpose: "check", redis: "away" });
  const imported = await give(bench, [1], { definition, redis: "away" });

  expect(checked.report).toMatchObject({
    ok: 1,
    notChecked: ["opt_outs", "other_campaigns", "repeats"],
  });
  expect(imported).toMatchObject({ ok: false, refusal: { code: "repeats_not_known" } });
  expect(await bench.store.campaigns.list()).toEqual([]);
});

it("a hundred campaigns are looked through to tell, and all of them to leave people out", async () => {
  const bench = await openTestStore();
  await bench.import(1);
  const another = { kind: "pending", phone: testPhone(100) } as const;
  for (let nth = 2; nth <= 101; nth++) {
    await bench.import(1, { outcomes: new Map([[1, another]]) });
  }
  const [told, left] = [definitionOf(bench, { warn: DAY }), definitionOf(bench, { skip: DAY })];

  const warned = await give(bench, [1, 2], { definition: told, purpose: "check" });
  const skipped = await give(bench, [1, 2], { definition: left, purpose: "check" });

  expect(warned.report).toMatchObject({ notChecked: ["repeats", "other_campaigns"] });
  expect(warned.report.counts.pending).toBe(2);
  expect(skipped.report.counts).toMatchObject({ pending: 1, suppressed: 1 });
});
