import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type JobsOptions, Queue, Worker, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { testNumber } from "../support/redis.ts";

const SENDER = fileURLToPath(new URL("plain-sender.mjs", import.meta.url));
/** Quick enough for a test; the defaults are 30 s each. */
const QUICK = { lockDuration: 500, stalledInterval: 100 };

/** A queue, and on demand a worker in this process or one of its own; both behind the proxy. */
export async function openPlain(o: {
  proxyPort: number;
  apiUrl: string;
  send: (job: { data: unknown }) => Promise<void>;
}) {
  const name = `plain-${testNumber()}`;
  const redis = new Redis({ path: inject("redisSocket"), maxRetriesPerRequest: null });
  const queue = new Queue(name, { connection: redis });
  const workers: Worker[] = [];
  const children: ChildProcess[] = [];
  return {
    name,
    redis,
    queue,
    add: (message: string, opts: JobsOptions = {}) =>
      queue.add("message", { message }, { jobId: message, ...opts }),
    startWorker(options: Partial<WorkerOptions> = {}): Worker {
      const connection = { port: o.proxyPort, maxRetriesPerRequest: null };
      const worker = new Worker(name, o.send, { ...QUICK, ...options, connection });
      worker.on("error", () => {
        // The faults of this file; what matters is what comes of the jobs.
      });
      workers.push(worker);
      return worker;
    },
    startProcess(): ChildProcess {
      const child = spawn(process.execPath, [SENDER, String(o.proxyPort), name, o.apiUrl]);
      children.push(child);
      return child;
    },
    async close() {
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(workers.map((worker) => worker.close(true)));
      await queue.close();
      redis.disconnect();
    },
  };
}

export type Plain = Awaited<ReturnType<typeof openPlain>>;
