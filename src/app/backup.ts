import type { Redis } from "ioredis";
import type { AboutBackup } from "../backup/backup-file.ts";
import type { BackupKey } from "../backup/backup-key.ts";
import type { MadeBackup } from "../backup/make-backup.ts";
import type { Restored } from "../backup/restore-backup.ts";
import type { Config } from "../config/config.ts";
import type { Actor } from "../core/act.ts";
import { MODES } from "../core/mode.ts";
import type { Result } from "../core/refusal.ts";
import { createTroubleLog } from "../core/trouble-log.ts";
import { ALL } from "../health/topology.ts";
import type { Logger } from "../logger.ts";
import type { Connections } from "../redis/connections.ts";
import { acquireRedis } from "../redis/embedded.ts";
import { checkRedisSafety } from "../redis/safety.ts";
import { ALL_NUMBERS, createActLog, keySpace, restoringKey } from "../store/index.ts";
import type { Platform } from "./platform.ts";
import { reachRedis } from "./reach-redis.ts";

/** Copies everything in this Redis, of every number and mode, to a new file. */
export async function backUp(
  platform: Platform,
  input: {
    path: string;
    key: BackupKey | null;
    version: string;
    onProgress: (bytes: number) => void;
  },
): Promise<Result<MadeBackup>> {
  const { makeBackup } = await import("../backup/make-backup.ts");
  return makeBackup({ ...input, nodes: nodesOf(platform.connections) });
}

/**
 * Restores a backup into the configured Redis. Not on a platform: opening one writes to an empty
 * Redis, and refuses one whose restore did not end.
 */
export async function restore(input: {
  config: Config;
  logger: Logger;
  say: (line: string) => void;
  path: string;
  key: BackupKey | null;
  onProgress: (keys: number) => void;
  confirm: (about: AboutBackup) => Promise<Result<void>>;
  by: Actor;
}): Promise<Result<Restored>> {
  const { config, logger, say } = input;
  const { dataDir, redisUrl, durability, allowUnsafeRedis: allowUnsafe } = config;
  const acquired = await acquireRedis({ redisUrl, dataDir, say });
  if (!acquired.ok) return acquired;
  const { address, release } = acquired.value;
  const now = () => performance.now();
  const troubles = createTroubleLog({ logger, isAway: () => false, now });
  const wanted = MODES.map((mode) => ({ key: restoringKey(mode), name: ALL }));
  const connected = await reachRedis({ address, wanted, troubles, say, patience: "refuse" });
  if (!connected.ok) {
    await release();
    return connected;
  }
  const connections = connected.value;
  const nodes = nodesOf(connections);
  try {
    for (const node of nodes) {
      const safe = await checkRedisSafety(node, { allowUnsafe, durability });
      if (!safe.ok) return safe;
    }
    const { restoreBackup } = await import("../backup/restore-backup.ts");
    const restored = await restoreBackup({
      ...{ ...input, dataDir, nodes, durability },
      clientOf: connections.ledger,
    });
    if (restored.ok) await note(input, connections.ledger, restored.value);
    return restored;
  } finally {
    connections.close();
    await release();
  }
}

/** All of a cluster that have hash slots, or the only one. */
function nodesOf(connections: Connections): Redis[] {
  return connections.endpoints().map(({ ledger }) => ledger);
}

/** After it: before, there is no audit to write to. */
async function note(
  { config, by }: { config: Config; by: Actor },
  clientOf: (space: string) => Redis,
  { about, keys }: Restored,
): Promise<void> {
  const redis = clientOf(keySpace(ALL_NUMBERS, config.mode));
  const acts = createActLog({ redis, mode: config.mode });
  await acts.end("", {
    ...{ ...by, what: "restore", campaigns: [], details: { madeAt: about.madeAt, keys } },
    ...{ result: "done", code: null },
  });
}
