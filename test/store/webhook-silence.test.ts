import { describe, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../support/campaigns.ts";

const MINUTE_MS = 60_000;

/** Messages that the API accepts, each with a wamid, by rows from 1. */
async function accept(bench: TestStore, id: string, from: number, to: number, held = false) {
  const rows = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  for (const granted of await bench.grant(id, ...rows)) {
    await bench.record(granted, "accepted", { wamid: `wamid.${id}-${granted.row}`, held });
  }
}

describe("webhooks are silent about a number", () => {
  test("when none has come for ten minutes while messages are accepted", async () => {
    const bench = await openTestStore();
    const id = await bench.import(10);
    await accept(bench, id, 1, 2);
    await bench.later(9 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toBeUndefined();
    await accept(bench, id, 3, 3);
    await bench.later(MINUTE_MS);

    const silence = await bench.store.webhookSilence();

    expect(silence).toMatchObject({ kind: "none", accepted: 3 });
    expect(silence?.forMs).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect((silence?.lastMs ?? 0) - (silence?.sinceMs ?? 0)).toBeGreaterThanOrEqual(9 * MINUTE_MS);
    expect(Math.abs(Date.now() - (silence?.lastMs ?? 0) - MINUTE_MS)).toBeLessThan(MINUTE_MS);
  });

  test("when 50 are accepted and others are told of, but not before the first could be", async () => {
    const bench = await openTestStore();
    const id = await bench.import(60);
    await accept(bench, id, 1, 49);
    await bench.status("wamid.agent", "sent");
    await bench.later(2 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toBeUndefined();
    await accept(bench, id, 50, 50);
    expect(await bench.store.webhookSilence()).toMatchObject({ kind: "others", accepted: 50 });

    const another = await openTestStore();
    const quick = await another.import(60);
    await accept(another, quick, 1, 60);
    await another.status("wamid.agent", "sent");
    expect(await another.store.webhookSilence()).toBeUndefined();
  });

  test("until one of them is told of, and the count begins anew", async () => {
    const bench = await openTestStore();
    const id = await bench.import(60);
    await accept(bench, id, 1, 2);
    await bench.later(11 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toMatchObject({ kind: "none", accepted: 2 });

    await bench.status(`wamid.${id}-1`, "sent");
    expect(await bench.store.webhookSilence()).toBeUndefined();
    await bench.later(11 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toBeUndefined();

    await accept(bench, id, 3, 3);
    await bench.later(11 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toMatchObject({ kind: "none", accepted: 1 });
  });

  test("not while a webhook that overtook the answer tells of one", async () => {
    const bench = await openTestStore();
    const id = await bench.import(2);
    await accept(bench, id, 1, 1);
    await bench.later(11 * MINUTE_MS);
    await bench.status(`wamid.${id}-2`, "sent");
    await accept(bench, id, 2, 2);
    expect(await bench.store.webhookSilence()).toBeUndefined();
  });

  test("counted by messages, not by how often an answer is told", async () => {
    const bench = await openTestStore();
    const id = await bench.import(1);
    const [granted] = await bench.grant(id, 1);
    for (let told = 0; told < 3; told++)
      await bench.record(granted, "accepted", { wamid: "wamid.A" });
    await bench.later(11 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toMatchObject({ accepted: 1 });
  });

  test("not because of messages that WhatsApp holds back, or that were not accepted", async () => {
    const bench = await openTestStore();
    const id = await bench.import(3);
    await accept(bench, id, 1, 1, true);
    await bench.send(id, 2, "failed", { code: 131026 });
    await bench.send(id, 3, "unknown");
    await bench.later(11 * MINUTE_MS);
    expect(await bench.store.webhookSilence()).toBeUndefined();
  });
});
