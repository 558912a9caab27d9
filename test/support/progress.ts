/**
 * A run is stuck when nothing moves, not when it is slow: a machine may be twenty times as busy as
 * today. So what waits for the end of a run watches its state, and gives up on a state that stays.
 *
 *     const progress = watchProgress();
 *     while (!isOver(state)) if (progress.isStuck(state)) throw new Error("stuck");
 */
export function watchProgress(): { isStuck(state: unknown): boolean } {
  let last = { state: "", since: performance.now() };
  return {
    isStuck(state) {
      const now = JSON.stringify(state);
      if (now !== last.state) last = { state: now, since: performance.now() };
      return performance.now() - last.since > STUCK_AFTER_MS;
    },
  };
}

const STUCK_AFTER_MS = 300_000;
