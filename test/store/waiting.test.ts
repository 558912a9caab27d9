import pc from "picocolors";
import { expect, test } from "vitest";
import { campaignText } from "../../src/cli/show.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";

/** An unknown message, and a campaign whose row for the same person was put off because of it. */
async function withWaiting() {
  const bench = await openTestStore({ leaseMs: 1 });
  await bench.status("wamid.foreign", "delivered");
  const first = await bench.import(1);
  const granted = await bench.send(first, 1, "unknown", { reason: 2 });
  const second = await bench.import(1);
  const waits = await bench.claim(second, [1]);
  expect(waits).toMatchObject({ verdicts: [{ kind: "person_busy" }] });
  return { ...bench, first, granted, second };
}

test.each(["resend", "sent", "failed"] as const)(
  "an unknown message resolved as %s leaves its person free for other campaigns",
  async (decision) => {
    const { store, first, second, claim, makeDue, row } = await withWaiting();
    const before = Date.now();
    await store.campaigns.resolve(first, 1, decision);
    // What was put off is looked at again when its wait is over, which is a minute at most.
    expect(await claim(second, [1])).toMatchObject({ verdicts: [{ kind: "not_due" }] });
    expect((await row(second, 1)).value.times.due).toBeLessThanOrEqual(before + 60_000);
    await makeDue(second, 1);
    expect(await claim(second, [1])).toMatchObject({ verdicts: [{ kind: "granted" }] });
  },
);

test("a decision about one message leaves the person busy with another one", async () => {
  const { store, first, second, claim, makeDue, grant } = await withWaiting();
  await store.campaigns.resolve(first, 1, "failed");
  await store.campaigns.retryRows(first, 0, [{ row: 1, attempt: 1 }]);
  await grant(first, 1);
  await makeDue(second, 1);
  expect(await claim(second, [1])).toMatchObject({ verdicts: [{ kind: "person_busy" }] });
});

test("an event of a message that was decided is not taken for the next one to its person", async () => {
  const bench = await withWaiting();
  const { store, first, second, makeDue, grant, record, status, counts } = bench;
  await store.campaigns.resolve(first, 1, "failed");
  await makeDue(second, 1);
  const [granted] = await grant(second, 1);
  await record(granted, "accepted");
  const late = await status("wamid.late", "sent", { recipient: testPhone(1) });
  expect(late).toEqual({ kind: "parked" });
  expect(await counts(second)).toEqual({ accepted: 1 });
  expect(await counts(first)).toEqual({ failed: 1 });
});

test("the message after a decided one makes no later campaign wait once it is off the wire", async () => {
  const {
    store,
    first,
    second,
    makeDue,
    import: imported,
    claim,
    grant,
    record,
  } = await withWaiting();
  await store.campaigns.resolve(first, 1, "failed");
  await makeDue(second, 1);
  const [granted] = await grant(second, 1);
  const third = await imported(1);
  expect(await claim(third, [1])).toMatchObject({ verdicts: [{ kind: "person_busy" }] });
  await record(granted, "accepted", { wamid: "wamid.B" });
  await makeDue(third, 1);
  expect(await claim(third, [1])).toMatchObject({ verdicts: [{ kind: "granted" }] });
});

test("show tells which message a row waits for, until a person decides about that one", async () => {
  const { store, first, second, found } = await withWaiting();
  const text = async () => {
    const waits = await store.waiting(second);
    const plain = { colours: pc.createColors(false) };
    return campaignText(await found(second), [], plain, { waits });
  };
  expect(await store.waiting(second)).toEqual([
    { row: 1, campaign: first, campaignRow: 1, state: "unknown" },
  ]);
  expect(await store.waiting(first)).toEqual([]);
  expect(await text()).toContain(
    `1 row waits for an earlier message to the same person:\n  row 1: row 1 of ${first} is unknown\n`,
  );
  expect(await text()).toContain(`dropcast resolve ${first} 1 sent`);
  await store.campaigns.resolve(first, 1, "sent");
  expect(await store.waiting(second)).toEqual([]);
  expect(await text()).not.toContain("waits");
});

test("rows that wait are found while their batch is open and when it is closed", async () => {
  const { store, second, redis, own } = await withWaiting();
  expect(await redis.hlen(own(second).open)).toBe(1);
  expect(await store.waiting(second)).toHaveLength(1);
  await store.ledger.close(second, 0, 1);
  expect(await redis.hlen(own(second).open)).toBe(0);
  expect(await store.waiting(second)).toHaveLength(1);
});

test("a row that waits for its backoff waits for nobody", async () => {
  const { store, send, import: imported } = await openTestStore();
  const id = await imported(2);
  await send(id, 1, "wait", { waitMs: 60_000 });
  expect(await store.waiting(id)).toEqual([]);
});
