export interface RecurringTiming {
  /** A due time that no producer began with for this long was missed. */
  readonly missedMs: number;
  /** Another producer takes over after this long. */
  readonly leaseMs: number;
  /** How often a file is noted in Redis, though nothing happens. */
  readonly noteEveryMs: number;
  /** A source that cannot be read is given up after this long. */
  readonly giveUpMs: number;
  /** A list has to be fetched within this time. */
  readonly fetchMs: number;
}

/** `timeScale` divides the waits in tests. */
export function recurringTiming(timeScale: number): RecurringTiming {
  return {
    missedMs: 60_000,
    leaseMs: 60_000 / timeScale,
    noteEveryMs: 60_000 / timeScale,
    giveUpMs: 3_600_000,
    fetchMs: 600_000,
  };
}
