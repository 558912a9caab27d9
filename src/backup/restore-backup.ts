/**
 * Restores a backup into an empty Redis. It may be killed at any moment, and run again:
 *
 * 1. The whole backup is read and checked before anything is written.
 * 2. The key `restoring` is set. While it is there no process of Dropcast opens this Redis. Only
 *    then it is certain that nothing fills it meanwhile, so it is looked at again. Only the backup
 *    that set the key goes on where it is found.
 * 3. The keys are copied, each as Redis itself dumps it.
 * 4. Each number is stopped with the question of the rollback guard: the copy does not know what
 *    was sent, or who opted out, since it was made.
 * 5. `restoring` is deleted, when the replicas that are waited for (durability) have all of it.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Durability } from "../core/durability.ts";
import { MODES } from "../core/mode.ts";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { findRedisBinary } from "../redis/find-binary.ts";
import {
  ALL_KEYS,
  ALL_NUMBERS,
  askAfterRestore,
  createDurable,
  keySpace,
  restoringKey,
} from "../store/index.ts";
import { type AboutBackup, readBackup } from "./backup-file.ts";
import type { BackupKey } from "./backup-key.ts";
import { type Copied, copyKeys } from "./copy-keys.ts";
import { startScratchRedis } from "./scratch-redis.ts";

export interface Restored {
  readonly about: AboutBackup;
  readonly keys: number;
  /** Key spaces of numbers, each of which waits for a person now. */
  readonly numbers: readonly string[];
}

interface RestoreInput {
  readonly path: string;
  readonly key: BackupKey | null;
  /** Has room for the copy while it is read. */
  readonly dataDir: string;
  /** Everything that keys may be on: none holds any yet. */
  readonly nodes: readonly Redis[];
  readonly clientOf: (space: string) => Redis;
  readonly durability: Durability;
  /** How long replicas have to take what was restored, ms. */
  readonly replicasMs?: number;
  readonly say: (line: string) => void;
  readonly onProgress: (keys: number) => void;
  /** The person's yes, asked when the backup is known to be whole. */
  readonly confirm: (about: AboutBackup) => Promise<Result<void>>;
}

const MARKS: ReadonlySet<string> = new Set(MODES.map(restoringKey));

/** Refuses if the backup is damaged or the Redis is not empty; then nothing was written. */
export async function restoreBackup(input: RestoreInput): Promise<Result<Restored>> {
  const { path, key, dataDir, say } = input;
  if ((await readRestoring(input.clientOf)) === null) {
    const empty = await checkEmpty(input);
    if (!empty.ok) return empty;
  }
  const binary = await findRedisBinary({ dataDir, env: process.env, say });
  if (!binary.ok) return binary;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const dir = mkdtempSync(join(dataDir, "restore-"));
  try {
    const read = await readBackup({ path, key, dir });
    if (!read.ok) return read;
    const { about, files } = read.value;
    const agreed = await input.confirm(about);
    if (!agreed.ok) return agreed;
    const begun = await begin(input, about);
    if (!begun.ok) return begun;
    const proofs = input.nodes.map((node) => createDurable(node, input.durability).watch());
    const copied: Copied = { keys: 0, spaces: new Set() };
    for (const file of files) {
      const scratch = await startScratchRedis({ binary: binary.value, dir, file, db: about.db });
      if (!scratch.ok) return scratch;
      try {
        const some = await copyKeys({ ...input, from: scratch.value.client });
        if (!some.ok) return some;
        copied.keys += some.value.keys;
        for (const space of some.value.spaces) copied.spaces.add(space);
      } finally {
        await scratch.value.stop();
      }
    }
    const numbers = await askAfterRestore(input.clientOf, [...copied.spaces]);
    const kept = await waitForReplicas(proofs, input.replicasMs ?? REPLICAS_MS);
    if (!kept.ok) return kept;
    await setRestoring(input.clientOf, null);
    return accept({ about, keys: copied.keys, numbers });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** After gigabytes a replica may have to copy everything again. */
const REPLICAS_MS = 15 * 60_000;
const ASK_AGAIN_MS = 100;

/** Rejects if a connection has ended: what was written before may be lost with a failover. */
async function waitForReplicas(
  proofs: readonly (() => Promise<boolean>)[],
  withinMs: number,
): Promise<Result<void>> {
  const deadline = performance.now() + withinMs;
  for (const isProved of proofs) {
    while (!(await isProved())) {
      if (performance.now() > deadline) {
        return refuse(
          "redis_replicas_behind",
          "The replicas of Redis have not taken what was restored: a failover could lose it, so this Redis stays closed.",
          "Look at the replicas of Redis, and run the same command again: it continues.",
        );
      }
      await sleep(ASK_AGAIN_MS);
    }
  }
  return accept(undefined);
}

/** The marks of both modes: with a time they are set, with null removed. */
async function setRestoring(
  clientOf: RestoreInput["clientOf"],
  madeAt: string | null,
): Promise<void> {
  for (const mode of MODES) {
    const key = restoringKey(mode);
    const redis = clientOf(keySpace(ALL_NUMBERS, mode));
    await (madeAt === null ? redis.del(key) : redis.set(key, madeAt));
  }
}

/** Sets the marks, unless another backup's are there or this Redis was filled meanwhile. */
async function begin(input: RestoreInput, { madeAt }: AboutBackup): Promise<Result<void>> {
  const marked = await readRestoring(input.clientOf);
  if (marked !== null && marked !== madeAt) {
    return refuse(
      "restore_unfinished",
      `A restore of another backup, made ${marked}, did not end in this Redis.`,
      "Restore that one again, and it continues; or empty this Redis first.",
    );
  }
  await setRestoring(input.clientOf, madeAt);
  if (marked !== null) return accept(undefined);
  const empty = await checkEmpty(input);
  if (!empty.ok) await setRestoring(input.clientOf, null);
  return empty;
}

async function readRestoring(clientOf: RestoreInput["clientOf"]): Promise<string | null> {
  for (const mode of MODES) {
    const marked = await clientOf(keySpace(ALL_NUMBERS, mode)).get(restoringKey(mode));
    if (marked !== null) return marked;
  }
  return null;
}

/** Refuses a Redis that holds anything of Dropcast besides the marks. */
async function checkEmpty({ nodes, path }: RestoreInput): Promise<Result<void>> {
  for (const node of nodes) {
    if (!(await holdsKeys(node))) continue;
    return refuse(
      "restore_not_empty",
      `${path} was not restored: this Redis holds data of Dropcast.`,
      "Stop all processes of Dropcast, and name another Redis or move the data folder aside.",
    );
  }
  return accept(undefined);
}

async function holdsKeys(redis: Redis): Promise<boolean> {
  for (let cursor = "0"; ; ) {
    const [next, found] = await redis.scan(cursor, "MATCH", ALL_KEYS, "COUNT", 1_000);
    if (found.some((key) => !MARKS.has(key))) return true;
    if (next === "0") return false;
    cursor = next;
  }
}
