import type { Redis } from "ioredis";
import type { Mode } from "../../core/mode.ts";
import { deploymentKeys, keySpace, numberKeys } from "../keys.ts";
import { createProcesses } from "./processes.ts";

/**
 * A number with a campaign that runs or is scheduled, and no live worker that has the number, not
 * even as a name that waits (ProcessInfo.waiting).
 */
export interface UnservedNumber {
  readonly number: string;
  /** Else its campaigns are scheduled. */
  readonly isRunning: boolean;
}

/**
 * The unserved numbers of the whole deployment in one mode, configured in this process or not. Its
 * cost depends on the numbers that no worker has. Of a cluster, those whose node does not answer
 * are left out: that is told by itself (health/topology.ts).
 */
export function createUnserved(input: {
  redis: Redis;
  clientOf: (space: string) => Redis;
  mode: Mode;
}) {
  const { redis, clientOf, mode } = input;
  const withoutWorker = createWithoutWorker({ redis, mode });
  return async function unserved(): Promise<UnservedNumber[]> {
    const found = await answersOf(
      (await withoutWorker({ orWaits: true })).map(async (number) => {
        const space = keySpace(number, mode);
        const { running, scheduled } = numberKeys(space);
        const client = clientOf(space);
        const [runs, waits] = await Promise.all([client.exists(running), client.exists(scheduled)]);
        return { number, isRunning: runs > 0, isWaiting: runs + waits > 0 };
      }),
    );
    return found.flatMap(({ number, isRunning, isWaiting }) =>
      isWaiting ? [{ number, isRunning }] : [],
    );
  };
}

/**
 * Numbers that no live worker has, and that opt-outs were reported to: they hold for the others
 * only when they are in the list of all.
 */
export function createUnheardOptOuts(input: {
  redis: Redis;
  clientOf: (space: string) => Redis;
  mode: Mode;
}) {
  const { redis, clientOf, mode } = input;
  const withoutWorker = createWithoutWorker({ redis, mode });
  return async function unheard(): Promise<string[]> {
    const found = await answersOf(
      (await withoutWorker()).map(async (number) => {
        const space = keySpace(number, mode);
        const has = await clientOf(space).exists(numberKeys(space).optOutOutbox);
        return has === 1 ? [number] : [];
      }),
    );
    return found.flat();
  };
}

/** Those of the nodes that answer. */
async function answersOf<T>(asked: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(asked);
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

function createWithoutWorker({ redis, mode }: { redis: Redis; mode: Mode }) {
  const processes = createProcesses(redis, mode);
  return async ({ orWaits = false } = {}): Promise<string[]> => {
    const [{ processes: seen }, numbers] = await Promise.all([
      processes.seen(),
      redis.smembers(deploymentKeys(mode).numbers),
    ]);
    const workers = seen.filter(({ isLive, role }) => isLive && role === "worker");
    const served = new Set(workers.flatMap((one) => one.numbers));
    if (orWaits)
      for (const { waiting = {} } of workers) {
        for (const name of Object.keys(waiting)) served.add(name);
      }
    return numbers.filter((number) => !served.has(number));
  };
}
