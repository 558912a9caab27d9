import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keySpace, numberKeys } from "../../src/store/keys.ts";
import { aofRewritten, watchAof } from "../support/aof.ts";
import { type FaultRun, NUMBER, startFaultRun } from "../support/fault-run.ts";
import { pause } from "../support/ledger-watch.ts";
import { compareAfterLoss, expectSound } from "../support/run-result.ts";
import { SOON } from "../support/soon.ts";
import { published, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "rollback";
const CUTS = volume(100);
const CUT_MS_MAX = 2_000;
const KNOBS = { latencyMs: "50-400", webhookLost: "0.3", readShare: "0.3" };
/** Most of a list is in doubt after a cut: what the rate could have reached since. */
const LIST = 700;

test.each(seedsOf(NAME))(
  "Redis loses up to two seconds of its file: sending goes on where no claim is lost, else it stops until a person accepts it, and nobody gets a message twice",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: 50,
      workers: 2,
      knobs: { ...KNOBS, seed: String(chance.seed) },
      answerSeconds: 20,
      timeScale: 15,
    });
    onTestFinished(run.close);
    const { redis, watch } = run;
    const client = redis.connect();
    const aof = watchAof(join(redis.dir, "data"));
    onTestFinished(() => aof.stop());
    let stops = 0;

    // Where nothing was claimed in what was cut, nothing is to be noticed: until something was.
    for (let cuts = 0; cuts < CUTS || stops === 0; cuts++) {
      await run.send(LIST);
      // A list that is lost whole, with all that is known of its people, is another story.
      const kept = aof.length();
      await pause(chance.int(300, 1_500));
      await redis.kill();
      const extraBytes = chance.random() < 0.5 ? chance.int(1, 400) : 0;
      aof.cut({ ms: chance.int(0, CUT_MS_MAX), kept, extraBytes });
      watch.forget();
      await redis.restart();
      // Cut within a script, the file would give the half of it back at the next start.
      await aofRewritten(client);
      if ((await outcome(run)) === "goes on") continue;
      stops++;
      // The command itself now and then; it costs a process each time.
      await (cuts % 5 === 0 ? acceptByCommand(run) : run.store.rollback.accept(RATE));
    }

    const result = await run.settle({ compare: compareAfterLoss });
    expectSound(result);
    published(NAME, chance.seed, { kills: CUTS, stopsNoticed: stops, ...result.figures });
  },
);

const RATE = 50;
/** Either claims are granted again, or somebody noticed that some are missing. */
async function outcome({ store, redis, watch }: FaultRun): Promise<"goes on" | "stopped"> {
  const client = redis.connect();
  const { guard } = numberKeys(keySpace(NUMBER, "sandbox"));
  const counted = async (): Promise<number> => Number(await client.hget(guard, "count"));
  try {
    const before = await counted();
    const deadline = performance.now() + SOON.timeout;
    for (;;) {
      if ((await store.rollback.read()) !== undefined) return "stopped";
      if ((await counted()) > before) return "goes on";
      if (performance.now() > deadline) throw await watch.asError("neither sending nor stopped");
      await pause(20);
    }
  } finally {
    client.disconnect();
  }
}

async function acceptByCommand({ fleet }: FaultRun): Promise<void> {
  const [listed] = await fleet.list();
  expect(listed).toHaveProperty("rollback.claimsLost");
  const { accepted } = await fleet.stage.json<{ accepted: object }>([
    "doctor",
    "--accept-rollback",
  ]);
  expect(Object.keys(accepted)).toEqual([NUMBER]);
}
