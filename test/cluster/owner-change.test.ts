/** Another owner of a number's hash slot is another Redis process: is anything missing there? */
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { createConnections } from "../../src/redis/connections.ts";
import { campaignKeys, neverKey, slotKey } from "../../src/store/keys.ts";
import { createNumberStore, DEFAULT_LIMITS } from "../../src/store/number-store.ts";
import { createScriptRunner } from "../../src/store/scripts/runner.ts";
import { importTestCampaign, testPhone } from "../support/campaigns.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { SOON } from "../support/soon.ts";

const SETTLE_MS = 300;
const NUMBER = "main";
/** In another slot, which moves before those of the others change their owner. */
const OTHER = "second";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

/** The store of a worker that has claimed the first rows, each a claim of its own. */
async function openSending(number = NUMBER) {
  const parsed = parseRedisAddress(cluster.url);
  if (!("address" in parsed)) throw new Error(parsed.problem.message);
  const connections = createConnections(parsed.address, () => {});
  onTestFinished(() => connections.close());
  await connections.reach([neverKey(number)]);
  const redis = connections.ledger(number);
  const store = await createNumberStore({
    ...{ redis, clientOf: connections.ledger, number },
    limits: { ...DEFAULT_LIMITS, settleMs: SETTLE_MS },
  });
  await store.join();
  const campaign = await importTestCampaign(store, { rows: 100 });
  await store.campaigns.dispatch("sandbox", 10);
  const run = Number(await redis.hget(campaignKeys(number, campaign).open, "0"));

  async function claim(row: number) {
    const claimed = await store.ledger.claim({
      ...{ campaign, batch: 0, run, nonce: Buffer.alloc(8, row), mode: "sandbox" },
      ...{ ratePerSecond: 1_000, reachMs: 60_000, answerMs: 100 },
      rows: [{ row, person: store.ledger.person(testPhone(row)) }],
    });
    return claimed.kind === "gate" ? claimed.gate : "granted";
  }
  expect(await claim(1)).toBe("granted");
  return { redis, store, claim };
}

test("a client that is sent to where a slot moves runs no script there", async () => {
  const { redis, claim } = await openSending(OTHER);
  const slot = await cluster.slotOf(slotKey(OTHER));
  const owner = await cluster.ownerOf(slot);
  const near = await cluster.ownerOf((slot + 5_462) % 16_384);
  const to = near === owner ? await cluster.ownerOf((slot + 10_923) % 16_384) : near;
  const before = Number(await cluster.ask(to, "DBSIZE"));
  const sent = new Redis(to.port);
  onTestFinished(() => sent.disconnect());

  const move = await cluster.beginMove(slot, to);
  await move.moveKeys(3);
  // As a client or a proxy does that follows ASK.
  await sent.call("ASKING");
  const scripts = createScriptRunner(sent, OTHER);
  await expect(
    scripts("read-counter", { reading: "", process: "x", settleMs: SETTLE_MS }),
  ).rejects.toThrow("TRYAGAIN");
  await expect(claim(2)).rejects.toThrow(/ASK|TRYAGAIN/);
  expect(await sent.dbsize()).toBe(before + 3);
  await move.moveKeys();
  await move.finish();

  await vi.waitFor(async () => expect(await claim(3)).toBe("granted"), SOON);
  expect(await redis.exists(slotKey(OTHER))).toBe(0);
  await cluster.settled();
});

test.each(["failover", "move"] as const)(
  "after a %s with nothing lost, sending settles and goes on without a person",
  async (how) => {
    const { redis, store, claim } = await openSending();
    const slot = await cluster.slotOf(slotKey(NUMBER));
    const owner = await cluster.ownerOf(slot);
    await redis.wait(1, 30_000);

    if (how === "failover") await cluster.failover(await cluster.replicaOf(owner), "graceful");
    else await cluster.moveSlot(slot, await cluster.ownerOf((slot + 5_462) % 16_384));
    expect(await cluster.newOwnerOf(slot, owner)).not.toBe(owner);

    await vi.waitFor(async () => expect(await claim(2)).toBe("settling"), SOON);
    await vi.waitFor(async () => expect(await claim(2)).toBe("granted"), SOON);
    expect(await store.rollback.read()).toBeUndefined();
    await cluster.settled();
  },
);

test("an owner that lacks a claim stops the number until a person decides", async () => {
  const { redis, store, claim } = await openSending();
  const owner = await cluster.ownerOf(await cluster.slotOf(slotKey(NUMBER)));
  const replica = await cluster.replicaOf(owner);
  await redis.wait(1, 30_000);
  cluster.freeze(replica);
  // What is in its socket already would reach it all the same.
  await cluster.ask(owner, "CLIENT", "KILL", "TYPE", "replica");
  expect(await claim(3)).toBe("granted");
  await cluster.kill(owner);
  cluster.thaw(replica);
  await cluster.failover(replica, "takeover");

  await vi.waitFor(async () => expect(await claim(4)).toBe("rollback"), SOON);
  expect(await store.rollback.read()).toMatchObject({ lost: 1 });
});
