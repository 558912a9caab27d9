import type { TroubleLog } from "../core/trouble-log.ts";

/** One task of each sweep. Idempotent: every worker runs it, and may die during it. */
export interface Chore {
  /** For the log. */
  readonly name: string;
  /** The pause after it was done. Default: none, it runs at every sweep. */
  readonly everyMs?: number;
  /** `false`: there was nothing to do, so it runs again at the next sweep. */
  readonly run: (isStopped: () => boolean) => Promise<unknown>;
}

/** Runs all chores in order. A failure is logged and does not stop the others. */
export function createSweep(input: {
  chores: readonly Chore[];
  troubles: TroubleLog;
  /** A monotonic clock, ms. */
  now: () => number;
}): (isStopped: () => boolean) => Promise<void> {
  const { chores, troubles, now } = input;
  const doneAt = new Map<Chore, number>();

  return async (isStopped) => {
    for (const chore of chores) {
      if (isStopped()) return;
      const { name, everyMs = 0, run } = chore;
      if (now() - (doneAt.get(chore) ?? Number.NEGATIVE_INFINITY) < everyMs) continue;
      try {
        if ((await run(isStopped)) !== false) doneAt.set(chore, now());
      } catch (error) {
        troubles(error, "sweep failed; retrying", { what: name });
      }
    }
  };
}
