import { expect, test, vi } from "vitest";
import { readProcessFacts } from "../../src/health/facts.ts";
import { processChecks } from "../../src/health/processes.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { deploymentKeys } from "../../src/store/keys.ts";
import { createWrongSignatures } from "../../src/store/recovery/wrong-signatures.ts";
import { runHere } from "../cli/in-process.ts";
import { makePlace } from "../cli/run-cli.ts";
import { openDashboard } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";
import { runServer } from "./running-server.ts";

const FORGED = { "webhook-signature": "v1,Zm9yZ2VkIHNpZ25hdHVyZSBvZiAzMiBieXRlcyEhISE=" };

test("wrong signatures are reported by their address, at most once a second and at the end", async () => {
  const reports: (readonly [string | null, number])[][] = [];
  const server = await runServer({
    onWrongSignatures: async (counts) => {
      reports.push([...counts]);
    },
  });
  const startedAt = performance.now();
  const own = "/webhooks/livechat/main";
  const posts = [undefined, undefined, own, "/webhooks/livechat/stranger"].map((path) =>
    server.post("{}", { headers: FORGED, ...(path === undefined ? {} : { path }) }),
  );
  expect((await Promise.all(posts)).map(({ status }) => status)).toEqual([401, 401, 401, 404]);
  // Not signed at all: nobody with a wrong secret sends that.
  await server.post("{}", { headers: { "webhook-signature": "" } });
  await server.post("{}");

  await server.server.stop();

  const seconds = (performance.now() - startedAt) / 1_000;
  expect(reports.length).toBeLessThanOrEqual(1 + seconds);
  const sums = new Map<string | null, number>();
  for (const [address, count] of reports.flat()) {
    sums.set(address, (sums.get(address) ?? 0) + count);
  }
  expect(sums).toEqual(
    new Map<string | null, number>([
      [null, 2],
      ["main", 1],
    ]),
  );
});

test("counts of several processes add up by the minute, and end after ten", async () => {
  const redis = (await startOwnRedis()).connect();
  const [one, other] = [createWrongSignatures(redis), createWrongSignatures(redis)];
  await one.note(new Map([["main", 3]]));
  await other.note(
    new Map<string | null, number>([
      ["main", 200],
      [null, 9],
    ]),
  );

  expect(await one.read("main")).toEqual([
    { address: "number", count: 203, lastMs: expect.any(Number) as number },
    { address: "shared", count: 9, lastMs: expect.any(Number) as number },
  ]);
  expect(await one.read("second")).toMatchObject([{ address: "shared", count: 9 }]);

  const { wrongSignatures } = deploymentKeys();
  const minute = Math.floor(Date.now() / 60_000);
  const last = Date.now() - 5 * 60_000;
  await redis.hset(wrongSignatures, "main", `${last}|${minute - 5}:7,${minute - 30}:1000`);
  expect(await one.read("main")).toMatchObject([
    { address: "number", count: 7, lastMs: last },
    { address: "shared" },
  ]);
  await one.note(new Map([["main", 1]]));
  expect(await redis.hget(wrongSignatures, "main")).toMatch(/^\d+\|\d+:1,\d+:7$/);
  await redis.hset(wrongSignatures, "main", `${Date.now() - 11 * 60_000}|${minute - 11}:7`);
  expect(await one.read("main")).toMatchObject([{ address: "shared" }]);
});

test("list, show, doctor and the metrics tell of wrong signatures", async () => {
  // Those of an address that numbers share are the whole deployment's.
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url });
  const bench = await openTestStore({}, server.connect(), { number: place.number });
  const id = await bench.import(1);
  await createWrongSignatures(bench.redis).note(new Map([[place.number, 212]]));

  const words = `212 webhooks with a wrong signature arrived in the last 10 minutes for number ${place.number}, the last at 20`;
  for (const args of [["list"], ["show", id]]) {
    expect((await runHere(place, args)).stdout).toContain(words);
    const json = JSON.parse((await runHere(place, [...args, "--json"])).stdout) as unknown;
    const [campaign] = Array.isArray(json) ? json : [json];
    expect(campaign).toMatchObject({ wrongSignatures: [{ address: "number", count: 212 }] });
  }
  expect(processChecks(await readProcessFacts(bench.store))).toContainEqual({
    code: "webhooks_refused",
    name: "Webhooks",
    number: place.number,
    verdict: "warn",
    message: expect.stringContaining(words) as string,
    fix: expect.stringContaining("DROPCAST_WEBHOOK_SECRET") as string,
  });
  expect(await createMetrics({ [place.number]: bench.store }).text()).toContain(
    `dropcast_webhook_wrong_signatures{number="${place.number}"} 212`,
  );
});

test("the dashboard tells of wrong signatures and of silence, and the API gives both", async () => {
  const own = await openTestStore({}, (await startOwnRedis()).connect());
  const { test: bench, ask } = await openDashboard({ test: own });
  const id = await bench.import(2);
  const pages = () =>
    Promise.all(["/", `/campaigns/${id}`].map(async (path) => (await ask(path)).text()));
  for (const page of await pages()) expect(page).not.toContain("Outcomes may be missing");

  await bench.send(id, 1, "accepted", { wamid: "wamid.A" });
  await bench.later(11 * 60_000);
  await createWrongSignatures(bench.redis).note(new Map([[bench.number, 1]]));

  await vi.waitFor(async () => {
    for (const page of await pages()) {
      expect(page).toContain("1 webhook with a wrong signature arrived in the last 10 minutes");
      expect(page).toContain("no webhook has arrived for 11 minutes");
    }
  }, SOON);
  expect(await (await ask(`/api/campaigns/${id}`)).json()).toMatchObject({
    wrongSignatures: [{ address: "number", count: 1 }],
    webhookSilence: { kind: "none", accepted: 1 },
  });
});
