import { type BackendFactory, createRedisBackend } from "bullmq";

/** Jobs may have come: the worker fetches. */
interface JobsSignal {
  raise(): void;
  wait(timeoutMs: number): Promise<void>;
}

/** What `createRedisBackend` returns; BullMQ does not export its class. */
type RedisBackend = ReturnType<typeof createRedisBackend>;

/**
 * A backend of a BullMQ worker that shares its caller's client. BullMQ's own one blocks a
 * connection for each queue until a job comes (`BZPOPMIN`), which hundreds of numbers cannot
 * afford; here the worker waits for `jobs`, which the process raises whenever it adds jobs or looks
 * for those of other processes.
 */
export function sharedBackend(jobs: JobsSignal): BackendFactory<RedisBackend> {
  return (name, options) => {
    const backend = createRedisBackend(name, options);
    let isClosing = false;
    return Object.assign(backend, {
      async waitForJob(seconds: number): Promise<null> {
        if (!isClosing) await jobs.wait(seconds * 1_000);
        return null;
      },
      // BullMQ interrupts a worker's wait with these two when it closes the worker.
      async disconnectBlocking(): Promise<void> {
        isClosing = true;
        jobs.raise();
      },
      async reconnectBlocking(): Promise<void> {},
    });
  };
}
