import type { Redis } from "ioredis";
import type { Durability } from "../core/durability.ts";
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

/** As configured (core/durability.ts); `unproven`: it is not so, and the operator allowed that. */
export const DURABILITIES = ["fsync", "replicas", "log", "unproven"] as const;

/** Of all nodes: `unproven` if one is, and the memory of the fullest. */
interface RedisState {
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
  /** The clients of all nodes of Redis. */
  readonly nodes: () => readonly Redis[];
  readonly durability: Durability;
}): Deployment {
  const { redis, clientOf, mode, stores, nodes, durability } = input;
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
      const asked = await Promise.allSettled(nodes().map((node) => readNode(node, durability)));
      const states = asked.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
      const [fullest] = states.sort((one, other) => shareOf(other) - shareOf(one));
      if (fullest === undefined) throw new Error("No node of Redis answers.");
      const unproven = states.find((state) => state.durability === "unproven");
      return { ...fullest, durability: unproven?.durability ?? durability.kind };
    },
  };
}

async function readNode(node: Redis, durability: Durability): Promise<RedisState> {
  const [safety, memory] = await Promise.all([
    checkRedisSafety(node, { allowUnsafe: true, durability }),
    redisInfo(node, "memory"),
  ]);
  const isProven = safety.ok && safety.value.warnings.length === 0;
  return {
    durability: isProven ? durability.kind : "unproven",
    memoryUsedBytes: Number(memory.get("used_memory") ?? 0),
    memoryLimitBytes:
      Number(memory.get("maxmemory") ?? 0) || Number(memory.get("total_system_memory") ?? 0),
  };
}

function shareOf({ memoryUsedBytes, memoryLimitBytes }: RedisState): number {
  return memoryLimitBytes === 0 ? 0 : memoryUsedBytes / memoryLimitBytes;
}
