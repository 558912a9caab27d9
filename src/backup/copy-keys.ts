import type { Redis } from "ioredis";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { ALL_KEYS, deploymentKeys, restoringKey, spaceOfKey } from "../store/index.ts";

/** What was copied. */
export interface Copied {
  keys: number;
  /** Every key space that a key belongs to. */
  readonly spaces: Set<string>;
}

const SCAN_COUNT = 500;
/** What tells of processes and people who are signed in now, not of what was sent. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  (["live", "sandbox"] as const).flatMap((mode) => {
    const keys = deploymentKeys(mode);
    return [keys.processes, keys.processesSeen, keys.sessions, restoringKey(mode)];
  }),
);

/**
 * Copies every key of Dropcast to the client of its space, with its remaining time to live. May be
 * repeated: a key that is there is replaced. Other keys of a shared Redis stay out.
 */
export async function copyKeys(input: {
  from: Redis;
  clientOf: (space: string) => Redis;
  onProgress: (keys: number) => void;
}): Promise<Result<Copied>> {
  const { from, clientOf, onProgress } = input;
  const copied: Copied = { keys: 0, spaces: new Set() };
  for (let cursor = "0"; ; ) {
    const [next, found] = await from.scan(cursor, "MATCH", ALL_KEYS, "COUNT", SCAN_COUNT);
    const result = await copySome(
      from,
      clientOf,
      found.filter((key) => !LEFT_OUT.has(key)),
    );
    if (!result.ok) return result;
    copied.keys += result.value.keys;
    for (const space of result.value.spaces) copied.spaces.add(space);
    onProgress(copied.keys);
    if (next === "0") return accept(copied);
    cursor = next;
  }
}

async function copySome(
  from: Redis,
  clientOf: (space: string) => Redis,
  keys: readonly string[],
): Promise<Result<Copied>> {
  const copied: Copied = { keys: 0, spaces: new Set() };
  const reading = from.pipeline();
  for (const key of keys) reading.dumpBuffer(key).pttl(key);
  const answers = (await reading.exec()) ?? [];
  const writing: Promise<unknown>[] = [];
  for (const [at, key] of keys.entries()) {
    const space = spaceOfKey(key);
    const dump = answers[2 * at]?.[1] as Buffer | null;
    const ttlMs = Number(answers[2 * at + 1]?.[1]);
    // -2: it expired in between; -1: it never does, which RESTORE writes as 0.
    if (space === undefined || dump === null || ttlMs === -2 || ttlMs === 0) continue;
    writing.push(clientOf(space).restore(key, Math.max(0, ttlMs), dump, "REPLACE"));
    copied.keys += 1;
    copied.spaces.add(space);
  }
  const results = await Promise.allSettled(writing);
  const failed = results.find((result) => result.status === "rejected");
  if (failed === undefined) return accept(copied);
  if (/DUMP payload version/i.test(String(failed.reason))) {
    return refuse(
      "restore_needs_newer_redis",
      "The Redis that should take the backup is older than the one that it comes from.",
      "Restore it into a Redis of that version or newer.",
    );
  }
  if (/NOPERM/.test(String(failed.reason))) {
    return refuse(
      "backup_not_allowed",
      "This user of Redis may not write keys as they are (RESTORE).",
      "Allow it (ACL SETUSER … +restore), and run the same command again: it continues.",
    );
  }
  throw failed.reason;
}
