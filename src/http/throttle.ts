/** Slows down senders of requests that fail verification. */
export interface Throttle {
  /** Counts one failure of `address`. Returns 0, or the ms until the next one is allowed. */
  fail(address: string): number;
  /** How many addresses are remembered. */
  size(): number;
}

export interface ThrottleOptions {
  readonly ratePerSecond: number;
  /** How many failures in a row are let through before the rate applies. */
  readonly burst: number;
  /** Never more addresses than this are remembered; the one unseen for longest goes first. */
  readonly addressesMax: number;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/**
 * A token bucket for each remote address that has failed. Only failures are given to it: behind
 * a load balancer everybody has the same address, and a forger must not be able to shut out the
 * real sender. Memory is bounded; a forgotten address merely starts with a full bucket again.
 */
export function createThrottle(options: ThrottleOptions): Throttle {
  const { ratePerSecond, burst, addressesMax, now } = options;
  // A Map keeps insertion order, so its first key is the address unseen for longest.
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  function fail(address: string): number {
    const nowMs = now();
    const known = buckets.get(address);
    buckets.delete(address);
    if (known === undefined && buckets.size >= addressesMax) {
      const oldest = buckets.keys().next();
      if (oldest.done !== true) buckets.delete(oldest.value);
    }
    const refilled =
      known === undefined
        ? burst
        : Math.min(burst, known.tokens + ((nowMs - known.atMs) / 1000) * ratePerSecond);
    const tokens = refilled >= 1 ? refilled - 1 : refilled;
    buckets.set(address, { tokens, atMs: nowMs });
    return refilled >= 1 ? 0 : Math.ceil(((1 - refilled) / ratePerSecond) * 1000);
  }

  return { fail, size: () => buckets.size };
}
