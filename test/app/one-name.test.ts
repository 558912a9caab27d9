import { randomUUID } from "node:crypto";
import { expect, onTestFinished, test, vi } from "vitest";
import { createOneName } from "../../src/app/one-name.ts";
import { startWorkers } from "../../src/app/worker.ts";
import { createProcesses, type ProcessInfo, type SeenProcess } from "../../src/store/index.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
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
      stopping: [],
    }),
    serving: () => own,
    serve: (name) => void served.push(name),
    logger: { warn: (_: unknown, words?: string) => void told.push(words ?? "") },
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

const OLD: SeenProcess = {
  ...OTHER,
  ...{ id: "other", seenAt: 1_000, isLive: false, senders: { main: "1001 at api" } },
};

/** A name that waits for another worker, by a clock of the test. `state` is what Redis says. */
function openByClock(state: {
  processes: SeenProcess[];
  away?: (() => Promise<void>) | undefined;
}) {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const [served, told]: [string[], string[]] = [[], []];
  const oneName = createOneName({
    async seen() {
      await state.away?.();
      return { processes: state.processes, stopping: [] };
    },
    serving: () => ({}),
    serve: (name) => void served.push(name),
    logger: { warn: (_: unknown, words?: string) => void told.push(words ?? "") },
  });
  onTestFinished(oneName.stop);
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);
  return { oneName, served, told, pass };
}

test("a worker whose report is old counts as gone once it stayed old for longer than a heartbeat", async () => {
  const state = { processes: [OLD] };
  const { oneName, served, pass } = openByClock(state);
  await oneName.add({ berlin: "1001 at api" });
  await pass(14);
  expect(served).toEqual([]);
  await pass(2);
  expect(served).toEqual(["berlin"]);
});

test("a worker that reports again after an outage keeps the other name waiting", async () => {
  const state = { processes: [OLD] };
  const { oneName, served, pass } = openByClock(state);
  await oneName.add({ berlin: "1001 at api" });
  await pass(10);
  state.processes = [{ ...OLD, seenAt: 101_000, isLive: true }];
  await pass(120);
  // Killed, later: its last report has become old.
  state.processes = [{ ...OLD, seenAt: 201_000 }];
  await pass(14);
  expect(served).toEqual([]);
  await pass(2);
  expect(served).toEqual(["berlin"]);
});

test.each(["fails", "hangs"])(
  "a Redis that %s meanwhile begins the wait for a silent worker again",
  async (how) => {
    const state: Parameters<typeof openByClock>[0] = { processes: [OLD] };
    const { oneName, served, pass } = openByClock(state);
    await oneName.add({ berlin: "1001 at api" });
    await pass(10);
    let answer = (): void => {};
    const hanging = new Promise<void>((resolve) => {
      answer = resolve;
    });
    state.away = () => (how === "fails" ? Promise.reject(new Error("away")) : hanging);
    await pass(8);
    answer();
    await pass(0);
    state.away = undefined;
    await pass(13);
    expect(served).toEqual([]);
    await pass(3);
    expect(served).toEqual(["berlin"]);
  },
);

test("a Redis that was away may have forgotten a worker, so a name waits for its next report", async () => {
  const state: Parameters<typeof openByClock>[0] = { processes: [] };
  const { oneName, served, pass } = openByClock(state);
  state.away = () => Promise.reject(new Error("away"));
  await oneName.add({ berlin: "1001 at api" });
  state.away = undefined;
  await pass(5);
  expect(served).toEqual([]);
  state.processes = [{ ...OLD, isLive: true }];
  await pass(60);
  expect(served).toEqual([]);
});

test("names that wait because Redis does not answer are told of once a minute", async () => {
  const state: Parameters<typeof openByClock>[0] = { processes: [] };
  const { oneName, told, pass } = openByClock(state);
  state.away = () => Promise.reject(new Error("away"));
  await oneName.add({ berlin: "1001 at api", warsaw: "1002 at api" });
  await pass(59);
  const words = "not sent from until Redis says who sends from the same number: berlin, warsaw";
  expect(told).toEqual([words]);
  await pass(2);
  expect(told).toEqual([words, words]);
});

test("a changed token is taken at once while the keys of the deployment cannot be read", async () => {
  const server = await startOwnRedis();
  const redis = server.connect();
  const [number, token] = [testNumber(), Buffer.from("account:secret").toString("base64")];
  const changed = Buffer.from("account:changed").toString("base64");
  const { platform, write, read, logged } = await openTestPlatform(
    { [number]: { id: "x", token } },
    { DROPCAST_REDIS_URL: server.url },
  );
  const role = await startWorkers(platform);
  if (!role.ok) throw new Error(role.refusal.message);
  onTestFinished(() => role.value.stop());
  const reports = async () =>
    (await redis.hvals(deploymentKeys().processes)).map((one) => JSON.parse(one));
  await vi.waitFor(async () => {
    expect(await reports()).toMatchObject([{ numbers: [number] }]);
  }, SOON);

  // Only what reads the reports uses it.
  await redis.acl("SETUSER", "default", "-zrange");
  onTestFinished(async () => void (await redis.acl("SETUSER", "default", "+zrange")));
  await redis.del(deploymentKeys().processes);
  write({ [number]: { id: "x", token: changed } });
  expect(await platform.renumber(read())).toMatchObject({ value: { changed: [number] } });

  await vi.waitFor(async () => {
    expect(await reports()).toMatchObject([{ numbers: [number], waiting: {} }]);
  }, SOON);
  expect(logged()).not.toContain("not sent from until");
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

test("a renamed number waits for a worker that stops, until it has finished what it has on the wire", async () => {
  const processes = createProcesses((await startOwnRedis()).connect());
  await processes.heartbeat("other", {
    ...OTHER,
    ...{ senders: { main: "1001 at api" }, isStopping: true },
  });
  const served: string[] = [];
  const oneName = createOneName({
    ...{ seen: processes.seen, serving: () => ({}), logger: { warn: () => {} } },
    ...{ serve: (name: string) => void served.push(name), askEveryMs: 5 },
  });
  onTestFinished(oneName.stop);

  await oneName.add({ berlin: "1001 at api" });
  expect(served).toEqual([]);
  await processes.leave("other");
  await vi.waitFor(() => expect(served).toEqual(["berlin"]), SOON);
});
