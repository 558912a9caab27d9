import { expect, onTestFinished, test, vi } from "vitest";
import type { CampaignToSend } from "../../src/store/campaigns/campaign-reader.ts";
import type { DueMessage } from "../../src/worker/batch-run.ts";
import type { Delivered } from "../../src/worker/deliver.ts";
import { createFlight } from "../../src/worker/flight.ts";
import { createSender } from "../../src/worker/sender.ts";
import { createSignal } from "../../src/worker/signal.ts";
import { testDefinition } from "../support/campaigns.ts";

const ALL_GRANTED: Delivered = { kind: "claimed", again: [], waitMs: 0, waits: "" };

function messages(count: number): DueMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    row: index + 1,
    person: Buffer.alloc(8),
    plusOne: false,
    body: "",
    kept: null,
    opening: null,
  }));
}

/** A sender whose claims are noted, and granted unless `answer` says otherwise. */
function openSender(answer: (rows: readonly DueMessage[]) => Delivered = () => ALL_GRANTED) {
  const claimed: [campaign: string, rows: number][] = [];
  const wanted = createSignal();
  const flight = createFlight(10, wanted.raise);
  const sender = createSender({
    ...{ flight, wanted },
    deliver: async (run, rows) => {
      claimed.push([run.campaign.id, rows.length]);
      return answer(rows);
    },
  });
  sender.start();
  return {
    sender,
    claimed,
    /** Resolves when the run has ended, with what it left unsent. */
    add(id: string, rows: number, endsAt = Number.POSITIVE_INFINITY): Promise<void> {
      const campaign = { id, definition: testDefinition("main") } as CampaignToSend;
      return new Promise((finish) => {
        sender.add({
          ...{ campaign, batch: 0, run: 1, waiting: messages(rows), finish },
          ...{
            claiming: 0,
            granted: 0,
            putOff: [],
            budgetAtMs: null,
            beganAt: performance.now(),
            endsAt,
          },
        });
      });
    },
  };
}

const sum = (claimed: readonly [string, number][], id: string) =>
  claimed.reduce((total, [campaign, rows]) => (campaign === id ? total + rows : total), 0);

test("a run sends all its batch has while no campaign waits for room", async () => {
  const { sender, claimed, add } = openSender();
  await add("main-1", 100);
  expect(sum(claimed, "main-1")).toBe(100);
  await sender.stop();
});

test("a run makes room after its share while other campaigns wait", async () => {
  const { sender, claimed, add } = openSender();
  sender.share(3);
  await Promise.all([add("main-1", 100), add("main-2", 100)]);
  // One more for each claim that was under way when the share was reached, at most.
  for (const id of ["main-1", "main-2"]) {
    expect(sum(claimed, id)).toBeGreaterThanOrEqual(3);
    expect(sum(claimed, id)).toBeLessThanOrEqual(3 + 7);
  }

  sender.share(null);
  const before = sum(claimed, "main-1");
  await add("main-1", 50);
  expect(sum(claimed, "main-1")).toBe(before + 50);
  await sender.stop();
});

test("runs that have had their share end when campaigns begin to wait", async () => {
  let granted = 0;
  const { sender, add } = openSender(() => {
    granted++;
    return granted > 5 ? { kind: "gate", gate: "cap", waitMs: 500 } : ALL_GRANTED;
  });
  const ended = add("main-1", 100);
  await new Promise((resolve) => setImmediate(resolve));
  sender.share(1);
  await ended;
  await sender.stop();
});

test("a slow run ends when a row of its batch that waited for its window may leave", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const grantedAt: number[] = [];
  const { sender, add } = openSender((rows) => {
    const waitMs = (grantedAt.at(-1) ?? Number.NEGATIVE_INFINITY) + 10_000 - performance.now();
    if (waitMs > 0) return { kind: "claimed", again: rows, waitMs, waits: "campaign" };
    grantedAt.push(performance.now());
    return { kind: "claimed", again: rows.slice(1), waitMs: 10_000, waits: "campaign" };
  });
  const ended = vi.fn();
  void add("main-1", 100, performance.now() + 65_000).then(ended);

  await vi.advanceTimersByTimeAsync(64_000);
  expect(ended).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(ended).toHaveBeenCalledOnce();
  expect(grantedAt).toHaveLength(7);
  await sender.stop();
});
