import { expect, test } from "vitest";
import { createProcesses } from "../../src/store/processes.ts";
import { openDashboard } from "./support.ts";

test("list and campaign say that nothing is sent while no worker is there", async () => {
  const { test: bench, ask } = await openDashboard();
  const id = await bench.import(2);
  const paths = ["/", `/campaigns/${id}`];
  const pages = () => Promise.all(paths.map(async (path) => (await ask(path)).text()));
  const words = `Nothing is sent: no worker of number ${bench.number} is running.`;

  const without = await pages();
  await createProcesses(bench.redis).beat(`worker of ${bench.number}`, {
    ...{ role: "worker", version: "1.2.3", numbers: [bench.number] },
    ...{ host: "pod-1", pid: 17, startedAt: Date.now() },
  });
  const beside = await pages();

  expect(without.map((page) => page.includes(words))).toEqual([true, true]);
  expect(beside.map((page) => page.includes("Nothing is sent"))).toEqual([false, false]);
});
