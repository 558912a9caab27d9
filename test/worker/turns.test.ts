import { expect, test } from "vitest";
import type { CampaignDefinition } from "../../src/core/campaign.ts";
import type { CampaignToSend } from "../../src/store/campaigns/campaign-reader.ts";
import type { BatchRun } from "../../src/worker/batch-run.ts";
import { type CampaignTurn, createTurns } from "../../src/worker/turns.ts";
import { testDefinition } from "../support/campaigns.ts";

type Priority = CampaignDefinition["delivery"]["priority"];

function run(id: string, priority: Priority, rows = 1): BatchRun {
  const delivery = { guarantee: "at-most-once", ratePerSecond: null, priority } as const;
  const campaign = { id, definition: testDefinition("main", { delivery }) } as CampaignToSend;
  const waiting = Array.from({ length: rows }, (_, at) => ({
    ...{
      row: at + 1,
      person: Buffer.alloc(8),
      plusOne: false,
      body: "",
      kept: null,
      opening: null,
    },
  }));
  return {
    ...{
      campaign,
      batch: 0,
      run: 1,
      waiting,
      claiming: 0,
      granted: 0,
      putOff: [],
      budgetAtMs: null,
      beganAt: 0,
      endsAt: 0,
    },
    finish: () => {},
  };
}

/** Takes `messages` one by one as the sender does; who got how many. */
function serve(turns: ReturnType<typeof createTurns>, messages: number): Record<string, number> {
  const served: Record<string, number> = {};
  for (let taken = 0; taken < messages; taken++) {
    const turn = turns.next(0) as CampaignTurn;
    turn.pass += 1 / turn.weight;
    served[turn.id] = (served[turn.id] ?? 0) + 1;
  }
  return served;
}

test("campaigns share a number by their weight: urgent 8, normal 4, bulk 1", () => {
  const turns = createTurns();
  for (const priority of ["bulk", "urgent", "normal"] as const) turns.add(run(priority, priority));
  expect(serve(turns, 130)).toEqual({ urgent: 80, normal: 40, bulk: 10 });
});

test("who comes later starts with the others and makes up for nothing", () => {
  const turns = createTurns();
  turns.add(run("first", "normal"));
  serve(turns, 1_000);
  turns.add(run("ahead", "normal"));
  Object.assign(turns.of("ahead") ?? {}, { pass: 10_000 });
  turns.add(run("second", "normal"));
  expect(serve(turns, 20)).toEqual({ first: 10, second: 10 });
});

test("an urgent campaign that has just come goes first", () => {
  const turns = createTurns();
  turns.add(run("bulk", "bulk"));
  turns.add(run("urgent", "urgent"));
  expect(turns.next(0)).toMatchObject({ id: "urgent" });
});

test("a campaign that waits for its pace is passed over, and when all wait the first says when", () => {
  const turns = createTurns();
  for (const id of ["one", "two"]) turns.add(run(id, "normal"));
  Object.assign(turns.of("one") ?? {}, { notBefore: 300 });
  expect(turns.next(100)).toMatchObject({ id: "two" });
  Object.assign(turns.of("two") ?? {}, { notBefore: 200 });
  expect(turns.next(100)).toEqual({ at: 200 });
  expect(turns.next(300)).toMatchObject({ id: "one" });
});

test("a run that waits for nothing has no turn, and a campaign goes with its last run", () => {
  const turns = createTurns();
  const [empty, other] = [run("one", "normal", 0), run("one", "normal", 2)];
  turns.add(empty);
  expect(turns.next(0)).toBeUndefined();
  turns.add(other);
  expect(turns.next(0)).toMatchObject({ id: "one" });
  expect([empty, other, other].map((one) => turns.remove(one))).toEqual([true, true, false]);
  expect([turns.of("one"), turns.runs()]).toEqual([undefined, []]);
});
