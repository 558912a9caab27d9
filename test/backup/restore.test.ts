import { describe, expect, test } from "vitest";
import { accept, refuse } from "../../src/core/refusal.ts";
import { restoringKey } from "../../src/store/shared-keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import type { OwnRedis } from "../support/redis.ts";
import { freeze, startReplicated } from "../support/replicas.ts";
import { backUp, giveEachTestAFolder, keysOf, restore, startServer, startUsed } from "./support.ts";

giveEachTestAFolder();

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
  const changes = { durability: { kind: "replicas", replicas: 1 } } as const;
  const thaw = freeze(target.replicas[0] as OwnRedis);

  const refused = await restore(path, target.redis, { ...changes, replicasMs: 0 });
  expect(refused).toMatchObject({ refusal: { code: "redis_replicas_behind" } });
  expect(await target.redis.exists(restoringKey("live"))).toBe(1);

  thaw();
  await expect.poll(() => target.redis.wait(1, 100)).toBe(1);
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
