/**
 * Comparing a password takes a processor and 32 MiB for a quarter of a second, so few are compared
 * at once. Addresses take turns: one that sends ten thousand requests delays another by one
 * comparison, not by ten thousand.
 */
interface Turns {
  /** The result of `task`; null: too many of this address, or of all, wait. */
  run<T>(address: string, task: () => Promise<T>): Promise<T | null>;
}

interface TurnLimits {
  readonly atOnce: number;
  /** Waiting tasks of one address. */
  readonly eachMax: number;
  /** Waiting tasks of all addresses. */
  readonly allMax: number;
}

const TURN_LIMITS: TurnLimits = { atOnce: 2, eachMax: 4, allMax: 256 };

export function createTurns({ atOnce, eachMax, allMax }: TurnLimits = TURN_LIMITS): Turns {
  /** By address, the one whose turn is next first. */
  const waiting = new Map<string, (() => void)[]>();
  let waits = 0;
  let running = 0;

  function next(): void {
    const [turn] = waiting;
    if (turn === undefined || running >= atOnce) return;
    const [address, tasks] = turn;
    const start = tasks.shift();
    waiting.delete(address);
    if (tasks.length > 0) waiting.set(address, tasks);
    waits--;
    running++;
    start?.();
  }

  return {
    async run(address, task) {
      const own = waiting.get(address) ?? [];
      if (own.length >= eachMax || waits >= allMax) return null;
      await new Promise<void>((resolve) => {
        own.push(resolve);
        waiting.set(address, own);
        waits++;
        next();
      });
      try {
        return await task();
      } finally {
        running--;
        next();
      }
    },
  };
}
