/** Counts work in progress and resolves once none is left. */
export interface Pending {
  begin(): void;
  end(): void;
  count(): number;
  /** Resolves as soon as no work is in progress. */
  settled(): Promise<void>;
  /** Forgets all work in progress, which will never end. */
  abandon(): void;
}

export function createPending(): Pending {
  let count = 0;
  let waiting: (() => void)[] = [];
  const resolveAll = () => {
    const resolves = waiting;
    waiting = [];
    for (const resolve of resolves) resolve();
  };
  return {
    begin() {
      count++;
    },
    end() {
      count--;
      if (count === 0) resolveAll();
    },
    count: () => count,
    settled: () =>
      count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve)),
    abandon() {
      count = 0;
      resolveAll();
    },
  };
}
