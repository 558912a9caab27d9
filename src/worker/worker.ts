import type { Logger } from "pino";
import type { Timings } from "../core/timings.ts";
import { createTroubleLog } from "../core/trouble-log.ts";
import { endInTime } from "../queue/in-time.ts";
import type { WakeUps } from "../store/index.ts";
import type { NumberDeps } from "./number-parts.ts";
import { createNumberWorker } from "./number-worker.ts";
import { createRota } from "./rota.ts";

/** How long a stop waits for looks that Redis does not answer. */
const ROTA_MS = 1_000;

export interface WorkerDeps {
  readonly wakeUps: WakeUps;
  readonly timings: Timings;
  readonly logger: Logger;
  /** Whether Redis is known to be away. */
  readonly isAway: () => boolean;
}

/**
 * A worker process: any number of numbers, each with parts of its own (number-worker.ts), and the
 * rota that wakes them. `stop` is for SIGTERM: no new claims, messages on the wire are finished and
 * recorded.
 */
export function createWorker({ wakeUps, timings, logger, isAway }: WorkerDeps) {
  const now = (): number => performance.now();
  const troubles = createTroubleLog({ logger, isAway, now });
  const rota = createRota({ wakeUps, timings, troubles });
  /** Numbers that were taken out, until what they have begun is finished. */
  const leaving = new Set<Promise<void>>();
  let isStopping = false;
  return {
    start: rota.start,

    /** Sends this number's messages from now on, unless it stops. */
    add(deps: NumberDeps): void {
      if (isStopping) return;
      rota.add(deps.store.number, createNumberWorker(deps));
    },

    /** Ends the work for a number, as `stop` does for all. */
    async remove(number: string): Promise<void> {
      const stopped = rota.remove(number)?.stop();
      if (stopped === undefined) return;
      leaving.add(stopped);
      await stopped.finally(() => leaving.delete(stopped));
    },

    /** The numbers that have work, or may have. */
    awake: (): string[] => rota.awake(),

    /** Redis has been reached again, after it was away. */
    reconnected: rota.lookAtAll,

    /** All of a number is on another node of a cluster. */
    moved: rota.moved,

    /**
     * Ends within the drain time and the time for the last records, whatever the state of Redis.
     */
    async stop(): Promise<void> {
      isStopping = true;
      const stopped = rota.stop();
      await Promise.all([...rota.all().map((number) => number.stop()), ...leaving]);
      await endInTime(ROTA_MS, [stopped]);
    },
  };
}

export type Worker = ReturnType<typeof createWorker>;
