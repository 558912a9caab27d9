import { expect, onTestFinished, test } from "vitest";
import { startFaultRun } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import { expectSound, interruptedRows } from "../support/run-result.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "kill-everything";
const KILLS = volume(50);
const WORKERS = 2;
const KNOBS = { latencyMs: "300-700", webhookLost: "0.3", readShare: "0.3" };

test.each(seedsOf(NAME))(
  "workers, webhook server and Redis are killed together: the ledger on the disk knows every claim, and nobody gets a message twice",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 100,
      workers: WORKERS,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      answerSeconds: 20,
      timeScale: 15,
    });
    onTestFinished(run.close);
    const { fleet, redis, watch } = run;
    let workers = [...run.workers];
    let server = fleet.webhookServer;
    const caught = new Set<string>();

    for (let kills = 0; kills < KILLS; ) {
      await run.stock();
      await run.claimed();
      await pause(chance.int(100, 800));
      const deaths = [() => redis.kill(), () => server.kill(), ...workers.map((one) => one.kill)];
      // Within a millisecond or two, but which one goes first is a matter of luck.
      deaths.sort(() => chance.random() - 0.5);
      await Promise.all(deaths.map((die) => die()));
      await redis.restart();
      const onWire = await watch.onWire();
      for (const message of onWire) caught.add(message);
      // A kill that met nothing, on a machine that stood still before it, does not count.
      if (onWire.size > 0) kills++;
      [server, workers] = await Promise.all([
        fleet.startWebhookServer(),
        Promise.all(Array.from({ length: WORKERS }, fleet.startWorker)),
      ]);
    }

    const result = await run.settle();
    expectSound(result);
    const interrupted = interruptedRows(result);
    expect(interrupted.length).toBe(result.figures.unknownsMade);
    // The ledger that was read back from the disk had them on the wire, and no others.
    expect(interrupted.filter(({ campaign, row }) => !caught.has(`${campaign}|${row}`))).toEqual(
      [],
    );
    expect(interrupted.length).toBeGreaterThanOrEqual(KILLS);
    published(NAME, chance.seed, {
      kills: KILLS,
      interrupted: interrupted.length,
      ...result.figures,
    });
  },
);
