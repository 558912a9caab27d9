/** Counts work that is under way, and tells when none is left. */
export interface Pending {
  begin(): void;
  end(): void;
  count(): number;
  /** Resolves as soon as nothing is under way, at once if nothing is now. */
  settled(): Promise<void>;
  /** Forgets what is under way: it will not end any more. */
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
