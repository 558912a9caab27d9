import { expect, onTestFinished, test } from "vitest";
import { startFaultRun } from "../support/fault-run.ts";
import { expectNoDoubt, expectSound } from "../support/run-result.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "webhook-storm";
const EVENTS = volume(100_000);
/** Sent, delivered and read, half of them three times, and an agent's chat beside every third. */
const EVENTS_OF_A_MESSAGE = 6;
const KNOBS = {
  latencyMs: "5-40",
  readShare: "1",
  webhookDelayMs: "0-2000",
  webhookDuplicate: "0.5",
  webhookOutOfOrder: "0.3",
  // Each is one event of its message: a twentieth of all.
  webhookBeforeAnswer: "0.3",
  webhookForeign: "0.3",
  failStatusCodes: "131026=0.03,131049=0.02",
};

test.each(seedsOf(NAME))(
  "a storm of webhooks, half of them repeated, out of order, early or of somebody else's messages, ends in the states that the API had",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 300,
      workers: 1,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      // An early webhook waits for its turn among the others, and its POST's answer for it.
      answerSeconds: 60,
      timeScale: 5,
    });
    onTestFinished(run.close);
    const { fleet } = run;
    await run.send(Math.ceil(EVENTS / EVENTS_OF_A_MESSAGE));

    const result = await run.settle();
    expectSound(result);
    expectNoDoubt(result);
    expect(result.figures.events).toBeGreaterThan(EVENTS * 0.95);
    const webhooks = fleet.webhooks();
    const own = new Set(fleet.posts().map(({ wamid }) => wamid));
    const foreign = webhooks.filter(({ wamid }) => !own.has(wamid));
    expect(foreign.length).toBeGreaterThan(EVENTS * 0.03);
    const seconds = ((webhooks.at(-1)?.at ?? 0) - (webhooks[0]?.at ?? 0)) / 1_000;
    const perSecond = Math.round(webhooks.length / seconds);
    process.stderr.write(`faults: ${NAME}: ${webhooks.length} events, ${perSecond} a second\n`);
    published(NAME, chance.seed, { ...result.figures, eventsPerSecond: perSecond });
  },
);
