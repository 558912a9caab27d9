/** Counts wrong signatures, and reports them together. */
export interface SignatureCount {
  /** One more came to the address of a number; null: to the shared one. */
  add(number: string | null): void;
  /** Reports what is left. */
  stop(): Promise<void>;
}

/** Anybody can send a wrong signature, so this bounds what they make Redis write. */
const REPORT_EVERY_MS = 1_000;

/**
 * Reports at most once a second, whatever is sent. The names of addresses are those of configured
 * numbers, so there are few. `report` may fail: the counts explain a problem, and nothing else
 * depends on them.
 */
export function createSignatureCount(
  report: (counts: ReadonlyMap<string | null, number>) => Promise<void>,
): SignatureCount {
  let counts = new Map<string | null, number>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const some = counts;
    counts = new Map();
    if (some.size > 0) await report(some).catch(() => {});
  }

  return {
    add(number) {
      counts.set(number, (counts.get(number) ?? 0) + 1);
      timer ??= setTimeout(() => void flush(), REPORT_EVERY_MS).unref();
    },
    stop: flush,
  };
}
