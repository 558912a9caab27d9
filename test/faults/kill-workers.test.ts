import { expect, onTestFinished, test } from "vitest";
import type { Campaign } from "../../src/store/campaigns/campaign.ts";
import { startFaultRun } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import type { Running } from "../support/processes.ts";
import { expectSound, interruptedRows } from "../support/run-result.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "kill-workers";
const KILLS = volume(300);
const WORKERS = 4;
/** Some fail, for lost webhooks and killed workers: then a person sends the rest. */
const CANARY = { size: 10, minDelivered: 0.6, wait: "3s" };
const CANARY_PEOPLE = 60;
/** Four workers at this rate and latency have some 180 POSTs on the wire. */
const RATE = 120;
/** So many are on the wire at each kill, also when workers take long to start. */
const ON_WIRE_MIN = 20;
/** Never full, so that it holds nothing up; whoever is written to must have been counted before. */
const PORTFOLIO_PEOPLE = 1_000_000;
const KNOBS = { latencyMs: "1200-1800", webhookLost: "0.3", readShare: "0.3" };

test.each(seedsOf(NAME))(
  "workers are killed again and again with many messages on the wire: nobody gets one twice, and each row is told by evidence or unknown",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: RATE,
      workers: WORKERS,
      dailyRecipients: PORTFOLIO_PEOPLE,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      answerSeconds: 20,
      timeScale: 15,
    });
    onTestFinished(run.close);
    const { fleet, watch, workers } = run;
    const caught = new Set<string>();
    const starting = new Set<Promise<void>>();
    const replace = (): void => {
      const started = fleet.startWorker().then((worker) => {
        workers.push(worker);
        starting.delete(started);
      });
      starting.add(started);
    };

    for (let kills = 0; kills < KILLS; kills++) {
      await run.stock();
      if (kills % 2 === 0) await run.send(CANARY_PEOPLE, { canary: CANARY });
      await run.resumeCanaries();
      await run.onWire(ON_WIRE_MIN);
      await pause(chance.int(50, 400));
      while (workers.length < 2) await Promise.race(starting);
      const victim = chance.pick(workers);
      workers.splice(workers.indexOf(victim), 1);
      await (victim as Running).kill();
      for (const message of await watch.onWire()) caught.add(message);
      replace();
    }
    await Promise.all(starting);

    const trials = (all: readonly Campaign[]) => all.filter(({ trial }) => trial !== null);
    while (trials(await run.watch.campaigns()).length > 0) {
      await run.resumeCanaries();
      await pause(100);
    }
    const result = await run.settle();
    expectSound(result);
    const interrupted = interruptedRows(result);
    expect(interrupted.length).toBe(result.figures.unknownsMade);
    // Only what was on the wire of some worker when one died may be in doubt.
    expect(interrupted.filter(({ campaign, row }) => !caught.has(`${campaign}|${row}`))).toEqual(
      [],
    );
    expect(interrupted.length).toBeGreaterThanOrEqual(KILLS);
    // A worker that dies between the count and the POST counts one too many, and never one too few.
    expect(await run.uncounted()).toEqual([]);
    published(NAME, chance.seed, {
      kills: KILLS,
      interrupted: interrupted.length,
      ...result.figures,
    });
  },
);
