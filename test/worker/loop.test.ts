import { expect, test, vi } from "vitest";
import { createLoop } from "../../src/worker/loop.ts";
import { SOON } from "../support/soon.ts";

/** A task that is repeated each hour, or when it is woken. */
function openLoop(act: (isStopped: () => boolean) => Promise<void> = async () => {}) {
  const failed: string[] = [];
  let runs = 0;
  const loop = createLoop({
    ...{ name: "task", everyMs: 3_600_000 },
    act: (isStopped) => {
      runs++;
      return act(isStopped);
    },
    troubles: (error, words) => void failed.push(`${String(error)}: ${words}`),
  });
  const ran = (times: number) => vi.waitFor(() => expect(runs).toBe(times), SOON);
  return { loop, ran, failed, runs: () => runs };
}

test("a loop that stops between two runs ends at once, and runs no more", async () => {
  const { loop, ran, runs } = openLoop();
  loop.start();
  await ran(1);

  await loop.stop();

  expect(runs()).toBe(1);
});

test("a run that is under way is told to end, and is waited for", async () => {
  const ends: boolean[] = [];
  let stop = (): Promise<void> => Promise.resolve();
  const { loop, ran } = openLoop(async (isStopped) => {
    const stopping = stop();
    ends.push(isStopped());
    void stopping;
  });
  stop = () => loop.stop();
  loop.start();
  await ran(1);

  await loop.stop();

  expect(ends).toEqual([true]);
});

test("waking repeats it, one start is enough, and a failure is told and ends nothing", async () => {
  const { loop, ran, failed } = openLoop(async () => {
    throw new Error("no");
  });
  loop.start();
  loop.start();
  await ran(1);
  loop.wake();
  await ran(2);

  await loop.stop();

  expect(failed).toEqual(Array(2).fill("Error: no: task failed; retrying"));
});
