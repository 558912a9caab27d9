import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { createOneName } from "../../src/app/one-name.ts";
import { startWorkers } from "../../src/app/worker.ts";
import { createProcesses, type ProcessInfo, type SeenProcess } from "../../src/store/index.ts";
import { openTestPlatform } from "../support/platform.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const OTHER: ProcessInfo = {
  ...{ role: "worker", version: "1.2.3", numbers: ["old"], host: "pod-2", pid: 17, startedAt: 0 },
};

/** `reports`: what other workers say that they send from. */
function openOneName(reports: Record<string, string>[], own: Record<string, string> = {}) {
  const [served, told]: [string[], string[]] = [[], []];
  const oneName = createOneName({
    seen: async () => ({
      processes: reports.map(
        (senders): SeenProcess => ({
          ...OTHER,
          id: randomUUID(),
          seenAt: 0,
          isLive: true,
          senders,
        }),
      ),
    }),
    serving: () => own,
    serve: (name) => void served.push(name),
    logger: { warn: (_: unknown, words?: string) => void told.push(words ?? ""), debug: () => {} },
    askEveryMs: 5,
  });
  onTestFinished(oneName.stop);
  return { oneName, served, told };
}

test("a number that no other name has is served at once", async () => {
  const { oneName, served } = openOneName([{ berlin: "1001 at api" }], { paris: "1003 at api" });
  await oneName.add({ berlin: "1001 at api", warsaw: "1002 at api" });
  expect(served).toEqual(["berlin", "warsaw"]);
});

test("a renamed number waits for another process that still has the old name, and says so once", async () => {
  const reports = [{ main: "1001 at api" }];
  const { oneName, served, told } = openOneName(reports);

  await oneName.add({ berlin: "1001 at api" });
  await oneName.add({ warsaw: "1002 at api" });

  expect(served).toEqual(["warsaw"]);
  expect(oneName.waiting()).toEqual({ berlin: "1001 at api" });
  expect(told).toEqual([
    "number berlin waits: the same WhatsApp number is still sent from as main (worker on pod-2, pid 17)",
  ]);
  reports.length = 0;
  await vi.waitFor(() => expect(served).toEqual(["warsaw", "berlin"]), SOON);
});

test("a renamed number waits for what this process has on the wire under the old name", async () => {
  const own: Record<string, string> = { main: "1001 at api" };
  const { oneName, served } = openOneName([], own);
  await oneName.add({ berlin: "1001 at api" });
  expect(served).toEqual([]);
  delete own["main"];
  await vi.waitFor(() => expect(served).toEqual(["berlin"]), SOON);
});

test("a number that is removed while it waits is not served", async () => {
  const reports = [{ main: "1001 at api" }];
  const { oneName, served } = openOneName(reports);
  await oneName.add({ berlin: "1001 at api" });
  oneName.remove("berlin");
  reports.length = 0;
  await oneName.add({ warsaw: "1002 at api" });
  expect(served).toEqual(["warsaw"]);
});

test("a worker reports the name that waits, and sends under it when the other process has left", async () => {
  const server = await startOwnRedis();
  const processes = createProcesses(server.connect());
  const [number, token] = [testNumber(), Buffer.from("account:secret").toString("base64")];
  await processes.heartbeat("other", { ...OTHER, senders: { old: "x at 127.0.0.1:9" } });
  const { platform, logged } = await openTestPlatform(
    { [number]: { id: "x", token } },
    { DROPCAST_REDIS_URL: server.url },
  );

  const role = await startWorkers(platform);
  if (!role.ok) throw new Error(role.refusal.message);
  onTestFinished(() => role.value.stop());

  const own = async () => (await processes.seen()).processes.find(({ pid }) => pid === process.pid);
  await vi.waitFor(async () => {
    expect(await own()).toMatchObject({ numbers: [], waiting: { [number]: "x at 127.0.0.1:9" } });
  }, SOON);
  expect(logged()).toContain(`number ${number} waits`);
  await processes.leave("other");
  await vi.waitFor(async () => {
    expect(await own()).toMatchObject({ numbers: [number], waiting: {} });
  }, SOON);
});
