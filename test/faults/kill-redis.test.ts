import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { startFaultRun } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import type { OwnRedis } from "../support/redis.ts";
import { expectNoDoubt, expectSound } from "../support/run-result.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "kill-redis";
const KILLS = volume(100);
const KNOBS = { latencyMs: "50-400", webhookDelayMs: "20-300", readShare: "0.3" };

test.each(seedsOf(NAME))(
  "Redis is killed and comes back: no write that it confirmed is lost, every message is sent exactly once, and none is in doubt",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 80,
      workers: 2,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      answerSeconds: 60,
      timeScale: 10,
    });
    onTestFinished(run.close);
    const { redis } = run;
    const probe = writeAndCount(redis);

    for (let kills = 0; kills < KILLS; kills++) {
      await run.stock();
      await run.claimed();
      await pause(chance.int(100, 600));
      await redis.kill();
      const confirmed = probe.confirmed();
      await pause(chance.int(0, 300));
      await redis.restart();
      expect(await probe.stored()).toBeGreaterThanOrEqual(confirmed);
    }
    await probe.stop();
    expect(probe.confirmed()).toBeGreaterThan(KILLS);

    const result = await run.settle();
    expectSound(result);
    expectNoDoubt(result);
    expect(result.figures.posts).toBe(result.figures.rows);
    published(NAME, chance.seed, { kills: KILLS, ...result.figures });
  },
);

/** A client that does nothing but write the next number and remember which one was confirmed. */
function writeAndCount(redis: OwnRedis) {
  const writer: Redis = redis.connect({
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => 10,
  });
  const reader = redis.connect();
  let confirmed = 0;
  let stopped = false;
  const writing = (async () => {
    for (let next = 1; !stopped; next++) {
      const written = await writer.set("probe", next).catch(() => null);
      if (written === "OK") confirmed = next;
      else await pause(5);
    }
  })();
  return {
    confirmed: () => confirmed,
    stored: async () => Number(await reader.get("probe")),
    async stop() {
      stopped = true;
      await writing;
    },
  };
}
