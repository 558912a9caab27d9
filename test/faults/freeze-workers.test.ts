import { expect, onTestFinished, test } from "vitest";
import { type FaultRun, startFaultRun } from "../support/fault-run.ts";
import { digitsOf } from "../support/fleet.ts";
import { pause } from "../support/ledger-watch.ts";
import type { Running } from "../support/processes.ts";
import { expectSound } from "../support/run-result.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "freeze-workers";
const FREEZES = volume(30);
const WORKERS = 4;
/** One goes on, and calls the messages of the others unknown. */
const FROZEN_AT_ONCE = 3;
/** The others hear their answers in time, also on a machine that stands still for a while. */
const ANSWER_SECONDS = 12;
const LEASE_MS = ANSWER_SECONDS * 1_000 + 1_500;
/** Enough for a sweep to come by. */
const BEYOND_MS = 1_000;
const BUSY = 20;
const KNOBS = { latencyMs: "200-500", webhookLost: "0.5", readShare: "0.3" };

test.each(seedsOf(NAME))(
  "workers are stopped for longer than their leases and wake up: nobody gets a message twice, and the answers they find settle what was called unknown",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 80,
      workers: WORKERS,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      answerSeconds: ANSWER_SECONDS,
      timeScale: 15,
    });
    onTestFinished(run.close);

    // One that has no batch at the moment leaves nothing in doubt, and does not count.
    const made = async () => (await run.watch.unknowns()).made;
    for (let frozen = 0; frozen < FREEZES || (await made()) < FREEZES; ) {
      await busy(run);
      const victims = pickSome(chance, run.workers, FROZEN_AT_ONCE);
      await Promise.all(victims.map((victim) => freeze(run, victim, chance.int(50, 800))));
      frozen += victims.length;
    }

    const result = await run.settle();
    expectSound(result);
    expect(result.figures.unknownsMade).toBeGreaterThanOrEqual(FREEZES);
    // The API answered every one of them, and the answer lay with the one that was stopped.
    const reached = new Set(run.fleet.posts().map(({ to }) => to));
    const unread = result.rows.filter(
      (row) => row.state === "unknown" && reached.has(digitsOf(row)),
    );
    expect(unread).toEqual([]);
    published(NAME, chance.seed, {
      freezes: FREEZES,
      interrupted: result.figures.unknownsMade,
      ...result.figures,
    });
  },
);

/** Several workers have something on the wire. */
async function busy(run: FaultRun): Promise<void> {
  do await run.stock();
  while ((await run.watch.onWire()).size < BUSY);
}

async function freeze(run: FaultRun, victim: Running, afterMs: number): Promise<void> {
  await pause(afterMs);
  process.kill(victim.pid, "SIGSTOP");
  try {
    await pause(LEASE_MS + BEYOND_MS);
  } finally {
    process.kill(victim.pid, "SIGCONT");
  }
  await run.watch.campaigns();
}

function pickSome<T>(chance: Seeded, list: readonly T[], count: number): T[] {
  const left = [...list];
  return Array.from({ length: count }, () => {
    const one = chance.pick(left);
    left.splice(left.indexOf(one), 1);
    return one;
  });
}
