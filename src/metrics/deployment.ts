import type { Redis } from "ioredis";
import type { Mode } from "../core/mode.ts";
import { type JobCount, readJobCounts } from "../queue/job-counts.ts";
import { checkRedisSafety } from "../redis/safety.ts";
import { redisInfo } from "../redis/server.ts";
import {
  createProcesses,
  createUnserved,
  type NumberStore,
  type SeenProcess,
  type UnservedNumber,
} from "../store/index.ts";

/** `fsync`: the settings prove it. `unproven`: they do not, and the operator allowed that. */
export const DURABILITIES = ["fsync", "unproven"] as const;

export interface RedisState {
  readonly durability: (typeof DURABILITIES)[number];
  readonly memoryUsedBytes: number;
  /** `maxmemory`, or the machine's memory; 0: not known. */
  readonly memoryLimitBytes: number;
}

/** What is measured besides the numbers. Each rejects if Redis does not answer. */
export interface Deployment {
  processes(): Promise<readonly SeenProcess[]>;
  /** Numbers that have campaigns to send and no worker. */
  unserved(): Promise<readonly UnservedNumber[]>;
  jobs(): Promise<readonly JobCount[]>;
  redis(): Promise<RedisState>;
}

export function readDeployment(input: {
  readonly redis: Redis;
  /** The client for the key space of a number. */
  readonly clientOf: (space: string) => Redis;
  readonly mode: Mode;
  readonly stores: Readonly<Record<string, NumberStore>>;
}): Deployment {
  const { redis, clientOf, mode, stores } = input;
  const processes = createProcesses(redis, mode);
  return {
    processes: async () => (await processes.seen()).processes,

    unserved: createUnserved({ redis, clientOf, mode }),

    async jobs() {
      const spaces = Object.values(stores).map(({ space }) =>
        readJobCounts(clientOf(space), space),
      );
      return (await Promise.all(spaces)).flat();
    },

    async redis() {
      const [safety, memory] = await Promise.all([
        checkRedisSafety(redis, { allowUnsafe: true }),
        redisInfo(redis, "memory"),
      ]);
      const isProven = safety.ok && safety.value.warnings.length === 0;
      return {
        durability: isProven ? "fsync" : "unproven",
        memoryUsedBytes: Number(memory.get("used_memory") ?? 0),
        memoryLimitBytes:
          Number(memory.get("maxmemory") ?? 0) || Number(memory.get("total_system_memory") ?? 0),
      };
    },
  };
}
