import { expect, test, vi } from "vitest";
import { withHeartbeat } from "../../src/app/heartbeat.ts";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import { VERSION } from "../../src/version.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const WORK = { role: "worker", numbers: () => ["main"] } as const;
const logger = { debug: () => {} };

function platform(redis: unknown) {
  const config = { mode: "live" };
  return { redis, config, logger } as unknown as Parameters<typeof withHeartbeat>[0];
}

test("a role reports itself from its start to the end of its stop", async () => {
  const redis = (await startOwnRedis()).connect();
  const { seen } = createProcesses(redis);
  let stops = 0;
  const role = withHeartbeat(platform(redis), WORK, { stop: async () => void stops++ });

  const look = async () => (await seen()).processes;
  const during = await vi.waitFor(async () => {
    const found = await look();
    expect(found).toHaveLength(1);
    return found;
  }, SOON);
  await role.stop();

  expect(during).toMatchObject([
    { role: "worker", numbers: ["main"], version: VERSION, pid: process.pid },
  ]);
  expect(await look()).toEqual([]);
  expect(stops).toBe(1);
});

test("a role that stops serves nothing, but what it still does needs the layout that it knows", async () => {
  const redis = (await startOwnRedis()).connect();
  const { seen, hasOlder, presence } = createProcesses(redis);
  let during: unknown;
  const role = withHeartbeat(platform(redis), WORK, {
    stop: async () => {
      await vi.waitFor(async () => expect((await seen()).stopping).toHaveLength(1), SOON);
      const { processes } = await seen();
      const { isLive } = await presence("worker", "main");
      during = { processes, isLive, older: await hasOlder(SCHEMA + 1) };
    },
  });

  await role.stop();

  expect(during).toEqual({ processes: [], isLive: false, older: true });
  expect(await hasOlder(SCHEMA + 1)).toBe(false);
});

test("a Redis that is away neither fails a role nor keeps it from stopping", async () => {
  const server = await startOwnRedis();
  const redis = server.connect({ maxRetriesPerRequest: 0, enableOfflineQueue: false });
  redis.disconnect();
  let stops = 0;
  const role = withHeartbeat(platform(redis), WORK, { stop: async () => void stops++ });

  await role.stop();

  expect(stops).toBe(1);
});
