import { expect, onTestFinished, test, vi } from "vitest";
import { startWorkers } from "../../src/app/worker.ts";
import { openTestStore } from "../support/campaigns.ts";
import { openTestPlatform } from "../support/platform.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

test("the opt-outs of a number that no worker has reach the list of all numbers", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const removed = await openTestStore({}, redis);
  const id = await removed.import(1);
  await removed.store.campaigns.cancel(id);
  await redis.zadd(removed.keys.optOutOutbox, Date.now(), `${id}|1`);
  const token = Buffer.from("account:secret").toString("base64");

  const { platform } = await openTestPlatform(
    { [testNumber()]: { id: "a", token } },
    // A look each 600 ms.
    { DROPCAST_REDIS_URL: server.url, DROPCAST_TIME_SCALE: "100" },
  );
  const role = await startWorkers(platform);
  if (!role.ok) throw new Error(role.refusal.message);
  onTestFinished(() => role.value.stop());

  await vi.waitFor(async () => expect(await redis.exists(removed.keys.optOutOutbox)).toBe(0), SOON);
});
