import { once } from "node:events";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { createNumberQueues } from "../../src/queue/number-queues.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { startSocketRedis } from "../support/fault-lane.ts";
import { testNumber } from "../support/redis.ts";
import { startRedisProxy } from "../support/redis-proxy.ts";

const BUSY = "BUSY Redis is busy running a script.";

test("queues that are opened while Redis answers no question about itself take jobs all the same", async () => {
  const own = await startSocketRedis();
  const proxy = await startRedisProxy({ targetPath: own.address.path });
  onTestFinished(proxy.close);
  const client = new Redis(proxy.url, { maxRetriesPerRequest: null });
  onTestFinished(() => client.disconnect());
  await once(client, "ready");
  const redis = own.connect();
  const store = await createNumberStore({ redis, number: testNumber(), mode: "sandbox" });
  const queues = createNumberQueues({ store, client: () => client });
  onTestFinished(queues.close);

  proxy.judge(({ command }) => (command === "info" ? { kind: "error", reply: BUSY } : undefined));
  const { batches, failed } = queues.get();
  await batches.add("batch", { campaign: "main-1", batch: 0, run: 1 });
  await failed.dropStale();

  expect(await batches.getWaitingCount()).toBe(1);
});
