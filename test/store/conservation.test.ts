import fc from "fast-check";
import { expect, test } from "vitest";
import type { State } from "../../src/core/message.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";
import { type Command, commands } from "./commands.ts";
import { runCommand, startModel, statesOf } from "./model.ts";

/**
 * Promise 2: every row is in exactly one state, and the states add up. Random sequences of what
 * workers, webhooks, people and crashes do run against the real scripts, and beside them a model
 * that knows only the pure state table (model.ts).
 */
const NAME = "conservation";
const SEQUENCES = volume(3_000);
const COMMANDS = 60;

test.each(seedsOf(NAME))(
  "whatever happens in whatever order, rows are conserved and the scripts obey the table",
  async (given) => {
    const { seed } = seeded(NAME, given);
    // What is kept on disk is not the question here, and without it the run is many times faster.
    const redis = (await startOwnRedis({ args: ["--appendonly", "no"] })).connect();
    const limits = { personBusyMs: 1, unknownBudget: 1_000 };
    const bench = await openTestStore(limits, redis);
    const sequence = fc.array(commands(), {
      minLength: COMMANDS,
      maxLength: COMMANDS,
      size: "max",
    });
    await fc.assert(
      fc.asyncProperty(sequence, async (steps: Command[]) => {
        const model = await startModel(bench);
        for (const step of steps) {
          await runCommand(bench, model, step);
          await checkPromises(bench, model.campaign, statesOf(model));
        }
      }),
      { seed, numRuns: SEQUENCES },
    );
    published(NAME, seed, { sequences: SEQUENCES, commands: SEQUENCES * COMMANDS });
  },
);

async function checkPromises(bench: TestStore, campaign: string, expected: State[]): Promise<void> {
  const [found, states] = await Promise.all([bench.found(campaign), bench.states(campaign)]);
  expect(states).toEqual(expected);
  const recount: Record<string, number> = {};
  for (const state of states) recount[state] = (recount[state] ?? 0) + 1;
  expect(await bench.counts(campaign)).toEqual(recount);
  expect(Object.values(found.counts).reduce((sum, count) => sum + count, 0)).toBe(found.rows);
  const live = found.counts.pending + found.counts.sending;
  if (found.status === "finished") expect(live).toBe(0);
  if (found.status === "running" || found.status === "paused") expect(live).toBeGreaterThan(0);
  const failed = found.errors.reduce((sum, { count }) => sum + count, 0);
  expect(failed).toBe(found.counts.failed);
  await checkReachable(bench, campaign, found.counts.pending);
}

/** A batch with pending rows is in `ready` or `open`, or nobody would ever look at it again. */
async function checkReachable(bench: TestStore, campaign: string, pending: number): Promise<void> {
  if (pending === 0) return;
  const { open, ready } = bench.own(campaign);
  const [runs, waiting] = await Promise.all([bench.redis.hlen(open), bench.redis.zcard(ready)]);
  expect(runs + waiting).toBeGreaterThan(0);
}
