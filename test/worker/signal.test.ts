import { expect, onTestFinished, test, vi } from "vitest";
import { createSignal } from "../../src/worker/signal.ts";

/** A signal on a clock of the test's. */
function openSignal() {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const signal = createSignal();
  const ended: string[] = [];
  return {
    ...{ raise: signal.raise, ended },
    /** Waits; `name` is noted when it is over. */
    wait(name: string, timeoutMs?: number): void {
      void signal.wait(timeoutMs).then(() => ended.push(name));
    },
    pass: (ms: number) => vi.advanceTimersByTimeAsync(ms),
  };
}

test("a wait ends when the signal is raised, and lasts until then", async () => {
  const { wait, raise, pass, ended } = openSignal();
  wait("one");
  await pass(2 ** 40);
  expect(ended).toEqual([]);

  raise();
  await pass(0);
  expect(ended).toEqual(["one"]);
});

test("a signal that was raised before is kept for one wait", async () => {
  const { wait, raise, pass, ended } = openSignal();
  raise();
  raise();
  wait("one");
  await pass(0);
  wait("two");
  await pass(0);
  expect(ended).toEqual(["one"]);
});

test("a wait of a month, which no timer can hold, does not end at once", async () => {
  const { wait, pass, ended } = openSignal();
  wait("one", 2 ** 31);
  await pass(60_000);
  expect(ended).toEqual([]);
});

test("a wait ends after its time, and leaves no timer when it was raised before", async () => {
  const { wait, raise, pass, ended } = openSignal();
  wait("one", 100);
  await pass(99);
  expect(ended).toEqual([]);
  await pass(1);
  expect(ended).toEqual(["one"]);

  wait("two", 100);
  raise();
  await pass(0);
  expect(ended).toEqual(["one", "two"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a wait of no time ends at once, and takes what was raised", async () => {
  const { wait, raise, pass, ended } = openSignal();
  wait("none", 0);
  await pass(0);
  wait("past", -5);
  await pass(0);
  expect(ended).toEqual(["none", "past"]);

  raise();
  wait("none", 0);
  await pass(0);
  wait("long", 100);
  await pass(0);
  expect(ended).toEqual(["none", "past", "none"]);
});
