import type { Campaign } from "../store/index.ts";

/** Measures how fast campaigns go, from what their readers see of them anyway. */
export interface RateMeter {
  /** Messages a second over the last seconds; null until it was read twice. */
  read(campaign: Pick<Campaign, "id" | "counts">, nowMs: number): number | null;
}

interface Look {
  readonly atMs: number;
  readonly done: number;
}

/** Pages that reload without a script do so every ten seconds. */
const WINDOW_MS = 15_000;
/** Two readings nearer than this say little. */
const APART_MS = 800;
/** Of the campaigns that were read last. */
const CAMPAIGNS_MAX = 500;

export function createRateMeter(): RateMeter {
  const looksOf = new Map<string, readonly Look[]>();
  return {
    read({ id, counts }, nowMs) {
      const done = handed(counts);
      const looks = (looksOf.get(id) ?? []).filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
      const isNews = nowMs - (looks.at(-1)?.atMs ?? 0) >= APART_MS;
      looksOf.delete(id);
      looksOf.set(id, isNews ? [...looks, { atMs: nowMs, done }] : looks);
      const [oldest] = looksOf.keys();
      if (looksOf.size > CAMPAIGNS_MAX && oldest !== undefined) looksOf.delete(oldest);
      const [first] = looks;
      if (first === undefined || nowMs - first.atMs < APART_MS) return null;
      return Math.max(0, ((done - first.done) * 1_000) / (nowMs - first.atMs));
    },
  };
}

/** Messages that were handed over, or that ended in the attempt. */
function handed(counts: Campaign["counts"]): number {
  const { accepted, sent, delivered, read, failed, unknown } = counts;
  return accepted + sent + delivered + read + failed + unknown;
}
