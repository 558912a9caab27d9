import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type FaultRun, NUMBER, startFaultRun } from "../support/fault-run.ts";
import type { Running } from "../support/processes.ts";
import { compareAfterLoss, expectSound } from "../support/run-result.ts";
import { SOON } from "../support/soon.ts";
import { published, type Seeded, seeded, seedsOf, volume } from "../support/volume.ts";

const NAME = "restore";
const ROUNDS = volume(20);
const RATE = 40;
const LIST = 400;
const WORKERS = 2;

test.each(seedsOf(NAME))(
  "a backup of Redis is restored while no worker runs, with the folders of the workers as compose and Kubernetes keep them or with new ones: it always stops for a person, and nobody gets a message twice",
  async (given) => {
    const chance = seeded(NAME, given);
    const run = await startFaultRun({
      ratePerSecond: RATE,
      workers: 0,
      knobs: { latencyMs: "20-100", seed: String(chance.seed) },
      answerSeconds: 20,
      timeScale: 15,
    });
    onTestFinished(run.close);
    const machine = createMachine(run, chance);
    let asked = 0;

    for (let round = 0; round < ROUNDS; round++) {
      await run.send(LIST);
      await machine.startAndPost(chance.int(20, 100));
      await machine.stop();
      const isRestored = chance.random() < 0.75;
      // A slow machine starts and ends processes for seconds, in which the rest would go out.
      if ((await machine.pending()) < LIST / 2) await run.send(LIST);
      await machine.backUp();
      await machine.startAndPost(chance.int(20, 100));
      await machine.stop();

      const folders = chance.random() < 0.5 ? "new" : "kept";
      await (isRestored ? machine.restore() : run.redis.restart());
      if (folders === "new") machine.forget();
      const before = run.fleet.posts().length;
      await machine.start();
      if (!isRestored && folders === "kept") {
        // Or they would have sent the next list before its round begins.
        await machine.stop();
        continue;
      }
      const { lost } = await machine.stopped();
      // Nobody remembers: then it may be whole, and is asked about all the same.
      expect(lost === null, `${folders} folders`).toBe(folders === "new");
      expect(run.fleet.posts()).toHaveLength(before);
      asked++;
      const decision = isRestored ? "--accept-rollback" : "--nothing-lost";
      await run.fleet.stage.json(["doctor", decision]);
    }

    // The last round may have stopped its workers, and what it left has to be sent as well.
    await machine.start();
    const result = await run.settle({ compare: compareAfterLoss });
    expectSound(result);
    published(NAME, chance.seed, { restores: ROUNDS, stopsAsked: asked, ...result.figures });
  },
);

/** The workers' machines: one folder for all, as compose has it, or one each, as Kubernetes has. */
function createMachine({ fleet, redis, store, watch }: FaultRun, chance: Seeded) {
  const data = join(redis.dir, "data");
  const backup = join(redis.dir, "backup");
  const shared = chance.random() < 0.5;
  let generation = 0;
  let workers: Running[] = [];

  const folderOf = (ordinal: number): string =>
    join(fleet.stage.dir, `folders-${generation}`, shared ? "all" : `worker-${ordinal}`);

  async function start(): Promise<void> {
    // All at once: on a slow machine the first would have sent the list before the last is up.
    const starting = Array.from({ length: WORKERS }, (_, ordinal) => {
      fleet.stage.setEnv({ DROPCAST_DATA_DIR: folderOf(ordinal) });
      return fleet.startWorker();
    });
    workers.push(...(await Promise.all(starting)));
  }

  return {
    start,
    /** Counted from before the start: a slow one may see the whole list go out. */
    async startAndPost(atLeast: number): Promise<void> {
      const before = fleet.posts().length;
      await start();
      await fleet.posted(before + atLeast).catch(async (error: Error) => {
        throw await watch.asError(error.message);
      });
    },
    /** Each in good order, or killed. */
    async stop(): Promise<void> {
      const stopping = workers.map((worker) =>
        chance.random() < 0.5 ? worker.kill() : worker.stop(),
      );
      workers = [];
      await Promise.all(stopping);
    },
    async pending(): Promise<number> {
      const found = await watch.campaigns();
      return found.reduce((sum, { counts }) => sum + counts.pending, 0);
    },
    async backUp(): Promise<void> {
      await redis.kill();
      rmSync(backup, { recursive: true, force: true });
      cpSync(data, backup, { recursive: true });
      await redis.restart();
    },
    async restore(): Promise<void> {
      await redis.kill();
      rmSync(data, { recursive: true });
      cpSync(backup, data, { recursive: true });
      watch.forget();
      await redis.restart();
    },
    /** New volumes: what workers remembered is gone. */
    forget: () => {
      generation++;
    },
    stopped: () =>
      vi.waitFor(async () => {
        const rollback = await store.rollback.read();
        if (rollback === undefined) throw await watch.asError(`number ${NUMBER} does not stop`);
        return rollback;
      }, SOON),
  };
}
