import { expect, test } from "vitest";
import { createSuppressions } from "../../src/store/people/suppressions.ts";
import { openTestStore, testPhone } from "../support/campaigns.ts";
import { connectTestRedis, startOwnRedis, testNumber } from "../support/redis.ts";

/** One number in both modes, on one Redis. */
async function openBoth(redis = connectTestRedis()) {
  const number = testNumber();
  const sandbox = await openTestStore({}, redis, { number, mode: "sandbox" });
  const live = await openTestStore({}, redis, { number, mode: "live" });
  return { redis, number, sandbox, live };
}

/** Every key of the number's live space, with what it holds. */
async function liveKeys({ redis, number }: Awaited<ReturnType<typeof openBoth>>) {
  const keys = (await redis.keys(`dropcast:{${number}}:*`)).sort();
  return Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)]));
}

test("a sandbox lives its whole life without touching a key of what is live", async () => {
  const both = await openBoth();
  const { number, sandbox } = both;
  const before = await liveKeys(both);

  const id = await sandbox.import(5);
  await sandbox.send(id, 1, "accepted", { wamid: "wamid.AAAA" });
  await sandbox.status("wamid.AAAA", "delivered");
  await sandbox.status("wamid.BBBB", "sent");
  await sandbox.send(id, 2, "failed", { code: 131026 });
  await sandbox.send(id, 3, "failed", { code: 131050, optOut: true });
  await sandbox.send(id, 4, "failed", { code: 190, reason: 1 });
  await sandbox.store.pace.setNumberRate(7);

  expect(await liveKeys(both)).toEqual(before);
  // Its ids are those of the number; a webhook finds its message by the id it is indexed with.
  expect(id).toBe(`${number}-1`);
  expect(await sandbox.state(id, 1)).toBe("delivered");
  expect(await sandbox.found(id)).toMatchObject({ number, mode: "sandbox" });
});

test("the same id is another campaign in each mode", async () => {
  const { sandbox, live } = await openBoth();

  const tried = await sandbox.import(3);
  const sent = await live.import(2, { mode: "live" });
  await live.store.campaigns.cancel(sent);

  expect(tried).toBe(sent);
  expect(await sandbox.counts(tried)).toEqual({ pending: 3 });
  expect(await live.counts(sent)).toEqual({ cancelled: 2 });
});

test("who waits for an answer, opted out or was not reached in the sandbox is messaged live", async () => {
  const { sandbox, live, redis } = await openBoth();
  const tried = await sandbox.import(3);
  await sandbox.send(tried, 2, "failed", { code: 131026 });
  await sandbox.send(tried, 3, "failed", { code: 131050, optOut: true });
  const lists = await createSuppressions({ redis, startFenceMs: 0, mode: "sandbox" });
  await lists.add([{ phone: testPhone(1), scope: "all", source: "test", atMs: null }]);

  const sent = await live.import(3, { mode: "live" });
  const claimed = await live.claim(sent, [1, 2, 3], { mode: "live", run: 1 });
  const opened = await live.store.campaigns.dispatch("live", 1);
  const again = await live.claim(sent, [1, 2, 3], {
    mode: "live",
    run: opened.opened[0]?.run ?? 0,
  });

  expect(claimed.kind).toBe("gate");
  expect(again).toMatchObject({
    verdicts: [{ kind: "granted" }, { kind: "granted" }, { kind: "granted" }],
  });
});

test("an opt-out of one mode is none of the other", async () => {
  // The list of opt-outs is the whole deployment's: others read it in the Redis that tests share.
  const { live, sandbox, redis } = await openBoth((await startOwnRedis()).connect());
  const phone = testPhone(1);
  const optOut = { phone, scope: "all", source: "test", atMs: null } as const;
  const definition = { category: "marketing", recipients: { skipUndeliverableMs: null } } as const;
  const check = (bench: typeof live) =>
    bench.store.optOuts.check(definition as never, [phone]).then(([reason]) => reason);

  const tried = await createSuppressions({ redis, startFenceMs: 0, mode: "sandbox" });
  await tried.add([optOut]);
  expect([await check(sandbox), await check(live)]).toEqual(["opted_out", null]);
  await tried.remove([phone]);
  const real = await createSuppressions({ redis, startFenceMs: 0 });
  await real.add([optOut]);
  expect([await check(sandbox), await check(live)]).toEqual([null, "opted_out"]);
  await real.remove([phone]);
});

test("a campaign that an older version stored for the sandbox among the live ones is never sent live", async () => {
  const { live } = await openBoth();
  const old = await live.import(2, { mode: "sandbox" });

  expect(await live.store.campaigns.dispatch("live", 4)).toMatchObject({ opened: [] });
  expect(await live.claim(old, [1], { mode: "live", run: 1 })).toMatchObject({ kind: "gate" });
  expect(await live.counts(old)).toEqual({ pending: 2 });
});
