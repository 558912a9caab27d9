import type { CampaignMatch } from "./names.ts";

/** What one process remembers of the inbox between two scans. It may be lost without harm. */

/**
 * Since when a list has had its campaign file. A scan is not a snapshot: a file renamed during it
 * may be seen under neither name. So a missing file must be missing for a while.
 */
export function createMatches() {
  let before = new Map<string, { key: string; atMs: number }>();
  let now: typeof before = new Map();
  return {
    newLook(): void {
      before = now;
      now = new Map();
    },
    sinceMs(list: string, match: CampaignMatch): number {
      const key = JSON.stringify(match);
      const last = before.get(list);
      const atMs = last?.key === key ? last.atMs : performance.now();
      now.set(list, { key, atMs });
      return performance.now() - atMs;
    },
  };
}

/** A campaign file that comes later than this belongs to a list still to come. */
const LATE_MS_MAX = 60 * 60_000;
const REMEMBERED_MAX = 1_000;

/** The newest entries. */
export function createMemory<T>() {
  const kept = new Map<string, { value: T; atMs: number }>();
  return {
    get(key: string): T | undefined {
      const found = kept.get(key);
      const isLate = found !== undefined && performance.now() - found.atMs < LATE_MS_MAX;
      return isLate ? found.value : undefined;
    },
    set(key: string, value: T): void {
      kept.delete(key);
      kept.set(key, { value, atMs: performance.now() });
      const [oldest] = kept.keys();
      if (kept.size > REMEMBERED_MAX && oldest !== undefined) kept.delete(oldest);
    },
    delete: (key: string) => void kept.delete(key),
  };
}

const WAIT_MS_MAX = 60_000;
const TROUBLES_MAX = 10_000;

/** Leaves files alone for a while after a failure, longer each time. */
export function createTroubles(againMs: number) {
  const kept = new Map<string, { look: string; waitMs: number; untilMs: number }>();
  return {
    isLeftAlone(file: string, look: string): boolean {
      const last = kept.get(file);
      return last?.look === look && performance.now() < last.untilMs;
    },
    note(file: string, look: string): void {
      const last = kept.get(file);
      const waitMs = last?.look === look ? Math.min(2 * last.waitMs, WAIT_MS_MAX) : againMs;
      if (kept.size >= TROUBLES_MAX) kept.clear();
      kept.set(file, { look, waitMs, untilMs: performance.now() + waitMs });
    },
  };
}
