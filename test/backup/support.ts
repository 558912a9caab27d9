/** Servers, and copies of them, for the tests of backups and restores. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { beforeEach, onTestFinished } from "vitest";
import type { BackupKey } from "../../src/backup/backup-key.ts";
import { makeBackup } from "../../src/backup/make-backup.ts";
import { restoreBackup } from "../../src/backup/restore-backup.ts";
import { FSYNC } from "../../src/core/durability.ts";
import { accept } from "../../src/core/refusal.ts";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";

/** The folder of the test that runs. */
export let dir: string;

/** Each file calls it: this module is loaded once for several, and hooks belong to one. */
export function giveEachTestAFolder(): void {
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "dropcast-backup-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  });
}

/** A server, and the client that Dropcast would use. */
export async function startServer(): Promise<{ server: OwnRedis; redis: Redis }> {
  const server = await startOwnRedis();
  const redis = createLedgerClient(server.address);
  redis.on("error", () => {});
  await redis.connect();
  onTestFinished(() => redis.disconnect());
  return { server, redis };
}

/** A number of which rows 1 to 3 were sent, and row 4 was claimed. */
export async function startUsed(): Promise<{ redis: Redis; bench: TestStore; campaign: string }> {
  const { redis } = await startServer();
  const bench = await openTestStore({}, redis);
  const campaign = await bench.import(250);
  for (const row of [1, 2, 3])
    await bench.send(campaign, row, "accepted", { wamid: `wamid.${row}` });
  await bench.grant(campaign, 4);
  return { redis, bench, campaign };
}

export async function backUp(redis: Redis, key: BackupKey | null = null): Promise<string> {
  const path = join(dir, `copy-${readdirSync(dir).length}`);
  const made = await makeBackup({
    path,
    key,
    version: "1.2.3",
    nodes: [redis],
    onProgress: () => {},
  });
  if (!made.ok) throw new Error(made.refusal.message);
  return path;
}

/** Restores into `redis`; `clientOf` may be one that fails. */
export function restore(
  path: string,
  redis: Redis,
  changes: Partial<Parameters<typeof restoreBackup>[0]> = {},
) {
  return restoreBackup({
    ...{ path, key: null, dataDir: dir, nodes: [redis], clientOf: () => redis },
    durability: FSYNC,
    ...{ say: () => {}, onProgress: () => {}, confirm: async () => accept(undefined) },
    ...changes,
  });
}

export async function keysOf(redis: Redis): Promise<string[]> {
  return (await redis.keys("*")).sort();
}
