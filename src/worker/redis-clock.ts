/** How far apart the clocks of two hosts may drift, with room: NTP corrects by half of this. */
const DRIFT_SHARE = 0.001;

/**
 * Redis's clock as this process sees it. Send times are granted on Redis's clock, and the answer of
 * a claim tells when it was decided. What it cannot tell is how long ago that was: the answer may
 * have waited for the disk (`appendfsync always`), for replicas, or for this process.
 *
 * Each answer gives two bounds, because Redis decided after it was asked and before it answered.
 * All together the bounds are as close as those of the quickest answers; a slow one changes
 * nothing:
 *
 *   asked 100.0, decided at Redis's 7.2, answered 100.4   Redis's 0 is from 92.8 to 93.2
 *   asked 120.0, decided at Redis's 27.1, answered 160.0  from 92.9 to 132.9, so from 92.9 to 93.2
 *   the second claim was decided at 27.1 + 93.05 = 120.15, not half way at 140
 *
 * The bounds widen with time, since clocks drift. If an answer contradicts them, Redis's clock was
 * set (or another host has taken over), and only that answer counts.
 */
export function createRedisClock() {
  let lowest = Number.NEGATIVE_INFINITY;
  let highest = Number.POSITIVE_INFINITY;
  let seenAt = 0;

  return {
    /** Adds an answer: when it was asked for and had, and Redis's time between the two, ms. */
    saw(askedAt: number, answeredAt: number, redisMs: number): void {
      const drift = (answeredAt - seenAt) * DRIFT_SHARE;
      seenAt = answeredAt;
      const [low, high] = [askedAt - redisMs, answeredAt - redisMs];
      const isSet = low > highest + drift || high < lowest - drift;
      lowest = isSet ? low : Math.max(low, lowest - drift);
      highest = isSet ? high : Math.min(high, highest + drift);
    },

    /** A time of Redis on `performance.now()`, ms. */
    toLocal(redisMs: number): number {
      return redisMs + (lowest + highest) / 2;
    },
  };
}

export type RedisClock = ReturnType<typeof createRedisClock>;
