import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import type { Redis } from "ioredis";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { readBackup } from "../../src/backup/backup-file.ts";
import { type BackupKey, readBackupKey } from "../../src/backup/backup-key.ts";
import { makeBackup } from "../../src/backup/make-backup.ts";
import { restoreBackup } from "../../src/backup/restore-backup.ts";
import { openSnapshot } from "../../src/backup/snapshot.ts";
import { FSYNC } from "../../src/core/durability.ts";
import { accept, refuse } from "../../src/core/refusal.ts";
import { createLedgerClient } from "../../src/redis/ledger-client.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { restoringKey } from "../../src/store/key-spaces.ts";
import { nonZero, openTestStore, type TestStore } from "../support/campaigns.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";
import { freeze, startReplicated } from "../support/replicas.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dropcast-backup-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
});

/** A server, and the client that Dropcast would use. */
async function startServer(): Promise<{ server: OwnRedis; redis: Redis }> {
  const server = await startOwnRedis();
  const redis = createLedgerClient(server.address);
  redis.on("error", () => {});
  await redis.connect();
  onTestFinished(() => redis.disconnect());
  return { server, redis };
}

/** A number of which rows 1 to 3 were sent, and row 4 was claimed. */
async function startUsed(): Promise<{ redis: Redis; bench: TestStore; campaign: string }> {
  const { redis } = await startServer();
  const bench = await openTestStore({}, redis);
  const campaign = await bench.import(250);
  for (const row of [1, 2, 3])
    await bench.send(campaign, row, "accepted", { wamid: `wamid.${row}` });
  await bench.grant(campaign, 4);
  return { redis, bench, campaign };
}

