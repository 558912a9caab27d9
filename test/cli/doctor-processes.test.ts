import { expect, test } from "vitest";
import { isStalled, stallWords } from "../../src/export/stall-words.ts";
import { readProcessFacts } from "../../src/health/facts.ts";
import { processChecks, unservedChecks } from "../../src/health/processes.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { createNumberStore } from "../../src/store/number-store.ts";
import { createProcesses, type ProcessInfo } from "../../src/store/recovery/processes.ts";
import { importTestCampaign, openTestStore, testDefinition } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { makePlace } from "./run-cli.ts";

/** With a Redis of its own: what is said depends on the workers of other numbers, too. */
async function openBench() {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url });
  const redis = server.connect();
  const store = await createNumberStore({ redis, number: place.number });
  const processes = createProcesses(redis);
  /** Reports a process of this number, last seen so long ago; it is taken away when asked. */
  const report = async (role: ProcessInfo["role"], agoMs = 0): Promise<() => Promise<void>> => {
    const id = `${role} of ${place.number}`;
    await processes.heartbeat(id, {
      ...{ role, version: "1.2.3", numbers: [place.number] },
      ...{ host: "pod-1", pid: 17, startedAt: Date.now() },
    });
    if (agoMs > 0) await redis.zadd(deploymentKeys().processesSeen, Date.now() - agoMs, id);
    return () => processes.leave(id);
  };
  const lines = async (name: string) =>
    processChecks(await readProcessFacts(store))
      .filter((check) => check.name === name)
      .map(({ verdict, message }) => `${verdict} ${message}`);
  return { place, store, report, lines, number: place.number };
}

test("doctor fails on messages that wait while no worker was seen for 90 seconds", async () => {
  const { store, number, report, lines } = await openBench();
  const idle = await lines("Workers");
  await importTestCampaign(store, { rows: 1_700 });
  await store.campaigns.dispatch("sandbox", 1);

  const never = await lines("Workers");
  await report("worker", 240_000);
  const gone = await lines("Workers");
  await report("worker");
  const there = await lines("Workers");

  expect(idle).toEqual([`ok number ${number}: no worker is running; nothing waits`]);
  const none = `fail number ${number}: no worker`;
  expect(never).toEqual([`${none} is running; 1,700 messages wait`]);
  expect(gone).toEqual([`${none} has been seen for 4 min; 1,700 messages wait`]);
  expect(there).toEqual([
    expect.stringMatching(`ok number ${number}: a worker was seen \\d+ s ago`),
  ]);
});

test("doctor tells apart that no worker runs and that those that run do not have the number", async () => {
  const { store, number, report } = await openBench();
  await importTestCampaign(store, { rows: 1 });
  await store.campaigns.dispatch("sandbox", 1);
  const seen = { isLive: false, lastSeenMs: null, others: 2 };
  const facts = { ...(await readProcessFacts(store)), workers: seen };
  await report("worker", 240_000);

  const check = processChecks(facts).find(({ name }) => name === "Workers");

  expect(check).toMatchObject({ verdict: "fail" });
  expect(check?.fix).toContain(`2 workers run for other numbers: add ${number} to the file`);
});

test("doctor starts no worker for a number whose name waits in one", async () => {
  const { store, number } = await openBench();
  await importTestCampaign(store, { rows: 1 });
  const seen = { isLive: false, lastSeenMs: null, others: 1, isWaiting: true } as const;
  const facts = { ...(await readProcessFacts(store)), workers: seen };

  const check = processChecks(facts).find(({ name }) => name === "Workers");

  expect(check).toMatchObject({ verdict: "ok" });
  expect(check?.message).toContain(`number ${number} waits`);
  expect(check).not.toHaveProperty("fix");
});

test("doctor tells of a number with a campaign that neither a worker nor this configuration has", () => {
  const found = unservedChecks(
    [
      { number: "gone", isRunning: true },
      { number: "main", isRunning: true },
      { number: "later", isRunning: false },
    ],
    { main: {} },
  );

  expect(found.map(({ number, verdict }) => [number, verdict])).toEqual([
    ["gone", "fail"],
    ["later", "warn"],
  ]);
});

test("doctor warns of a scheduled campaign without a worker", async () => {
  const { store, number, lines } = await openBench();
  const startAtMs = Date.now() + 3_600_000;
  const definition = testDefinition(number, { schedule: { startAtMs, endByMs: null } });
  await importTestCampaign(store, { rows: 2, definition });

  expect(await lines("Workers")).toEqual([
    `warn number ${number}: no worker is running; 2 messages scheduled for later`,
  ]);
});

