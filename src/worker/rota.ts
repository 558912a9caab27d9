import type { Timings } from "../core/timings.ts";
import type { TroubleLog } from "../core/trouble-log.ts";
import type { WakeUps } from "../store/index.ts";
import { createLoop } from "./loop.ts";
import type { NumberWorker } from "./number-worker.ts";

/** Numbers that are looked at side by side. */
const LOOKS_AT_ONCE = 32;

/**
 * The numbers of one worker process, and which of them are awake. A few times a second it asks, by
 * one command, which numbers were woken; and it looks at every number in turn, by one command each
 * in `lookEveryMs`, because a wake-up may be lost. So numbers without work cost next to nothing,
 * however many there are.
 */
export function createRota(input: {
  readonly wakeUps: WakeUps;
  readonly timings: Timings;
  readonly troubles: TroubleLog;
}) {
  const { wakeUps, timings, troubles } = input;
  const numbers = new Map<string, NumberWorker>();
  /** Numbers to look at now, before their turn. */
  let fresh: NumberWorker[] = [];
  /** Looks that are due: of few numbers, less than one at a time. */
  let looksDue = 0;
  const nextToLook = inTurn(numbers);
  const nextToTidy = inTurn(numbers);
  let position: number | undefined;
  let tidiedAt = performance.now();

  async function hear(): Promise<void> {
    // A process that starts looks at all numbers anyway.
    if (position === undefined) {
      position = await wakeUps.position();
      return;
    }
    const woken = await wakeUps.after(position);
    if (woken.position < position) lookSoon();
    position = woken.position;
    for (const name of woken.numbers) numbers.get(name)?.wake();
  }

  function lookSoon(): void {
    fresh = [...numbers.values()];
  }

  async function lookAtSome(): Promise<void> {
    looksDue += (numbers.size * timings.wakeEveryMs) / timings.lookEveryMs;
    const share = Math.floor(looksDue);
    looksDue -= share;
    const some = [...fresh.splice(0), ...nextToLook(share)];
    while (some.length > 0) {
      await Promise.all(some.splice(0, LOOKS_AT_ONCE).map((one) => one.look()));
    }
  }

  function tidyOne(): void {
    const now = performance.now();
    if (now - tidiedAt < timings.tidyEveryMs) return;
    tidiedAt = now;
    for (const one of nextToTidy(1)) one.tidy();
  }

  const loops = [
    createLoop({
      ...{ name: "listening for wake-ups", everyMs: timings.wakeEveryMs, troubles },
      act: hear,
    }),
    // Apart: of a cluster, the node with the wake-ups may be away, or one with some of the numbers.
    createLoop({
      ...{ name: "looking at numbers", everyMs: timings.wakeEveryMs, troubles },
      async act() {
        tidyOne();
        await lookAtSome();
      },
    }),
  ];

  return {
    start(): void {
      for (const loop of loops) loop.start();
    },

    /** Adds a number, and looks at it soon. */
    add(name: string, number: NumberWorker): void {
      numbers.set(name, number);
      fresh.push(number);
    },

    /** Takes a number out; the caller stops it. */
    remove(name: string): NumberWorker | undefined {
      const number = numbers.get(name);
      numbers.delete(name);
      return number;
    },

    /** The hash slot of a number is on another node, which is another Redis process. */
    async moved(name: string): Promise<void> {
      const number = numbers.get(name);
      if (number === undefined) return;
      await number.moved();
      // If it rests, what this process remembers is reported before there is something to send.
      fresh.push(number);
    },

    /** Redis was away, and may be another one now. Looks at all numbers soon. */
    lookAtAll(): void {
      for (const number of numbers.values()) number.greetAgain();
      lookSoon();
      for (const loop of loops) loop.wake();
    },

    awake: (): string[] =>
      [...numbers].flatMap(([name, number]) => (number.isAwake() ? [name] : [])),

    all: (): readonly NumberWorker[] => [...numbers.values()],
    async stop(): Promise<void> {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}

/** Gives the next numbers, each as often as the others. */
function inTurn(numbers: ReadonlyMap<string, NumberWorker>): (count: number) => NumberWorker[] {
  let left: NumberWorker[] = [];
  return (count) => {
    if (left.length === 0) left = [...numbers.values()];
    return left.splice(0, count);
  };
}
