/**
 * A process's reading of a number's claim counter (scripts/lib/guard.lua). It is sent with each
 * claim and dispatch; a Redis with a lower counter went back in time.
 */
export interface Reading {
  /** Messages granted by claims, and changes by people. Never decreases. */
  readonly count: number;
  /** When Redis returned it, ms of the number's clock. */
  readonly at: number;
  /** Of these, the changes by people. */
  readonly acts: number;
  /** Of the newest campaign. */
  readonly serial: number;
}

/** `count at acts serial`; undefined for anything else. */
export function parseReading(text: string): Reading | undefined {
  if (!/^\d{1,15}( \d{1,15}){3}$/.test(text)) return undefined;
  const [count = 0, at = 0, acts = 0, serial = 0] = text.split(" ").map(Number);
  return { count, at, acts, serial };
}

export function formatReading({ count, at, acts, serial }: Reading): string {
  return `${count} ${at} ${acts} ${serial}`;
}

/** Answers may arrive out of order, so take the higher value of each part. */
export function laterOf(one: Reading, other: Reading): Reading {
  return {
    count: Math.max(one.count, other.count),
    at: Math.max(one.at, other.at),
    acts: Math.max(one.acts, other.acts),
    serial: Math.max(one.serial, other.serial),
  };
}
