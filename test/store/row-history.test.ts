import { expect, test } from "vitest";
import type { HistoryEntry } from "../../src/core/history.ts";
import { REASONS } from "../../src/core/reasons.ts";
import { HISTORY_MAX, HISTORY_ROW } from "../../src/store/scripts/protocol.ts";
import { openTestStore, type TestStore, testDefinition } from "../support/campaigns.ts";

/** What happened, without the times. */
async function told(bench: TestStore, id: string, row = 1) {
  const history = await bench.store.rowHistory(id, row);
  return history.map(({ what, attempt, code, reason, http }) => ({
    ...{ what, attempt, code, reason, http },
  }));
}

const entry = (what: HistoryEntry["what"], attempt: number, more: Partial<HistoryEntry> = {}) => ({
  ...{ what, attempt, code: 0, reason: 0, http: 0 },
  ...more,
});

const retry = (bench: TestStore, id: string, attempt: number) =>
  bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt, person: Buffer.alloc(8) }]);

test("a message that goes out and arrives has no history, and takes no more memory", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A", http: 200 });
  for (const status of ["sent", "delivered", "read"] as const) {
    await bench.status("wamid.A", status);
  }
  await bench.send(id, 2, "failed", { code: 131026, http: 400 });

  expect(await bench.redis.exists(bench.own(id).side)).toBe(0);
});

test("a try that was not sent is kept with its status of HTTP and its code", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "backOff", { code: 130429, http: 429, waitMs: 1 });
  await bench.later(3_600_000);
  await bench.send(id, 1, "retry", { reason: REASONS.not_sent_connect, waitMs: 1 });
  await bench.later(3_600_000);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });

  expect(await told(bench, id)).toEqual([
    entry("notSent", 1, { code: 130429, http: 429 }),
    entry("notSent", 2, { reason: REASONS.not_sent_connect }),
  ]);
});

test("a message that its worker put back without a request has no history", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "wait", { waitMs: 1 });

  expect(await told(bench, id)).toEqual([]);
});

test("a retry keeps how far the first attempt got, when and why it failed", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  const failedAt = Math.floor(Date.now() / 1_000) * 1_000;
  await bench.status("wamid.A", "sent");
  await bench.status("wamid.A", "failed", { code: 131049, atMs: failedAt + 60_000 });
  await retry(bench, id, 1);
  await retry(bench, id, 1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.B" });

  const history = await bench.store.rowHistory(id, 1);
  expect(
    (await told(bench, id)).sort((a, b) => (a.what ?? "").localeCompare(b.what ?? "")),
  ).toEqual([
    entry("accepted", 1),
    entry("failed", 1, { code: 131049 }),
    entry("retried", 1),
    entry("sent", 1),
  ]);
  // Stored in hundredths of a second.
  const failed = history.find(({ what }) => what === "failed")?.at ?? 0;
  expect(Math.abs(failed - failedAt - 60_000)).toBeLessThan(10);
});

test("delivered after failed keeps the failure that it takes back", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131026 });
  await bench.status("wamid.A", "delivered");
  await bench.status("wamid.A", "delivered");

  expect(await bench.state(id, 1)).toBe("delivered");
  expect(await told(bench, id)).toEqual([entry("failed", 1, { code: 131026 })]);
});

test("failed after delivered is kept once, and changes nothing else", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "delivered");
  await bench.status("wamid.A", "failed", { code: 131026 });
  await bench.status("wamid.A", "failed", { code: 131026 });

  expect(await bench.state(id, 1)).toBe("delivered");
  expect(await told(bench, id)).toEqual([entry("lateFailed", 1, { code: 131026 })]);
});

test("what comes late of an earlier attempt is kept once", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "unknown", { wamid: "wamid.A", reason: REASONS.http_5xx, http: 502 });
  await bench.store.campaigns.resolve(id, 1, "resend");
  await bench.send(id, 1, "accepted", { wamid: "wamid.B" });
  await bench.status("wamid.A", "delivered");
  await bench.status("wamid.A", "delivered");

  expect(await told(bench, id)).toEqual([
    entry("unknown", 1, { reason: REASONS.http_5xx, http: 502 }),
    entry("resent", 1),
    entry("delivered", 1),
  ]);
});

test("a lease that ended, and what a person decided, are kept", async () => {
  const bench = await openTestStore();
  const id = await bench.import(2);
  await bench.grant(id, 1, 2);
  await bench.endLeases();
  await bench.store.ledger.sweep();
  await bench.store.campaigns.resolve(id, 1, "sent");
  await bench.store.campaigns.resolve(id, 1, "sent");
  await bench.store.campaigns.resolve(id, 2, "failed");

  const ended = entry("unknown", 1, { reason: REASONS.lease_ended });
  expect(await told(bench, id, 1)).toEqual([ended, entry("decidedSent", 1)]);
  expect(await told(bench, id, 2)).toEqual([ended, entry("decidedFailed", 1)]);
});

test("a further try of the campaign's own is kept as such", async () => {
  const bench = await openTestStore();
  const own = testDefinition(bench.number);
  const definition = { ...own, delivery: { ...own.delivery, retry: [131049] } };
  const id = await bench.import(1, { definition });
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.status("wamid.A", "failed", { code: 131049, recipient: "48600000001" });

  expect(await told(bench, id)).toEqual([
    entry("failed", 1, { code: 131049 }),
    entry("sentAgain", 1),
  ]);
});

test("a second id of one attempt is kept once", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.record(granted, "accepted", { wamid: "wamid.B" });
  await bench.record(granted, "accepted", { wamid: "wamid.B" });

  expect(await told(bench, id)).toEqual([entry("secondId", 1)]);
});

test("a history is bounded: the newest entries stay", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  for (let nth = 0; nth < HISTORY_MAX + 3; nth++) {
    await bench.send(id, 1, "backOff", { code: 130429, http: 429, waitMs: 1 });
    await bench.later(3_600_000);
  }

  const stored = await bench.redis.hgetBuffer(bench.own(id).side, "1:h");
  expect(stored?.length).toBe(HISTORY_MAX * HISTORY_ROW.bytes);
  expect((await told(bench, id)).map(({ attempt }) => attempt)).toEqual(
    Array.from({ length: HISTORY_MAX }, (_, at) => at + 4),
  );
});
