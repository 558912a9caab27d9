import { expect, onTestFinished, test, vi } from "vitest";
import { beginAction } from "../../src/campaigns/begin-action.ts";
import type { Action } from "../../src/store/actions/actions.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startFleet } from "../support/fleet.ts";
import { connectTestRedis, redisAddress, testNumber } from "../support/redis.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";
import { importFailed, RETRY_ALL } from "../support/retry.ts";
import { SOON } from "../support/soon.ts";

const ROWS = 2_500;
/** Calls of the script that does a part of an action, after which a worker is killed. */
const STEPS = 5;

test("workers are killed while a retry of thousands of messages runs: each goes out once, and the sums add up", async () => {
  const number = testNumber();
  const bench = await openTestStore({}, connectTestRedis(), { number, mode: "sandbox" });
  const { store } = bench;
  const id = await importFailed(bench, ROWS);
  const found = { campaign: await bench.found(id), store };
  const by = { who: "anna", via: "command line", from: "host-1" } as const;
  const begun = await beginAction(found, { what: RETRY_ALL, token: "kill" }, by);
  if (!begun.ok) throw new Error(begun.refusal.message);
  const action = begun.value.id;
  const look = async (): Promise<Action> => {
    const now = await store.actions.find(action);
    if (now === undefined) throw new Error("The action is gone.");
    return now;
  };
  const proxy = await startRedisProxy({ targetPath: redisAddress().path });
  onTestFinished(() => proxy.close());
  /** Kills the worker when Redis has done one more part, of which the worker does not know yet. */
  const killInTheMiddle = async () => {
    let steps = 0;
    const isThere = ({ command, when }: { command: string; when: string }) =>
      command === "step-action" && when === "after" && ++steps === STEPS;
    const act = () => fleet.workers.at(-1)?.kill();
    await proxy.once(isThere, { kind: "call", act }).fired;
    await fleet.workers.at(-1)?.kill();
  };

  // One at a time, so that the one that is killed is the one that takes the steps.
  const fleet = await startFleet({
    ...{ redisUrl: proxy.url, number, ratePerSecond: 500, workers: 0 },
    env: { DROPCAST_TIME_SCALE: "5", DROPCAST_ANSWER_TIMEOUT_SECONDS: "20" },
  });
  onTestFinished(() => fleet.stage.close());
  const places: number[] = [];
  for (let kills = 0; kills < 2; kills++) {
    const killed = killInTheMiddle();
    await fleet.startWorker();
    await killed;
    places.push((await look()).done);
  }
  await fleet.startWorker();
  await vi.waitFor(async () => expect((await look()).state).toBe("finished"), SOON);

  // It was killed in the middle, or the test shows nothing.
  expect(places.every((done) => done < ROWS)).toBe(true);
  expect(await look()).toMatchObject({ total: ROWS, done: ROWS, failed: 0, left: 0 });
  const end = await fleet.until(id, ({ status }) => status === "finished");
  const posts = new Map<string, number>();
  for (const { to } of fleet.posts()) posts.set(String(to), (posts.get(String(to)) ?? 0) + 1);
  expect([...posts.values()].filter((times) => times > 1)).toEqual([]);
  // What was on the wire of a worker when it died is unknown, and everybody else got it.
  expect(posts.size + end.counts.unknown).toBeGreaterThanOrEqual(ROWS);
  expect(end.counts.failed + end.counts.pending).toBe(0);
});
