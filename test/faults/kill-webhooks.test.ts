import { expect, onTestFinished, test } from "vitest";
import { startFaultRun } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import { expectNoDoubt, expectSound } from "../support/run-result.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "kill-webhooks";
const KILLS = volume(100);
const KNOBS = {
  latencyMs: "5-40",
  webhookDelayMs: "0-600",
  webhookDuplicate: "0.2",
  webhookOutOfOrder: "0.2",
  webhookBeforeAnswer: "0.05",
  failStatusCodes: "131026=0.05",
};

test.each(seedsOf(NAME))(
  "webhook servers are killed under load: what they answered 2xx is applied, and what they did not is taken by the next one",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 60,
      workers: 1,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      // An early webhook may wait for a server that starts, and its POST's answer for it.
      answerSeconds: 120,
      timeScale: 5,
    });
    onTestFinished(run.close);
    const { fleet } = run;
    let server = fleet.webhookServer;

    for (let kills = 0; kills < KILLS; kills++) {
      await run.stock();
      await pause(chance.int(20, 500));
      await server.kill();
      server = await fleet.startWebhookServer();
    }

    const result = await run.settle();
    expectSound(result);
    // Nothing was done to the workers, so nothing may be in doubt.
    expectNoDoubt(result);
    // The killed ones had something in hand: it came again.
    const repeats = fleet.webhooks().filter(({ tryNumber }) => tryNumber > 1);
    expect(repeats.length).toBeGreaterThanOrEqual(KILLS);
    published(NAME, chance.seed, { kills: KILLS, ...result.figures });
  },
);
