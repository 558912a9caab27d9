import { expect, onTestFinished, test, vi } from "vitest";
import { neverKey, slotKey } from "../../src/store/keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

test("every script declares two keys of its number, and neither exists", async () => {
  // A server of its own: ioredis breaks if another's line comes with the OK of MONITOR.
  const bench = await openTestStore({}, (await startOwnRedis()).connect());
  const monitor = await bench.redis.monitor();
  onTestFinished(() => monitor.disconnect());
  const calls: string[][] = [];
  monitor.on("monitor", (_, args: string[]) => {
    if (/^eval/i.test(args[0] ?? "") && args[3]?.includes(`{${bench.number}}`)) calls.push(args);
  });

  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(3), SOON);

  const declared = [slotKey(bench.number), neverKey(bench.number)];
  for (const [, , count, ...rest] of calls) {
    expect([count, ...rest.slice(0, 2)]).toEqual(["2", ...declared]);
  }
  expect(await bench.redis.exists(...declared)).toBe(0);
});
