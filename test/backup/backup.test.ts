import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { describe, expect, test } from "vitest";
import { readBackup } from "../../src/backup/backup-file.ts";
import { readBackupKey } from "../../src/backup/backup-key.ts";
import { makeBackup } from "../../src/backup/make-backup.ts";
import { openSnapshot } from "../../src/backup/snapshot.ts";
import { accept } from "../../src/core/refusal.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { restoringKey } from "../../src/store/shared-keys.ts";
import { nonZero, openTestStore } from "../support/campaigns.ts";
import {
  backUp,
  dir,
  giveEachTestAFolder,
  keysOf,
  restore,
  startServer,
  startUsed,
} from "./support.ts";

giveEachTestAFolder();

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

  test("names what a killed backup left, and can be made when that is deleted", async () => {
    const { redis } = await startServer();
    const path = join(dir, "copy");
    writeFileSync(`${path}.partial`, "half");
    const input = { path, key: null, version: "1", nodes: [redis], onProgress: () => {} };

    const refused = await makeBackup(input);

    expect(refused).toMatchObject({
      refusal: {
        code: "backup_exists",
        message: expect.stringContaining(`${path}.partial exists`),
        fix: expect.stringMatching(/If no other backup is running, .*copy\.partial may be deleted/),
      },
    });
    expect(readFileSync(`${path}.partial`, "utf8")).toBe("half");
    rmSync(`${path}.partial`);
    expect(await makeBackup(input)).toMatchObject({ ok: true });
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
  });

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
