import { expect, test } from "vitest";
import type { ApplyResult, StatusEvent } from "../../src/store/ledger.ts";
import { deliverEvent, type FailedMessage } from "../../src/webhooks/apply.ts";

const EVENT: StatusEvent = {
  wamid: "wamid.A",
  status: "failed",
  atMs: 1_727_862_637_000,
  recipient: "48635625362",
  code: 131026,
  category: null,
  billable: null,
  origin: null,
};

const failed = (kind: "moved" | "unchanged"): ApplyResult => ({
  kind,
  campaign: "main-1",
  row: 7,
  attempt: 2,
  state: "failed",
  code: 131026,
});

/** Stores that answer as told, and what was asked of them. */
function stores(answers: Record<string, ApplyResult>) {
  const asked: string[] = [];
  const jobs: FailedMessage[] = [];
  return {
    asked,
    jobs,
    ports: {
      apply: async (
        number: string,
        _event: StatusEvent,
        unmatched: "park" | "ask",
      ): Promise<ApplyResult> => {
        asked.push(`${unmatched} ${number}`);
        const answer = answers[number] ?? { kind: "unmatched" };
        return answer.kind === "unmatched" && unmatched === "park" ? { kind: "parked" } : answer;
      },
      onFailed: async (message: FailedMessage) => {
        jobs.push(message);
      },
    },
  };
}

test("one number: the event is applied or parked there, in one call", async () => {
  const { ports, asked } = stores({});

  const result = await deliverEvent(ports, ["main"], EVENT);

  expect(result).toBe("parked");
  expect(asked).toEqual(["park main"]);
});

test("several numbers: each is asked, and the one that knows the message has it", async () => {
  const { ports, asked, jobs } = stores({ shop: failed("moved") });

  const result = await deliverEvent(ports, ["main", "shop", "news"], EVENT);

  expect(result).toBe("moved");
  expect(asked).toEqual(["ask main", "ask shop"]);
  expect(jobs).toEqual([{ number: "shop", campaign: "main-1", row: 7, attempt: 2 }]);
});

test("several numbers, none knows the message: it is parked in every one", async () => {
  const { ports, asked } = stores({});

  const result = await deliverEvent(ports, ["main", "shop"], EVENT);

  expect(result).toBe("parked");
  expect(asked).toEqual(["ask main", "ask shop", "park main", "park shop"]);
});

test("a repeat of a failed event asks for its job again", async () => {
  const { ports, jobs } = stores({ main: failed("unchanged") });

  await deliverEvent(ports, ["main"], EVENT);

  expect(jobs).toHaveLength(1);
});

test("a message that did not fail gets no job", async () => {
  const { ports, jobs } = stores({
    main: { ...failed("moved"), state: "delivered" } as ApplyResult,
  });

  await deliverEvent(ports, ["main"], EVENT);

  expect(jobs).toEqual([]);
});
