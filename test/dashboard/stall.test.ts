import { expect, test, vi } from "vitest";
import { createProcesses } from "../../src/store/recovery/processes.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { openDashboard, openQueueClient, queueClientOf, SOON } from "./support.ts";

test("pages and API say that nothing is sent while no worker is there", async () => {
  // Its own: where workers run for other numbers, the words say so.
  const server = await startOwnRedis();
  const own = await openTestStore({}, server.connect());
  const queueClient = queueClientOf(openQueueClient(server.address));
  const { test: bench, ask } = await openDashboard({ test: own, queueClient });
  const id = await bench.import(2);
  const paths = ["/", `/campaigns/${id}`];
  const pages = () => Promise.all(paths.map(async (path) => (await ask(path)).text()));
  const words = `Nothing is sent: no worker of number ${bench.number} is running.`;
  const stalled = async () => {
    const list = (await (await ask("/api/campaigns")).json()) as { campaigns: unknown[] };
    return [list.campaigns[0], await (await ask(`/api/campaigns/${id}`)).json()].map(
      (campaign) => (campaign as { stalled: string | null }).stalled,
    );
  };

  const without = await pages();
  const json = await stalled();
  await createProcesses(bench.redis).heartbeat(`worker of ${bench.number}`, {
    ...{ role: "worker", version: "1.2.3", numbers: [bench.number] },
    ...{ host: "pod-1", pid: 17, startedAt: Date.now() },
  });

  expect(without.map((page) => page.includes(words))).toEqual([true, true]);
  await vi.waitFor(async () => {
    const beside = await pages();
    expect(beside.map((page) => page.includes("Nothing is sent"))).toEqual([false, false]);
  }, SOON);
  const said = expect.stringContaining(words) as string;
  expect([...json, ...(await stalled())]).toEqual([said, said, null, null]);
});

test("a campaign that waits for nothing is not called stalled beside one that does", async () => {
  const { test: bench, ask } = await openDashboard();
  const paused = await bench.import(2);
  await bench.store.campaigns.pause(paused, "operator");
  const running = await bench.import(2);

  const { campaigns } = (await (await ask("/api/campaigns")).json()) as {
    campaigns: { id: string; stalled: string | null }[];
  };

  expect(campaigns).toMatchObject([
    { id: running, stalled: expect.stringContaining("Nothing is sent") as string },
    { id: paused, stalled: null },
  ]);
});

test("list and campaign say what is unsafe about Redis, and nothing once it is safe", async () => {
  let unsafe: string | undefined = "Redis has appendfsync everysec: a power cut <can>.";
  const { test: bench, ask } = await openDashboard({ unsafe: () => unsafe });
  const id = await bench.import(2);
  const pages = () =>
    Promise.all(["/", `/campaigns/${id}`].map(async (path) => (await ask(path)).text()));

  const shown = await pages();
  unsafe = undefined;

  for (const page of shown) {
    expect(page).toContain("Redis has appendfsync everysec: a power cut &lt;can&gt;.");
  }
  await vi.waitFor(async () => {
    const safe = await pages();
    expect(safe.map((page) => page.includes("Redis is not safe"))).toEqual([false, false]);
  }, SOON);
});