async function backUp(redis: Redis, key: BackupKey | null = null): Promise<string> {
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
function restore(
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

async function keysOf(redis: Redis): Promise<string[]> {
  return (await redis.keys("*")).sort();
}

describe("a backup", () => {
  test("gives back every campaign, row, outcome and opt-out, with the times to live", async () => {
    const { redis, bench, campaign } = await startUsed();
    await redis.set("another-application", "x");
    const path = await backUp(redis);
    const { redis: target } = await startServer();

    const restored = await restore(path, target);

    expect(restored).toMatchObject({
      ok: true,
      value: { numbers: [bench.number], about: { dropcast: "1.2.3", parts: 1, db: 0 } },
    });
    const copy = await openTestStore({}, target, { number: bench.number });
    expect(await copy.counts(campaign)).toEqual({ pending: 246, sending: 1, accepted: 3 });
    expect(await copy.states(campaign)).toEqual(await bench.states(campaign));
    expect(nonZero((await copy.found(campaign)).counts)).toEqual(await bench.counts(campaign));
    const index = (await redis.keys("*:wamid:*"))[0] ?? "";
    expect(await target.ttl(index)).toBeGreaterThan((await redis.ttl(index)) - 60);
    expect(await target.exists("another-application")).toBe(0);
    expect(await target.exists(restoringKey("live"))).toBe(0);
  });

  test("is of one moment while rows move: the counts of a copy fit its rows", async () => {
    const { redis, bench, campaign } = await startUsed();
    let isDone = false;
    const sending = (async () => {
      for (let row = 5; row <= 250 && !isDone; row += 1) {
        await bench.send(campaign, row, "accepted", { wamid: `wamid.${row}` });
      }
    })();
    const paths = [await backUp(redis), await backUp(redis), await backUp(redis)];
    isDone = true;
    await sending;

    for (const path of paths) {
      const { redis: target } = await startServer();
      expect(await restore(path, target)).toMatchObject({ ok: true });
      const copy = await openTestStore({}, target, { number: bench.number });
      const byRow: Record<string, number> = {};
      for (const state of await copy.states(campaign)) byRow[state] = (byRow[state] ?? 0) + 1;
      expect(byRow).toEqual(await copy.counts(campaign));
    }
  });

  test("does not make Redis look unsafe while it is read, as a replica that may take over does", async () => {
    const { redis } = await startUsed();
    const snapshot = await openSnapshot(redis);

    expect(await redis.info("replication")).toContain("connected_slaves:1");
    expect(
      await checkRedisSafety(redis, { allowUnsafe: false, durability: { kind: "fsync" } }),
    ).toMatchObject({ ok: true });
    let bytes = 0;
    for await (const chunk of snapshot.chunks) bytes += chunk.length;
    expect(bytes).toBe(snapshot.bytes);
  });

  test("is readable for its owner alone, and never replaces a file", async () => {
    const { redis } = await startUsed();
    const path = await backUp(redis);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = readFileSync(path);

    const again = await makeBackup({
      path,
      key: null,
      version: "1",
      nodes: [redis],
      onProgress: () => {},
    });

    expect(again).toMatchObject({ ok: false, refusal: { code: "backup_exists" } });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("leaves no file when Redis refuses, and says what to allow", async () => {
    const { redis } = await startUsed();
    await redis.call("ACL", "SETUSER", "default", "-sync");
    const path = join(dir, "refused");

    const made = await makeBackup({
      path,
      key: null,
      version: "1",
      nodes: [redis],
      onProgress: () => {},
    });

    expect(made).toMatchObject({ ok: false, refusal: { code: "backup_not_allowed" } });
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe("an encrypted backup", () => {
  test("needs its passphrase, and shows nothing without it", async () => {
    const { redis, campaign } = await startUsed();
    const key = { kind: "passphrase", passphrase: "correct horse battery" } as const;
    const path = await backUp(redis, key);
    const { redis: target } = await startServer();

    expect(readFileSync(path).includes(campaign)).toBe(false);
    expect(await restore(path, target)).toMatchObject({ refusal: { code: "backup_key_needed" } });
    expect(await keysOf(target)).toEqual([]);
    expect(await restore(path, target, { key })).toMatchObject({ ok: true });
    // Deriving a key from a passphrase takes a second by design, and several on a busy machine.
  }, 90_000);

  test("for a public key is read by the private one alone", async () => {
    const { redis } = await startUsed();
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const path = await backUp(redis, { kind: "public", recipient });
    const { redis: target } = await startServer();

    const withPublic = await restore(path, target, { key: { kind: "public", recipient } });
    expect(withPublic).toMatchObject({ refusal: { code: "backup_key_needed" } });
    const other = await generateX25519Identity();
    const wrong = await restore(path, target, { key: { kind: "private", identity: other } });
    expect(wrong).toMatchObject({ refusal: { code: "backup_key_wrong" } });
    expect(await keysOf(target)).toEqual([]);
    const restored = await restore(path, target, { key: { kind: "private", identity } });
    expect(restored).toMatchObject({ ok: true });
  });

  test.each([
    ["# made by age-keygen\nage1xyz\n", { kind: "public", recipient: "age1xyz" }],
    ["AGE-SECRET-KEY-1ABC\n", { kind: "private", identity: "AGE-SECRET-KEY-1ABC" }],
    ["sixteen letters!\n", { kind: "passphrase", passphrase: "sixteen letters!" }],
  ])("reads the key file %j", (text, key) => {
    const file = join(dir, "key");
    writeFileSync(file, text);

    expect(readBackupKey(file)).toEqual(accept(key));
  });

  test.each(["", "# only a comment\n", "short\n", "two lines of a key\nin one file of it\n"])(
    "refuses the key file %j",
    (text) => {
      const file = join(dir, "key");
      writeFileSync(file, text);

      expect(readBackupKey(file)).toMatchObject({ refusal: { code: "backup_key_invalid" } });
    },
  );
});

describe("a damaged backup", () => {
  test("is recognised wherever it was cut or changed, before anything is written", async () => {
    const { redis } = await startUsed();
    const whole = readFileSync(await backUp(redis));
    const { redis: target } = await startServer();
    const places = Array.from({ length: 24 }, (_, at) => Math.floor((at / 24) * whole.length));

    for (const at of places) {
      const cut = join(dir, `cut-${at}`);
      writeFileSync(cut, whole.subarray(0, at));
      const changed = join(dir, `changed-${at}`);
      const other = Buffer.from(whole);
      other[at] = (other[at] ?? 0) ^ 0x40;
      writeFileSync(changed, other);
      for (const path of [cut, changed]) {
        const restored = await restore(path, target);
        expect(restored, path).toMatchObject({ ok: false });
        expect(["backup_damaged", "backup_unreadable"]).toContain(
          restored.ok ? "" : restored.refusal.code,
        );
      }
    }
    expect(await keysOf(target)).toEqual([]);
  });

  test.each([
    ["something else\n", "is not a backup of Dropcast"],
    ["dropcast-backup 2\n{}\n", "is a backup of format 2"],
  ])("%j is told from a backup", async (text, words) => {
    const path = join(dir, "other");
    writeFileSync(path, text);

    const read = await readBackup({ path, key: null, dir });

    expect(read).toMatchObject({ refusal: { code: "backup_unreadable" } });
    expect(read.ok ? "" : read.refusal.message).toContain(words);
  });
});

describe("a restore", () => {
  test("goes into an empty Redis only", async () => {
    const { redis } = await startUsed();
    const path = await backUp(redis);
    const before = await keysOf(redis);

    expect(await restore(path, redis)).toMatchObject({ refusal: { code: "restore_not_empty" } });
    expect(await keysOf(redis)).toEqual(before);
  });

  test("that a person does not want writes nothing", async () => {
    const { redis } = await startUsed();
    const path = await backUp(redis);
    const { redis: target } = await startServer();
    const confirm = async () => refuse("not_confirmed", "No.", "");

    expect(await restore(path, target, { confirm })).toMatchObject({ ok: false });
    expect(await keysOf(target)).toEqual([]);
  });

  test("that broke off in the middle keeps the Redis closed, and goes on when it is asked again", async () => {
    const { redis, bench, campaign } = await startUsed();
    const path = await backUp(redis);
    const { redis: target } = await startServer();
    let left = 10;
    const breaking = new Proxy(target, {
      get(client, name) {
        if (name === "restore") left -= 1;
        if (left < 0) throw new Error("Connection is closed.");
        const value: unknown = Reflect.get(client, name);
        return typeof value === "function" ? value.bind(client) : value;
      },
    });

    await expect(restore(path, target, { clientOf: () => breaking })).rejects.toThrow("closed");
    expect(await target.exists(restoringKey("live"))).toBe(1);

    expect(await restore(path, target)).toMatchObject({ ok: true });
    const copy = await openTestStore({}, target, { number: bench.number });
    expect(await copy.counts(campaign)).toEqual(await bench.counts(campaign));
    expect(await target.exists(restoringKey("live"))).toBe(0);
  });
});

describe("a restore that was cut off", () => {
  test("is not continued by another backup", async () => {
    const { redis } = await startUsed();
    const path = await backUp(redis);
    const { redis: target } = await startServer();
    await target.set(restoringKey("live"), "2026-01-01T00:00:00.000Z");

    expect(await restore(path, target)).toMatchObject({ refusal: { code: "restore_unfinished" } });

    expect(await keysOf(target)).toEqual([restoringKey("live")]);
    expect(await target.get(restoringKey("live"))).toBe("2026-01-01T00:00:00.000Z");
  });

  test("or has not begun overwrites nothing that came while the person was asked", async () => {
    const { redis } = await startUsed();
    const path = await backUp(redis);
    const { redis: target } = await startServer();
    const confirm = async () => {
      const { campaigns } = (await openTestStore({}, target)).keys;
      await target.zadd(campaigns, 1, "other-1");
      return accept(undefined);
    };

    const restored = await restore(path, target, { confirm });

    expect(restored).toMatchObject({ refusal: { code: "restore_not_empty" } });
    expect(await target.exists(restoringKey("live"), restoringKey("sandbox"))).toBe(0);
  });

  test("is refused with what to allow where the user of Redis may not write keys as they are", async () => {
    const { redis } = await startUsed();
    const path = await backUp(redis);
    const { redis: target } = await startServer();
    await target.call("ACL", "SETUSER", "default", "-restore");

    const refused = await restore(path, target);
    await target.call("ACL", "SETUSER", "default", "+restore");

    expect(refused).toMatchObject({ refusal: { code: "backup_not_allowed" } });
    expect(await restore(path, target)).toMatchObject({ ok: true });
  });
});

test("a restore keeps Redis closed until its replicas have everything", async () => {
  const { redis } = await startUsed();
  const path = await backUp(redis);
  const target = await startReplicated(1);
  const changes = { durability: { kind: "replicas", replicas: 1 }, replicasMs: 0 } as const;
  const thaw = freeze(target.replicas[0] as OwnRedis);

  const refused = await restore(path, target.redis, changes);
  expect(refused).toMatchObject({ refusal: { code: "redis_replicas_behind" } });
  expect(await target.redis.exists(restoringKey("live"))).toBe(1);

  thaw();
  await expect.poll(() => target.redis.wait(1, 100), { timeout: 10_000 }).toBe(1);
  expect(await restore(path, target.redis, changes)).toMatchObject({ ok: true });
  expect(await target.redis.exists(restoringKey("live"))).toBe(0);
});

describe("after a restore", () => {
  async function restored() {
    const { redis, bench, campaign } = await startUsed();
    const path = await backUp(redis);
    const { redis: target } = await startServer();
    expect(await restore(path, target)).toMatchObject({ ok: true });
    const copy = await openTestStore({}, target, { number: bench.number });
    return { bench, copy, campaign };
  }

  test("nothing is granted, not even to a worker that remembers the last claim", async () => {
    const { bench, copy, campaign } = await restored();
    // The reading of the process that claimed last: the copy has no newer claim.
    copy.store.counter.saw(bench.store.counter.reading());

    expect(await copy.claim(campaign, [5], { run: 1 })).toMatchObject({ gate: "rollback" });
    expect(await copy.store.rollback.read()).toMatchObject({ restored: true, lost: null });
  });

  test("a person who knows that nothing was sent since lets it go on", async () => {
    const { copy, campaign } = await restored();

    expect(await copy.store.rollback.confirmStart()).toBe("confirmed");

    expect(await copy.claim(campaign, [5])).toMatchObject({ kind: "rows" });
    expect(await copy.store.rollback.read()).toBeUndefined();
  });

  test("a person who accepts gets every row that may have been sent since as unknown", async () => {
    const { copy, campaign } = await restored();

    expect(await copy.store.rollback.accept(10)).toMatchObject({
      unknown: [{ campaign, rows: 246 }],
    });

    expect(await copy.counts(campaign)).toEqual({ sending: 1, unknown: 246, accepted: 3 });
  });

  test("a worker that remembers more proves that something is missing: nobody can say otherwise", async () => {
    const { bench, copy, campaign } = await restored();
    await bench.grant(campaign, 5);
    copy.store.counter.saw(bench.store.counter.reading());

    expect(await copy.claim(campaign, [6], { run: 1 })).toMatchObject({ gate: "rollback" });

    expect(await copy.store.rollback.read()).toMatchObject({ restored: false, lost: 1 });
    expect(await copy.store.rollback.confirmStart()).toBe("went_back");
  });
});
