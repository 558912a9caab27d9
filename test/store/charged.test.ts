import { expect, test } from "vitest";
import { chargedWords } from "../../src/export/campaign-words.ts";
import { openTestStore, testDefinition } from "../support/campaigns.ts";
import { sendOutcomes } from "../support/outcomes.ts";
import { ok, withStops } from "./fates.ts";

const utility = { definition: testDefinition("", { category: "utility" }) };

test("messages charged as marketing pause a campaign that is not declared so, at the third", async () => {
  const bench = await openTestStore();
  const id = await bench.import(10, utility);
  await sendOutcomes(bench, id, { rows: 5, fate: () => ok, atOnce: 5 });
  const charge = (row: number, category: string) =>
    bench.status(`wamid.${id}-${row}`, "sent", { category, billable: true });

  await charge(1, "marketing");
  await charge(1, "marketing");
  await bench.status(`wamid.${id}-1`, "delivered", { category: "marketing" });
  await charge(2, "utility");
  await charge(3, "marketing_lite");
  expect((await bench.found(id)).status).toBe("running");
  await charge(4, "marketing");
  expect(await bench.found(id)).toMatchObject({ status: "paused", reason: "category:marketing" });
});

test("resumed after that, it is marketing: opt-outs hold, and it is not asked about again", async () => {
  const bench = await openTestStore();
  const id = await bench.import(20, utility);
  await sendOutcomes(bench, id, { rows: 3, fate: () => ok, atOnce: 3 });
  const charge = (row: number) =>
    bench.status(`wamid.${id}-${row}`, "sent", { category: "marketing", billable: true });
  for (const row of [1, 2, 3]) await charge(row);
  const person = bench.store.ledger.person("48600000004");
  await bench.redis.hset(bench.keys.suppressed, person, "marketing");

  await bench.store.campaigns.resume(id);

  expect(await bench.claim(id, [4])).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
  await sendOutcomes(bench, id, { from: 5, rows: 9, fate: () => ok, atOnce: 5 });
  for (const row of [5, 6, 7, 8, 9]) await charge(row);
  expect(await bench.found(id)).toMatchObject({ status: "running", category: "marketing" });
});

test("a category that is cheaper than declared pauses nothing, nor one of a campaign that may", async () => {
  const bench = await openTestStore();
  const [marketing, off] = [
    await bench.import(10),
    await bench.import(10, {
      definition: { ...withStops({}).definition, category: "authentication" },
    }),
  ];
  for (const [id, category] of [
    [marketing, "utility"],
    [off, "marketing"],
  ] as const) {
    await sendOutcomes(bench, id, { rows: 5, fate: () => ok, atOnce: 5 });
    for (const row of [1, 2, 3, 4, 5])
      await bench.status(`wamid.${id}-${row}`, "sent", { category });
    expect(await bench.found(id)).toMatchObject({ status: "running", charged: { [category]: 5 } });
  }
  const words = [marketing, off].map(async (id) => chargedWords(await bench.found(id)));
  expect(await Promise.all(words)).toEqual([
    "WhatsApp charged messages in another category than marketing: 5 as utility.",
    "WhatsApp charged messages in another category than authentication: 5 as marketing.",
  ]);
});

test("what WhatsApp charges as declared, or as a chat that a person began, is no other category", async () => {
  const bench = await openTestStore();
  const id = await bench.import(5, utility);
  await sendOutcomes(bench, id, { rows: 3, fate: () => ok, atOnce: 3 });
  await bench.status(`wamid.${id}-1`, "sent", { category: "utility", billable: true });
  await bench.status(`wamid.${id}-2`, "sent", { category: "utility", billable: false });
  await bench.status(`wamid.${id}-3`, "sent", { category: "service" });

  const campaign = await bench.found(id);

  expect(campaign.charged).toEqual({ utility: 2, service: 1 });
  expect(chargedWords(campaign)).toBeNull();
});
