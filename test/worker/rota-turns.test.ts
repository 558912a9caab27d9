import { expect, onTestFinished, test, vi } from "vitest";
import { timings } from "../../src/core/timings.ts";
import type { WakeUps } from "../../src/store/index.ts";
import type { NumberWorker } from "../../src/worker/number-worker.ts";
import { createRota } from "../../src/worker/rota.ts";

const usual = timings({ answerTimeoutMs: 5_000, timeScale: 1 });

/**
 * A worker's rota on a clock of the test's, with numbers that note what is asked of them. `look`
 * is what a look at a number waits for.
 */
function openRota(look: (name: string) => Promise<void> = async () => {}) {
  vi.useFakeTimers();
  const noted: string[] = [];
  const heard = { position: 5, numbers: [] as string[] };
  const wakeUps: WakeUps = {
    wake: async () => {},
    position: async () => heard.position,
    after: async () => ({ numbers: heard.numbers.splice(0), position: heard.position }),
  };
  const troubles: string[] = [];
  const rota = createRota({
    ...{ wakeUps, timings: usual, troubles: (error) => void troubles.push(String(error)) },
  });
  onTestFinished(() => {
    void rota.stop();
    vi.useRealTimers();
  });
  rota.start();
  const note = (name: string, what: string) => noted.push(`${name} ${what}`);
  return {
    ...{ rota, heard, troubles },
    add(...names: string[]): void {
      for (const name of names) {
        const number: NumberWorker = {
          wake: () => void note(name, "wakes"),
          look() {
            note(name, "looks");
            return look(name);
          },
          tidy: () => void note(name, "tidies"),
          greetAgain: () => void note(name, "greets again"),
          moved: async () => void note(name, "moved"),
          isAwake: () => name === "awake",
          stop: async () => {},
        };
        rota.add(name, number);
      }
    },
    /** What was asked of the numbers in so much time. */
    async after(ms: number): Promise<string[]> {
      await vi.advanceTimersByTimeAsync(ms);
      return noted.splice(0);
    },
  };
}

const looks = (noted: readonly string[]) => noted.filter((one) => one.endsWith("looks"));
const tidies = (noted: readonly string[]) => noted.filter((one) => one.endsWith("tidies"));
const names = Array.from({ length: 100 }, (_, nth) => `n${nth}`);

test("a number that is added is looked at at the next turn, and then once in ten seconds", async () => {
  const { add, after } = openRota();
  await after(0);
  add("one");
  expect(looks(await after(usual.wakeEveryMs))).toEqual(["one looks"]);

  expect(looks(await after(usual.lookEveryMs))).toEqual(["one looks"]);
  expect(looks(await after(6 * usual.lookEveryMs))).toHaveLength(6);
});

test("many numbers are looked at in turn, each as often as the others, and a few at a time", async () => {
  const { add, after } = openRota();
  add(...names);
  await after(usual.wakeEveryMs);

  const looked: string[] = [];
  for (let turn = 0; turn < 3 * (usual.lookEveryMs / usual.wakeEveryMs); turn++) {
    const some = looks(await after(usual.wakeEveryMs));
    expect(some.length).toBeLessThanOrEqual(3);
    looked.push(...some);
  }

  expect(looked.length).toBeGreaterThan(290);
  expect(new Set(looked.slice(0, 100)).size).toBe(100);
  expect(looked.slice(100)).toEqual(looked.slice(0, -100));
});

test("thirty-two numbers are looked at side by side, and the next when these have answered", async () => {
  const answers: (() => void)[] = [];
  const { add, after } = openRota(() => new Promise((resolve) => answers.push(resolve)));
  add(...names);

  expect(looks(await after(usual.wakeEveryMs))).toHaveLength(32);
  expect(looks(await after(0))).toEqual([]);
  for (const answer of answers.splice(0)) answer();
  expect(looks(await after(0))).toHaveLength(32);
  for (const answer of answers.splice(0)) answer();
  expect(looks(await after(0))).toHaveLength(32);
  for (const answer of answers.splice(0)) answer();
  // With the two whose turn it is.
  expect(looks(await after(0))).toHaveLength(6);
});

test("chores of numbers at rest are done one number at a time, in turn", async () => {
  const { add, after } = openRota();
  add("one", "two");

  expect(tidies(await after(usual.tidyEveryMs - usual.wakeEveryMs))).toEqual([]);
  expect(tidies(await after(usual.wakeEveryMs))).toEqual(["one tidies"]);
  expect(tidies(await after(usual.tidyEveryMs - usual.wakeEveryMs))).toEqual([]);
  expect(tidies(await after(usual.wakeEveryMs))).toEqual(["two tidies"]);
  expect(tidies(await after(usual.tidyEveryMs))).toEqual(["one tidies"]);
});

test("a number that is woken wakes, no other does, and one that is not served here is passed over", async () => {
  const { add, after, heard, troubles } = openRota();
  add("one", "two");
  await after(usual.wakeEveryMs);

  Object.assign(heard, { position: 6, numbers: ["elsewhere", "two"] });

  const noted = await after(usual.wakeEveryMs);
  expect(noted.filter((one) => one.endsWith("wakes"))).toEqual(["two wakes"]);
  expect(troubles).toEqual([]);
});

test("the wake-ups from before a process started are not heard, since it looks at all numbers", async () => {
  const { add, after, heard } = openRota();
  add("one");
  heard.numbers.push("one");
  expect(await after(0)).not.toContain("one wakes");
});

test("when Redis lacks wake-ups that were heard all numbers are looked at, once", async () => {
  const { add, after, heard } = openRota();
  add("one", "two", "three");
  await after(usual.wakeEveryMs);

  heard.position = 4;
  // Heard in one turn, looked at in the next.
  expect(looks(await after(2 * usual.wakeEveryMs)).sort()).toEqual([
    "one looks",
    "three looks",
    "two looks",
  ]);
  expect(looks(await after(2 * usual.wakeEveryMs))).toEqual([]);
});

test("when Redis is back every number reports what it remembers, and is looked at at once", async () => {
  const { add, after, rota } = openRota();
  add("one", "two");
  await after(usual.wakeEveryMs);

  rota.lookAtAll();

  expect((await after(0)).sort()).toEqual([
    "one greets again",
    "one looks",
    "two greets again",
    "two looks",
  ]);
});

test("a number whose slot has moved opens there, and is looked at before its turn; an unknown one does nothing", async () => {
  const { add, after, rota } = openRota();
  add("one", "two");
  await after(usual.wakeEveryMs);

  await rota.moved("two");
  await rota.moved("unknown");

  expect(await after(usual.wakeEveryMs)).toEqual(["two moved", "two looks"]);
});

test("a number that is taken out is looked at once more at most, and asked nothing else", async () => {
  const { add, after, rota } = openRota();
  add("one", "awake");
  expect(rota.awake()).toEqual(["awake"]);
  await after(usual.wakeEveryMs);

  expect(rota.remove("one")).toBeDefined();
  expect(rota.remove("one")).toBeUndefined();

  expect(rota.all()).toHaveLength(1);
  const noted = await after(3 * usual.lookEveryMs);
  const asked = noted.filter((one) => one.startsWith("one"));
  expect([[], ["one looks"]]).toContainEqual(asked);
});

test("a rota that is stopped asks nothing", async () => {
  const { add, after, rota } = openRota();
  add("one");
  await after(usual.wakeEveryMs);
  await rota.stop();
  expect(await after(3 * usual.lookEveryMs)).toEqual([]);
});
