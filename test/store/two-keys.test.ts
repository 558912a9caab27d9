import { expect, onTestFinished, test, vi } from "vitest";
import { neverKey, slotKey } from "../../src/store/keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis } from "../support/redis.ts";

test("every script declares two keys of its number, and neither exists", async () => {
  const bench = await openTestStore();
  const connection = connectTestRedis();
  const monitor = await connection.monitor();
  onTestFinished(() => monitor.disconnect());
  const calls: string[][] = [];
  monitor.on("monitor", (_, args: string[]) => {
    if (/^eval/i.test(args[0] ?? "") && args[3]?.includes(`{${bench.number}}`)) calls.push(args);
  });

  const id = await bench.import(1);
  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(3));

  const declared = [slotKey(bench.number), neverKey(bench.number)];
  for (const [, , count, ...rest] of calls) {
    expect([count, ...rest.slice(0, 2)]).toEqual(["2", ...declared]);
  }
  expect(await bench.redis.exists(...declared)).toBe(0);
});
