import { existsSync } from "node:fs";
import type { Redis } from "ioredis";
import { accept, type Result, refuse } from "../core/refusal.ts";
import { redisInfo, redisMode } from "../redis/server.ts";
import { type BackupPart, writeBackup } from "./backup-file.ts";
import type { BackupKey } from "./backup-key.ts";
import { readSlotLayout, slotsMoved } from "./slot-layout.ts";
import { openSnapshot, SnapshotRefused } from "./snapshot.ts";

export interface MadeBackup {
  readonly path: string;
  readonly bytes: number;
  readonly encrypted: boolean;
  /** The moment that the copy is of, or a little before it. */
  readonly madeAt: string;
}

/**
 * Copies everything that `nodes` hold to a new file: each node as it is at one moment, one node
 * after another. So all of a number is of one moment, and numbers of different nodes are not.
 * Refuses if a hash slot of a cluster changes its node meanwhile; then there is no file.
 */
export async function makeBackup(input: {
  path: string;
  key: BackupKey | null;
  version: string;
  nodes: readonly Redis[];
  onProgress: (bytes: number) => void;
}): Promise<Result<MadeBackup>> {
  const { path, key, nodes } = input;
  const [first] = nodes;
  if (first === undefined) throw new Error("There is no Redis to copy.");
  if (existsSync(path)) return refuseExisting(path);
  const madeAt = new Date().toISOString();
  const server = await redisInfo(first, "server");
  const isCluster = redisMode(server) === "cluster";
  const readLayout = (): Promise<Result<string>> =>
    isCluster ? readSlotLayout(nodes) : Promise.resolve(accept(""));
  const before = await readLayout();
  if (!before.ok) return before;
  /** At the end of the copy, while there is no file yet. */
  const checkLayout = async (): Promise<void> => {
    const after = await readLayout();
    if (!after.ok || after.value !== before.value) throw new SlotsMoved();
  };
  try {
    const { bytes } = await writeBackup({
      path,
      key,
      about: {
        madeAt,
        dropcast: input.version,
        redis: server.get("redis_version") ?? "",
        db: first.options.db ?? 0,
        parts: nodes.length,
      },
      parts: snapshots(nodes, { onProgress: input.onProgress, checkLayout }),
    });
    return accept({ path, bytes, encrypted: key !== null, madeAt });
  } catch (error) {
    if (error instanceof SlotsMoved) return slotsMoved("A hash slot changed its node meanwhile");
    if (error instanceof SnapshotRefused) {
      return refuse(
        "backup_not_allowed",
        `Redis does not send a copy of its data: ${error.message}.`,
        "Allow it for this user (ACL SETUSER … +sync), or use the snapshots of your provider.",
      );
    }
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      const { path: taken } = error as NodeJS.ErrnoException;
      return taken === undefined || taken === path
        ? refuseExisting(path)
        : refuseUnfinished(path, taken);
    }
    throw error;
  }
}

class SlotsMoved extends Error {}

async function* snapshots(
  nodes: readonly Redis[],
  o: { onProgress: (bytes: number) => void; checkLayout: () => Promise<void> },
): AsyncGenerator<BackupPart> {
  let done = 0;
  async function* counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      done += chunk.length;
      o.onProgress(done);
      yield chunk;
    }
  }
  for (const node of nodes) {
    const { bytes, chunks } = await openSnapshot(node);
    yield { bytes, chunks: counted(chunks) };
  }
  await o.checkLayout();
}

function refuseExisting(path: string): Result<never> {
  return refuse(
    "backup_exists",
    `${path} exists already.`,
    "Give another name: a backup never replaces a file.",
  );
}

/** A backup that was killed could not delete what it had written. */
function refuseUnfinished(path: string, unfinished: string): Result<never> {
  return refuse(
    "backup_exists",
    `${path} is being written, or was not finished: ${unfinished} exists.`,
    `Give another name. If no other backup is running, ${unfinished} may be deleted.`,
  );
}
