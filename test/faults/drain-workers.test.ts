import { expect, onTestFinished, test } from "vitest";
import { startFaultRun } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import { expectNoDoubt, expectSound } from "../support/run-result.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "drain-workers";
const DRAINS = volume(50);
const WORKERS = 5;
const AT_ONCE = 4;
/** A fifteenth of production: answers take 0 to 60 s there. */
const KNOBS = { latencyMs: "0-4000", webhookLost: "0.5", readShare: "0.3" };
/** Far beyond the last answer, also on a machine that stands still for a while. */
const ANSWER_SECONDS = 60;
/** The drain time, and for the process to end. */
const EXIT_WITHIN_MS = ANSWER_SECONDS * 1_000 + 5_000;

test.each(seedsOf(NAME))(
  "workers are told to stop with slow answers on the wire: each exits 0 in time, nothing is in doubt, and the others send the rest once",
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
    const { fleet, workers } = run;
    const draining = new Set<Promise<void>>();
    const exits: { code: number | null; tookMs: number }[] = [];

    for (let drains = 0; drains < DRAINS; drains++) {
      await run.stock();
      await pause(chance.int(50, 500));
      while (draining.size >= AT_ONCE || workers.length === 0) await Promise.race(draining);
      const [victim] = workers.splice(chance.int(0, workers.length - 1), 1);
      if (victim === undefined) throw new Error("No worker is left.");
      const startedAt = performance.now();
      const drained = victim.stop().then(async (code) => {
        exits.push({ code, tookMs: performance.now() - startedAt });
        workers.push(await fleet.startWorker());
        draining.delete(drained);
      });
      draining.add(drained);
    }
    await Promise.all(draining);

    expect(exits.filter(({ code }) => code !== 0)).toEqual([]);
    expect(exits.filter(({ tookMs }) => tookMs > EXIT_WITHIN_MS)).toEqual([]);
    const result = await run.settle();
    expectSound(result);
    expectNoDoubt(result);
    expect(result.figures.posts).toBe(result.figures.rows);
    published(NAME, chance.seed, { drains: DRAINS, ...result.figures });
  },
);
