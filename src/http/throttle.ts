/** Slows down senders whose requests cannot be verified. */
export interface Throttle {
  /** Counts a failure of `address`. Returns 0, or the ms until the next one is allowed. */
  fail(address: string): number;
  /** The ms until a failure of `address` would be allowed; counts none. */
  waitMs(address: string): number;
  /** The number of remembered addresses. */
  size(): number;
}

interface ThrottleOptions {
  readonly ratePerSecond: number;
  /** How many failures in a row are allowed before the rate applies. */
  readonly burst: number;
  /** The most addresses to remember; drops the least recently seen first. */
  readonly addressesMax: number;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/**
 * A token bucket for each remote address with failures. Only failures count: behind a load balancer
 * all senders share an address, and a forger must not be able to shut out the real one. Memory is
 * bounded; a forgotten address starts with a full bucket again.
 */
export function createThrottle(options: ThrottleOptions): Throttle {
  const { ratePerSecond, burst, addressesMax, now } = options;
  // A Map keeps insertion order, so its first key is the least recently seen address.
  const buckets = new Map<string, { tokens: number; atMs: number }>();

  function refill(address: string, nowMs: number): number {
    const known = buckets.get(address);
    if (known === undefined) return burst;
    return Math.min(burst, known.tokens + ((nowMs - known.atMs) / 1000) * ratePerSecond);
  }

  const untilOne = (tokens: number): number =>
    tokens >= 1 ? 0 : Math.ceil(((1 - tokens) / ratePerSecond) * 1000);

  function fail(address: string): number {
    const nowMs = now();
    const refilled = refill(address, nowMs);
    const known = buckets.get(address);
    buckets.delete(address);
    if (known === undefined && buckets.size >= addressesMax) {
      const oldest = buckets.keys().next();
      if (oldest.done !== true) buckets.delete(oldest.value);
    }
    const tokens = refilled >= 1 ? refilled - 1 : refilled;
    buckets.set(address, { tokens, atMs: nowMs });
    return untilOne(refilled);
  }

  return { fail, waitMs: (address) => untilOne(refill(address, now())), size: () => buckets.size };
}
