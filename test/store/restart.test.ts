import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  createNumberStore,
  DEFAULT_LIMITS,
  type NumberStore,
} from "../../src/store/number-store.ts";
import {
  importTestCampaign,
  openTestStore,
  type TestStore,
  testDefinition,
} from "../support/campaigns.ts";
import { snapshot } from "../support/snapshot.ts";

/**
 * A start of Redis is another run id. Tests leave the server alone and change the run that is noted as
 * spoken for, which looks the same; the settling time is moved by the clock that was noted.
 */
/** Long, so that a test which a busy disk holds up for ten seconds has not settled by itself. */
const SETTLE_MS = 10 * 60_000;

let bench: TestStore;
let dir: string;
beforeEach(async () => {
  bench = await openTestStore();
  dir = mkdtempSync(join(tmpdir(), "dropcast-counters-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
});

async function startRedisAnew(): Promise<void> {
  await bench.redis.hset(bench.keys.guard, "run", "0".repeat(40));
}

async function letItSettle(): Promise<void> {
  await bench.redis.hincrby(bench.keys.guard, "newRunAt", -SETTLE_MS);
}

/** A process whose folder is kept (`folder`), or new. */
async function openProcess(folder?: string, settleMs = SETTLE_MS): Promise<NumberStore> {
  const { redis, number } = bench;
  const limits = { ...DEFAULT_LIMITS, settleMs };
  const memory = {
    dir: folder ?? join(dir, String(Math.random())),
    copies: "doubted" as const,
    onProblem: () => {},
  };
  const store = await createNumberStore({ redis, number, limits, memory });
  await store.join();
  return store;
}

/** What a claim of one row comes to: its gate, or `rows`. */
async function claim(store: NumberStore, campaign: string, row: number): Promise<string> {
  const opened = await bench.redis.hget(bench.own(campaign).open, "0");
  const nonce = Buffer.alloc(8, row);
  const ask = { campaign, batch: 0, run: Number(opened), nonce, mode: "sandbox" } as const;
  const rows = [{ row, person: nonce }];
  const claimed = await store.ledger.claim({
    ...ask,
    ratePerSecond: 1_000,
    reachMs: 60_000,
    answerMs: 100,
    rows,
  });
  return claimed.kind === "gate" ? claimed.gate : "rows";
}

async function dispatched(store: NumberStore): Promise<number> {
  return (await store.campaigns.dispatch("sandbox", 10)).opened.length;
}

/** A campaign of which row 1 was claimed by a process with the folder `kept`. */
async function sendFirst(): Promise<{ id: string; kept: string }> {
  const kept = join(dir, "kept");
  const worker = await openProcess(kept);
  const id = await bench.import(500);
  await worker.campaigns.dispatch("sandbox", 1);
  expect(await claim(worker, id, 1)).toBe("rows");
  return { id, kept };
}

describe("a Redis that was started anew", () => {
  test("is not waited for where it never knew of anything", async () => {
    const first = await openProcess();
    expect(await dispatched(first)).toBe(0);
    await startRedisAnew();
    await bench.redis.del(bench.keys.guard);
    const id = await importTestCampaign(await openProcess(), { rows: 1 });
    const worker = await openProcess();
    expect(await dispatched(worker)).toBe(1);
    expect(await claim(worker, id, 1)).toBe("rows");
  });

  test("lets a worker that joins later claim at once: somebody has spoken for it", async () => {
    const { id } = await sendFirst();
    expect(await claim(await openProcess(), id, 2)).toBe("rows");
  });

  test("grants nothing until all had time to speak, and says for how long, also to those that remember", async () => {
    const { id, kept } = await sendFirst();
    expect(await bench.store.rollback.isSettling()).toBe(false);
    await startRedisAnew();
    const worker = await openProcess(kept);
    expect(await dispatched(worker)).toBe(0);
    expect(await bench.store.rollback.isSettling()).toBe(true);
    expect(await claim(worker, id, 2)).toBe("settling");
    const opened = Number(await bench.redis.hget(bench.own(id).open, "0"));
    const again = await worker.ledger.claim({
      ...{ campaign: id, batch: 0, run: opened, nonce: Buffer.alloc(8), mode: "sandbox" },
      ...{
        ratePerSecond: 10,
        reachMs: 10,
        answerMs: 100,
        rows: [{ row: 2, person: Buffer.alloc(8) }],
      },
    });
    expect(again).toMatchObject({ gate: "settling", waitMs: expect.any(Number) as number });
    expect(again.waitMs).toBeGreaterThan(SETTLE_MS - 60_000);
  });

  test("goes on by itself after that, for all, when a worker that remembers has spoken", async () => {
    const { id, kept } = await sendFirst();
    await startRedisAnew();
    const fresh = await openProcess();
    await dispatched(await openProcess(kept));
    await letItSettle();
    expect(await claim(fresh, id, 2)).toBe("rows");
    expect(await bench.store.rollback.read()).toBeUndefined();
    expect(await bench.redis.hmget(bench.keys.guard, "newRun", "newRunAt", "vouched")).toEqual([
      null,
      null,
      null,
    ]);
  });

  test("grants nothing to workers that remember nothing: a person is asked", async () => {
    const { id } = await sendFirst();
    await startRedisAnew();
    const fresh = await openProcess();
    expect(await claim(fresh, id, 2)).toBe("settling");
    expect(await fresh.rollback.read()).toBeUndefined();
    await letItSettle();
    expect(await claim(fresh, id, 2)).toBe("rollback");
    expect(await dispatched(fresh)).toBe(0);
    expect(await fresh.rollback.read()).toMatchObject({ lost: null, lostActs: null });
    expect(fresh.counter.reading()).toBe("");
  });

  test("is not asked about by a process that only imports: a worker may still come", async () => {
    await sendFirst();
    await startRedisAnew();
    const importer = await openProcess();
    await importTestCampaign(importer, { rows: 1 });
    await letItSettle();
    await importTestCampaign(importer, { rows: 1 });
    expect(await importer.rollback.read()).toBeUndefined();
    expect(await importer.rollback.isSettling()).toBe(true);
  });

  test("goes on when a worker that remembers comes late, and the question is gone", async () => {
    const { id, kept } = await sendFirst();
    await startRedisAnew();
    const fresh = await openProcess();
    await dispatched(fresh);
    await letItSettle();
    await dispatched(fresh);
    expect(await fresh.rollback.read()).toBeDefined();
    expect(await claim(await openProcess(kept), id, 2)).toBe("rows");
    expect(await fresh.rollback.read()).toBeUndefined();
    const fields = await bench.redis.hkeys(bench.keys.guard);
    expect(fields.sort()).toEqual(["acts", "at", "claimedAt", "count", "database", "run"]);
    expect(await claim(fresh, id, 3)).toBe("rows");
  });

  test("is seen to have gone back when the worker that comes late remembers more", async () => {
    const { id, kept } = await sendFirst();
    const restore = await snapshot(bench);
    expect(await claim(await openProcess(kept), id, 2)).toBe("rows");
    await restore();
    await startRedisAnew();
    const fresh = await openProcess();
    await dispatched(fresh);
    await letItSettle();
    await dispatched(fresh);
    expect(await dispatched(await openProcess(kept))).toBe(0);
    expect(await fresh.rollback.read()).toMatchObject({ lost: 1, lostActs: 0 });
    expect(await fresh.rollback.confirmStart()).toBe("went_back");
    expect(await claim(fresh, id, 2)).toBe("rollback");
  });

  test("is not spoken for by a worker that has heard of nothing since long before the last claim", async () => {
    const { id, kept } = await sendFirst();
    const last = Number(await bench.redis.hget(bench.keys.guard, "claimedAt"));
    await bench.redis.hset(bench.keys.guard, { count: 50, claimedAt: last + 15_001 });
    await startRedisAnew();
    const stale = await openProcess(kept);
    await dispatched(stale);
    await letItSettle();
    expect(await claim(stale, id, 2)).toBe("rollback");
    expect(await stale.rollback.read()).toMatchObject({ lost: null });
    await bench.redis.hset(bench.keys.guard, "claimedAt", last + 14_000);
    expect(await claim(await openProcess(kept), id, 2)).toBe("rows");
  });

  test("and started once more while all had time to speak is waited for anew", async () => {
    const { id, kept } = await sendFirst();
    await startRedisAnew();
    await dispatched(await openProcess(kept));
    await letItSettle();
    await bench.redis.hset(bench.keys.guard, "newRun", "1".repeat(40));
    const fresh = await openProcess();
    expect(await claim(fresh, id, 2)).toBe("settling");
    await letItSettle();
    expect(await claim(fresh, id, 2)).toBe("rollback");
  });

  test("is not waited for where the memory of all workers lies beside it (an embedded Redis)", async () => {
    const { id, kept } = await sendFirst();
    await startRedisAnew();
    expect(await claim(await openProcess(kept, 0), id, 2)).toBe("rows");
    await startRedisAnew();
    expect(await claim(await openProcess(undefined, 0), id, 3)).toBe("rollback");
  });

  test("sends nothing again of an at-least-once campaign before somebody has spoken for it", async () => {
    const delivery = {
      ...({ guarantee: "at-least-once", priority: "normal" } as const),
      ratePerSecond: null,
    };
    const id = await bench.import(2, { definition: testDefinition(bench.number, { delivery }) });
    await bench.send(id, 1, "unknown", { reason: 1 });
    await bench.redis.zincrby(bench.keys.resends, -DEFAULT_LIMITS.resendAfterMs - 1, `${id}|1`);
    await bench.status("wamid.foreign", "delivered");
    await startRedisAnew();
    expect((await bench.store.ledger.sweep()).resent).toBe(0);
    await dispatched(bench.store);
    await letItSettle();
    await dispatched(bench.store);
    expect((await bench.store.ledger.sweep()).resent).toBe(1);
  });
});

describe("what a person decides where nobody remembers", () => {
  async function ask(): Promise<{ id: string; store: NumberStore }> {
    const { id } = await sendFirst();
    await startRedisAnew();
    const store = await openProcess();
    await dispatched(store);
    await letItSettle();
    await dispatched(store);
    return { id, store };
  }

  test("nothing is lost: all is sent on, and nothing is doubted", async () => {
    const { id, store } = await ask();
    expect(await store.rollback.confirmStart()).toBe("confirmed");
    expect(await store.rollback.confirmStart()).toBe("nothing_asked");
    expect(await claim(store, id, 2)).toBe("rows");
    expect(await bench.counts(id)).toEqual({ pending: 498, sending: 2 });
  });

  test("it is an older copy: all that was due is unknown, for a probe may have gone out", async () => {
    const { id, store } = await ask();
    const noticedAt = Number(await bench.redis.hget(bench.keys.guard, "noticedAt"));
    await bench.redis.hset(bench.keys.guard, "wentBackTo", noticedAt - 30_000);
    await bench.redis.zadd(bench.own(id).ready, "1", "1", "1", "2", "1", "3", "1", "4");
    expect(await store.rollback.accept(5)).toMatchObject({
      unknown: [{ campaign: id, rows: 499 }],
      lostActs: null,
    });
    expect(await bench.counts(id)).toEqual({ sending: 1, unknown: 499 });
    const run = await bench.redis.hget(bench.keys.guard, "run");
    expect(run).toMatch(/^[0-9a-f]{40}$/);
    expect(await dispatched(await openProcess())).toBe(4);
  });

  test("a list that was imported while Redis was waited for is not in doubt", async () => {
    const { id } = await sendFirst();
    await startRedisAnew();
    const store = await openProcess();
    const late = await importTestCampaign(store, { rows: 5 });
    await dispatched(store);
    await letItSettle();
    await dispatched(store);
    const accepted = await store.rollback.accept(5);
    expect(accepted?.unknown.map(({ campaign }) => campaign)).toEqual([id]);
    expect(await bench.counts(late)).toEqual({ pending: 5 });
  });

  test("such a list is in doubt as any other when Redis, spoken for since, goes back after all", async () => {
    const { kept } = await sendFirst();
    await startRedisAnew();
    const store = await openProcess(kept);
    const late = await importTestCampaign(store, { rows: 5 });
    await dispatched(store);
    await letItSettle();
    await dispatched(store);
    const restore = await snapshot(bench);
    expect(await claim(store, late, 2)).toBe("rows");
    await restore();
    await dispatched(store);

    const accepted = await store.rollback.accept(5);

    expect(accepted?.unknown).toContainEqual({ campaign: late, rows: 5 });
  });
});

describe("the id of a campaign", () => {
  const serialOf = (id: string): number => Number(id.split("-").at(-1));

  test("is not one that was given in what is lost, though nobody has noticed it yet", async () => {
    const { id } = await sendFirst();
    const restore = await snapshot(bench);
    const lost = await bench.import(1);
    await restore();
    await startRedisAnew();
    const elsewhere = await openProcess();
    const [next, after] = [
      await importTestCampaign(elsewhere, { rows: 1 }),
      await importTestCampaign(elsewhere, { rows: 1 }),
    ];
    expect([id, lost].map(serialOf)).toEqual([1, 2]);
    expect([next, after].map(serialOf)).toEqual([1_002, 1_003]);
  });

  test("skips as many more as there were minutes since Redis last knew of anything", async () => {
    await sendFirst();
    await bench.redis.hincrby(bench.keys.guard, "at", -7 * 24 * 3_600_000);
    await startRedisAnew();
    const next = await importTestCampaign(await openProcess(), { rows: 1 });
    expect(serialOf(next)).toBe(1 + 1_000 + 7 * 24 * 60 + 1);
  });

  test("follows the last one when a worker has spoken for Redis, and on an embedded one at once", async () => {
    const { kept } = await sendFirst();
    await startRedisAnew();
    expect(serialOf(await importTestCampaign(await openProcess(kept, 0), { rows: 1 }))).toBe(2);
    await startRedisAnew();
    await dispatched(await openProcess(kept));
    await letItSettle();
    await dispatched(await openProcess(kept));
    expect(serialOf(await importTestCampaign(await openProcess(), { rows: 1 }))).toBe(3);
  });

  test("is remembered by the machine that imported it, so a lost one is noticed there and not given again", async () => {
    const kept = join(dir, "laptop");
    await bench.import(1);
    const restore = await snapshot(bench);
    const lost = await importTestCampaign(await openProcess(kept), { rows: 1 });
    await restore();
    const laptop = await openProcess(kept);
    const next = await importTestCampaign(laptop, { rows: 1 });
    expect(serialOf(next)).toBeGreaterThan(serialOf(lost));
    expect(await laptop.rollback.read()).toMatchObject({
      lost: 2,
      lostSerials: { first: 2, last: 2 },
    });
  });

  test("is not given again though others raised the counter since, and nobody noticed", async () => {
    const kept = join(dir, "laptop");
    await bench.import(1);
    const restore = await snapshot(bench);
    const lost = await importTestCampaign(await openProcess(kept), { rows: 1 });
    await restore();
    await bench.redis.hincrby(bench.keys.guard, "count", 10);
    await bench.redis.hincrby(bench.keys.guard, "acts", 10);
    const next = await importTestCampaign(await openProcess(kept), { rows: 1 });
    expect(serialOf(next)).toBe(serialOf(lost) + 1);
  });
});

test("a process that changed something leaves word of it when it ends, and one that only looked leaves none", async () => {
  const [acted, looked] = [join(dir, "acted"), join(dir, "looked")];
  const id = await bench.import(2);
  const [actor, looker] = [await openProcess(acted), await openProcess(looked)];
  await actor.campaigns.pause(id, "operator");
  await looker.campaigns.find(id);
  await actor.close();
  await looker.close();
  expect((await openProcess(acted)).counter.reading()).toMatch(/^3 \d+ 3 1$/);
  expect((await openProcess(looked)).counter.reading()).toBe("");
});

test("a process that changed something on a Redis that nobody has spoken for does not remember it so", async () => {
  const acted = join(dir, "acted");
  const id = await bench.import(2);
  await startRedisAnew();
  const actor = await openProcess(acted);
  await actor.campaigns.pause(id, "operator");
  await actor.close();
  expect((await openProcess(acted)).counter.reading()).toBe("");
});
