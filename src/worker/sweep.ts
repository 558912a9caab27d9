import type { TroubleLog } from "../core/trouble-log.ts";

/** One thing that is looked after at each sweep. Idempotent: every worker does it, and may die in it. */
export interface Chore {
  /** For the log. */
  readonly name: string;
  /** It rests for so long after it was done. Left out: it is done at every sweep. */
  readonly everyMs?: number;
  /** `false`: there was nothing to do, so it is looked again at the next sweep. */
  readonly run: (isStopped: () => boolean) => Promise<unknown>;
}

/** A sweep over all chores, in their order. One that fails is logged and keeps the others from nothing. */
export function createSweep(input: {
  chores: readonly Chore[];
  troubles: TroubleLog;
  /** Milliseconds that never go back. */
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
        troubles(error, "sweep failed; it is tried again", { what: name });
      }
    }
  };
}
