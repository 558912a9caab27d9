import { expect, test } from "vitest";
import type {
  ApplyResult,
  StatusEvent,
  Unmatched,
  Waits,
} from "../../src/store/ledger/status-events.ts";
import { deliverEvent, type FailedOfNumber } from "../../src/webhooks/apply.ts";
import { createHints } from "../../src/webhooks/hints.ts";

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

const unmatched = (waits: Waits): ApplyResult => ({ kind: "unmatched", waits });

/** Stores that answer a question as told, and what was asked of them. */
function stores(answers: Record<string, ApplyResult>) {
  const asked: string[] = [];
  const jobs: FailedOfNumber[] = [];
  return {
    asked,
    jobs,
    ports: {
      apply: async (number: string, _event: StatusEvent, mode: Unmatched): Promise<ApplyResult> => {
        asked.push(`${mode} ${number}`);
        const answer = answers[number] ?? unmatched("none");
        return answer.kind === "unmatched" && mode !== "ask" ? { kind: "parked" } : answer;
      },
      onFailed: async (message: FailedOfNumber) => {
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

test("several numbers: all are asked at once, and the one that knows the message has it", async () => {
  const { ports, asked, jobs } = stores({ shop: failed("moved") });

  const result = await deliverEvent(ports, ["main", "shop", "news"], EVENT);

  expect(result).toBe("moved");
  expect(asked).toEqual(["ask main", "ask shop", "ask news"]);
  expect(jobs).toEqual([{ number: "shop", campaign: "main-1", row: 7, attempt: 2 }]);
});

test.each<[string, Record<string, Waits>, string[]]>([
  ["nobody waits for it: parked once", {}, ["park_unmatched main"]],
  ["one number's open attempt fits: matched there", { shop: "fits" }, ["park shop"]],
  [
    "two numbers' open attempts fit: matched by neither",
    { main: "fits", news: "fits" },
    ["park_unmatched main", "park_unmatched news"],
  ],
  [
    "one fits, and another waits for something else: matched",
    { main: "open", shop: "fits", news: "wire" },
    ["park shop"],
  ],
  [
    "an answer that may name it is under way: parked there",
    { shop: "wire", news: "open" },
    ["park_unmatched shop", "park_unmatched news"],
  ],
])("several numbers, none knows the message, and %s", async (_, waits, then) => {
  const answers = Object.fromEntries(
    Object.entries(waits).map(([number, wait]) => [number, unmatched(wait)]),
  );
  const { ports, asked } = stores(answers);

  expect(await deliverEvent(ports, ["main", "shop", "news"], EVENT)).toBe("parked");

  expect(asked).toEqual(["ask main", "ask shop", "ask news", ...then]);
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

test("several numbers: the one that knew the message, or the one before, is asked first", async () => {
  const { ports, asked } = stores({ shop: failed("moved") });
  const hints = createHints(2);

  await deliverEvent(ports, ["main", "shop"], EVENT, hints);
  await deliverEvent(ports, ["main", "shop"], EVENT, hints);
  await deliverEvent(ports, ["main", "shop"], { ...EVENT, wamid: "wamid.next" }, hints);
  // Not one that the signature does not speak for.
  await deliverEvent(ports, ["main", "news"], EVENT, hints);

  expect(asked).toEqual([
    ...["ask main", "ask shop"],
    ...["ask shop", "ask shop"],
    ...["ask main", "ask news", "park_unmatched main"],
  ]);
});

test("a wrong hint costs one question, and the oldest ones are forgotten", async () => {
  const hints = createHints(2);
  for (const wamid of ["a", "b", "c"]) hints.knew(wamid, `of ${wamid}`);
  const { ports, asked } = stores({});

  expect(["a", "b", "c", "d"].map(hints.first)).toEqual(["of c", "of b", "of c", "of c"]);
  hints.knew("c", "shop");
  await deliverEvent(ports, ["main", "shop"], EVENT, hints);

  expect(asked).toEqual(["ask shop", "ask main", "ask shop", "park_unmatched main"]);
});
