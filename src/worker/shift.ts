import { endInTime } from "../queue/in-time.ts";
import { createLoop } from "./loop.ts";
import { openQueueWorkers, type QueueContext, type QueueWorkers } from "./queue-workers.ts";

/** The time in which a number is awake. */
export interface Shift {
  /** Dispatches and takes steps of bulk actions at once. */
  wake(): void;
  /** No loop begins anything more. */
  stopLoops(): void;
  /**
   * Ends what the shift opened, in about `limitMs`. `force`: Redis is down, so BullMQ is not waited
   * for.
   */
  close(how: "wait" | "force", limitMs: number): Promise<void>;
}

export interface ShiftContext extends Omit<QueueContext, "dispatchNow"> {
  /** Any number of workers may do these three at once. */
  readonly dispatch: () => Promise<void>;
  readonly sweep: (isStopped: () => boolean) => Promise<void>;
  readonly step: (isStopped: () => boolean) => Promise<void>;
  readonly startNotifier: () => { stop(): Promise<void> } | undefined;
  readonly onOpen: (queues: QueueWorkers) => void;
}

/** Opens and runs all that works for a number while it is awake. */
export function openShift(context: ShiftContext): Shift {
  const { timings, troubles } = context;
  const queues = openQueueWorkers({ ...context, dispatchNow: () => dispatching.wake() });
  context.onOpen(queues);
  const dispatching = createLoop({
    ...{ name: "dispatch", everyMs: timings.dispatchEveryMs, troubles },
    async act() {
      await context.dispatch();
      // Also jobs that other processes have added.
      queues.fetchBatches();
    },
  });
  const sweeping = createLoop({
    ...{ name: "sweep", everyMs: timings.sweepEveryMs, troubles },
    async act(isStopped) {
      await context.sweep(isStopped);
      queues.fetchFailures();
    },
  });
  const stepping = createLoop({
    ...{ name: "bulk actions", everyMs: timings.dispatchEveryMs, troubles },
    act: context.step,
  });
  const loops = [dispatching, sweeping, stepping];
  for (const loop of loops) loop.start();
  const running = queues.workers.map((worker) => worker.run());
  const notifier = context.startNotifier();

  return {
    wake() {
      dispatching.wake();
      stepping.wake();
    },
    stopLoops() {
      for (const loop of loops) void loop.stop();
    },
    async close(how, limitMs) {
      const ending = [
        ...loops.map((loop) => loop.stop()),
        ...queues.workers.map((worker) => worker.close(how === "force")),
        ...(notifier === undefined ? [] : [notifier.stop()]),
      ];
      await endInTime(limitMs, ending);
      if (how === "wait") await endInTime(limitMs, running);
    },
  };
}