test("doctor warns of outcomes that no webhooks process receives", async () => {
  const bench = await openTestStore();
  const webhookLine = async () =>
    processChecks(await readProcessFacts(bench.store)).find(({ name }) => name === "Webhooks");
  const idle = await webhookLine();
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.one" });

  const missing = `number ${bench.number}: no webhooks process is running;`;
  expect(idle).toMatchObject({ verdict: "ok", message: `${missing} no outcome is pending` });
  expect(await webhookLine()).toMatchObject({
    verdict: "warn",
    message: `${missing} the outcome of 1 message is pending`,
  });
});

test("doctor warns of webhooks that tell nothing of what was accepted, also when their process runs", async () => {
  const bench = await openTestStore();
  const silent = async () =>
    processChecks(await readProcessFacts(bench.store)).filter(({ message }) =>
      message.includes("accepted"),
    );
  const id = await bench.import(2);
  await bench.send(id, 1, "accepted", { wamid: "wamid.one" });
  await createProcesses(bench.redis).heartbeat(`webhooks of ${bench.number}`, {
    ...{ role: "webhooks", version: "1.2.3", numbers: [bench.number] },
    ...{ host: "pod-1", pid: 17, startedAt: Date.now() },
  });
  const early = await silent();
  await bench.later(11 * 60_000);
  const late = await silent();
  await bench.status("wamid.one", "sent");

  expect(early).toEqual([]);
  expect(late).toMatchObject([
    {
      ...{ name: "Webhooks", verdict: "warn" },
      message: `The API has accepted 1 message of number ${bench.number}, but no webhook has arrived for 11 minutes, so their delivery is not known.`,
      fix: expect.stringMatching(/^Ask LiveChat whether a webhook is registered/) as string,
    },
  ]);
  expect(await silent()).toEqual([]);
});

test("doctor names a campaign that paused itself, and none that a person paused", async () => {
  const { store, lines } = await openBench();
  const id = await importTestCampaign(store, { rows: 2 });
  const other = await importTestCampaign(store, { rows: 2 });
  await store.campaigns.pause(id, "unknown_budget");
  await store.campaigns.pause(other, "operator");

  expect(await lines("Campaign")).toEqual([
    `warn ${id} paused itself: Too many API answers did not show whether the message was sent.`,
  ]);
});

test("show and list say that nothing is sent while no worker is there", async () => {
  const { place, store, number, report } = await openBench();
  const id = await importTestCampaign(store, { rows: 3 });
  const words = `Nothing is sent: no worker of number ${number} has been seen for 4 min.`;
  await report("worker", 240_000);

  const shown = await runHere(place, ["show", id]);
  const listed = await runHere(place, ["list"]);
  const scripted = await runHere(place, ["show", id, "--json"]);
  const listedJson = await runHere(place, ["list", "--json"]);
  await report("worker");
  const calm = await runHere(place, ["show", id]);
  const calmList = await runHere(place, ["list", "--json"]);

  expect(shown.stdout).toContain(`Nothing is sent: no worker of number ${number} is running. 3`);
  expect(shown.stdout).toContain(`${words} Start one with \`dropcast worker\``);
  expect(listed.stdout).toContain("running: no worker");
  expect(listed.stdout.split(words)).toHaveLength(2);
  expect(JSON.parse(scripted.stdout)).toMatchObject({
    ...{ status: "running", stalled: "no_worker", now: { kind: "no_worker" } },
  });
  expect(JSON.parse(listedJson.stdout)).toMatchObject([
    { status: "running", stalled: "no_worker" },
  ]);
  expect(calm.stdout).not.toContain("Nothing is sent");
  expect(JSON.parse(calmList.stdout)).toMatchObject([{ stalled: null }]);
});

test("only a running campaign with messages to send waits for a worker", async () => {
  const { store } = await openBench();
  const id = await importTestCampaign(store, { rows: 3 });
  const nobody = { isLive: false, lastSeenMs: null, others: 0 };
  const running = await store.campaigns.find(id);
  await store.campaigns.pause(id, "operator");
  const paused = await store.campaigns.find(id);

  if (running === undefined || paused === undefined) throw new Error("no campaign");
  expect(isStalled(running, nobody)).toBe(true);
  expect(isStalled(paused, nobody)).toBe(false);
  expect(isStalled({ ...running, counts: { ...running.counts, pending: 0 } }, nobody)).toBe(false);
  expect(isStalled(running, { isLive: true })).toBe(false);
  expect(stallWords(running, nobody)).toContain("is running. Start one");
});

test("a role that runs elsewhere needs no secrets where doctor is asked", async () => {
  const { place, report } = await openBench();
  const lacking = await runHere(place, ["doctor"]);
  await report("worker");
  await report("webhooks");
  const elsewhere = await runHere(place, ["doctor"]);

  expect(lacking.stdout).toContain(`FAIL Number ${place.number}`);
  expect(elsewhere.stdout).toContain("no id or token is set here, so it was not asked");
  expect(elsewhere.stdout).toContain("no webhook secret is set here; a webhooks process that has");
});
