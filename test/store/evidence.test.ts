import { describe, expect, test } from "vitest";
import { REASONS } from "../../src/core/reasons.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";

const recipient = testPhone(1);

/** An unknown message that a person has decided on. */
async function decided(decision: "sent" | "failed") {
  const bench = await openTestStore();
  const id = await bench.import(1);
  const granted = await bench.send(id, 1, "unknown", { reason: REASONS.answer_timeout });
  await bench.store.campaigns.resolve(id, 1, decision);
  return { ...bench, id, granted };
}

describe("a message that a person called failed", () => {
  test("is accepted when its late answer says so, and events under its wamid go on", async () => {
    const { id, granted, record, row, counts, found, status } = await decided("failed");
    expect((await record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("accepted");
    expect(await row(id, 1)).toMatchObject({ wamid: "wamid.A", value: { flags: [], reason: 0 } });
    expect(await counts(id)).toEqual({ accepted: 1 });
    expect((await found(id)).errors).toEqual([]);
    expect(await status("wamid.A", "sent")).toMatchObject({ kind: "moved", state: "sent" });
  });

  test("is sent when a webhook says so", async () => {
    const { id, counts, status, row } = await decided("failed");
    expect(await status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
    expect((await row(id, 1)).value.flags).toEqual(["matched"]);
    expect(await counts(id)).toEqual({ sent: 1 });
  });

  test("has WhatsApp's code when that says that it failed", async () => {
    const { id, found, later, row, status, store } = await decided("failed");
    await status("wamid.A", "failed", { recipient, code: 131026 });
    await later(3 * 60_000);
    await store.ledger.sweep();
    expect(await row(id, 1)).toMatchObject({ state: "failed", value: { code: 131026, reason: 0 } });
    expect((await found(id)).errors).toMatchObject([{ code: 131026, count: 1 }]);
    // From now on it is WhatsApp's word, which a `sent` that was overtaken does not undo.
    expect(await status("wamid.A", "sent")).toMatchObject({ kind: "unchanged", state: "failed" });
  });

  test("stays failed when its late answer refuses it or nothing had left", async () => {
    for (const outcome of ["failed", "wait", "unknown"] as const) {
      const { id, granted, record, counts } = await decided("failed");
      expect((await record(granted, outcome, { code: 131026 })).state).toBe("failed");
      expect(await counts(id)).toEqual({ failed: 1 });
    }
  });
});

describe("a message that a person called sent", () => {
  test("has failed when its late answer refuses it", async () => {
    const { id, granted, record, row, found } = await decided("sent");
    expect((await record(granted, "failed", { code: 131026 })).state).toBe("failed");
    expect((await row(id, 1)).value).toMatchObject({ code: 131026, flags: [] });
    expect((await found(id)).errors).toMatchObject([{ code: 131026, count: 1 }]);
  });

  test.each([
    ["wait", { waitMs: 50 }, 0, REASONS.not_sent_other],
    ["retry", { reason: REASONS.not_sent_dns }, 0, REASONS.not_sent_dns],
    ["backOff", { code: 130429 }, 130429, 0],
  ] as const)(
    "has failed when nothing had left (%s), and does not go out by itself",
    async (outcome, told, code, reason) => {
      const { id, granted, record, row, counts } = await decided("sent");
      expect((await record(granted, outcome, told)).state).toBe("failed");
      expect((await row(id, 1)).value).toMatchObject({ code, reason });
      expect(await counts(id)).toEqual({ failed: 1 });
    },
  );

  test("is WhatsApp's to tell of, once it has told", async () => {
    const { id, granted, record, row, status } = await decided("sent");
    expect(await status("wamid.A", "sent", { recipient })).toMatchObject({ state: "sent" });
    expect((await row(id, 1)).value.flags).toEqual(["matched"]);
    expect((await record(granted, "failed", { code: 131026 })).state).toBe("sent");
  });
});

describe("what WhatsApp or the API said of a failure", () => {
  test("stands against a late sent and a late answer", async () => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const [granted] = await bench.grant(id, 1);
    await bench.status("wamid.A", "failed", { code: 131026 });
    expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("failed");
    expect((await bench.status("wamid.A", "sent")).kind).toBe("unchanged");
    expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("failed");
  });

  test("gives way to a sent when it was found by the recipient alone, and a retry waits", async () => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const granted = await bench.send(id, 1, "unknown");
    await bench.status("wamid.agent", "failed", { recipient, code: 131026 });
    await bench.later(3 * 60_000);
    await bench.store.ledger.sweep();
    expect(await bench.state(id, 1)).toBe("failed");
    await bench.store.campaigns.retryRows(id, 0, [{ row: 1, attempt: 1 }]);
    expect((await bench.record(granted, "accepted", { wamid: "wamid.A" })).state).toBe("accepted");
  });
});
