import { Queue } from "bullmq";
import { expect, onTestFinished, test, vi } from "vitest";
import { STATES } from "../../src/core/message.ts";
import { failedQueueName, queuePlace } from "../../src/queue/queues.ts";
import { openQueueClient, startSending } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const DAY_MS = 24 * 3_600_000;

/** What a running worker does by itself, beside sending: each thing alone, with nothing to send. */

test("a running worker deletes the rows of campaigns older than the retention time", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  const endedAt = Date.now() - 46 * DAY_MS;
  await bench.redis.hset(bench.own(id).campaign, "finishedAt", endedAt);
  for (const index of [bench.keys.byEnd, bench.keys.withRows])
    await bench.redis.zadd(index, "XX", endedAt, id);
  const young = await bench.import(1);
  await bench.send(young, 1, "accepted", { wamid: "wamid.B" });

  await startSending(bench, { retention: { rowsMs: 45 * DAY_MS, campaignMs: null } });

  await vi.waitFor(
    async () => expect((await bench.found(id)).rowsDeletedAt).toBeGreaterThan(0),
    SOON,
  );
  expect(await bench.redis.exists(bench.own(id).batch(0))).toBe(0);
  expect(await bench.redis.exists(bench.own(young).batch(0))).toBe(1);
});

test("a running worker counts the rows again, and suspends the number whose counters differ", async () => {
  const bench = await openTestStore();
  const logged: string[] = [];
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.redis.hincrby(bench.own(id).counts, String(STATES.accepted), 1);

  await startSending(bench, { logged });

  await vi.waitFor(
    async () => expect(await bench.store.campaigns.suspension()).toMatchObject({ campaign: id }),
    SOON,
  );
  await vi.waitFor(() => expect(logged.join("")).toContain("counters and rows do not agree"), SOON);
});

test("a running worker shows a failed message in the dashboard, and takes it away when it was delivered", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  // Found by the sweep: the worker did not see the answer fail.
  await bench.status("wamid.A", "failed", { code: 131026 });
  const { space } = bench.store;
  const queue = new Queue(failedQueueName(space), queuePlace(space, bench.redis));
  onTestFinished(() => queue.close());
  const shown = async () => (await queue.getFailed()).map(({ data }) => data as object);

  await startSending(bench);

  await vi.waitFor(
    async () => expect(await shown()).toEqual([{ campaign: id, row: 1, attempt: 1, code: 131026 }]),
    SOON,
  );
  await bench.status("wamid.A", "delivered");
  await vi.waitFor(async () => expect(await shown()).toEqual([]), SOON);
});

test("a running worker sends an open batch whose job is lost, and tells that the campaign has finished", async () => {
  const bench = await openTestStore();
  const logged: string[] = [];
  const id = await bench.import(3);
  // Opened by a worker that died before it had added the job.
  await bench.runOf(id, 0);

  await startSending(bench, { logged });

  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 3 }), SOON);
  await vi.waitFor(() => expect(logged.join("")).toContain("campaign finished"), SOON);
});

test("a running worker calls messages unknown whose worker died with them", async () => {
  const bench = await openTestStore();
  const id = await bench.import(1);
  await bench.grant(id, 1);
  await bench.endLeases();
  const logged: string[] = [];

  await startSending(bench, { logged });

  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ unknown: 1 }), SOON);
  const said = /"messages":1,[^\n]*leases ended: these messages are unknown now/;
  await vi.waitFor(() => expect(logged.join("")).toMatch(said), SOON);
});

test("a running worker that finds nothing to sweep says nothing of it", async () => {
  const bench = await openTestStore();
  const logged: string[] = [];
  const id = await bench.import(1);

  await startSending(bench, { logged });

  await vi.waitFor(async () => expect(await bench.counts(id)).toEqual({ accepted: 1 }), SOON);
  await vi.waitFor(() => expect(logged.join("")).toContain("campaign finished"), SOON);
  expect(logged.join("")).not.toMatch(/leases ended|dropped status|unmatched failures|resends/);
});

test("a running worker takes an opt-out that a webhook told of to the list of the deployment", async () => {
  // The list is one for all numbers of a Redis: on that of the other tests the person would be opted out in them, too.
  const server = await startOwnRedis();
  const bench = await openTestStore({}, server.connect());
  const id = await bench.import(1);
  await bench.send(id, 1, "failed", { code: 131050, optOut: true });
  expect(await bench.redis.exists(bench.keys.optOutOutbox)).toBe(1);

  await startSending(bench, { queueClient: openQueueClient(server.address) });

  await vi.waitFor(
    async () => expect(await bench.redis.exists(bench.keys.optOutOutbox)).toBe(0),
    SOON,
  );
});
