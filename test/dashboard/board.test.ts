import { createRequire } from "node:module";
import { Queue } from "bullmq";
import { expect, it, vi } from "vitest";
import { maskData, maskText } from "../../src/dashboard/mask.ts";
import { failedQueueName, queuePlace } from "../../src/queue/queues.ts";
import { startOwnRedis } from "../support/redis.ts";
import {
  failedJobs,
  openDashboard,
  openQueueClient,
  problemCode,
  SOON,
  startSending,
  type TestDashboard,
} from "./support.ts";

interface BoardRoute {
  readonly method: string | string[];
  readonly route: string | string[];
}

/** Every route that the installed Bull Board has, read from it. */
function boardRoutes(): { method: string; route: string }[] {
  const { appRoutes, buildHistoryRoutes } = createRequire(import.meta.url)(
    "@bull-board/api/dist/routes.js",
  ) as {
    appRoutes: { api: BoardRoute[] };
    buildHistoryRoutes: (provider: object, capabilities: object) => BoardRoute[];
  };
  const history = buildHistoryRoutes({}, { hasUsage: true, canPurge: true, hasLatency: true });
  return [...appRoutes.api, ...history].flatMap(({ method, route }) =>
    [method]
      .flat()
      .flatMap((each) => [route].flat().map((path) => ({ method: each, route: path }))),
  );
}

async function withFailedJob() {
  const dashboard = await openDashboard();
  const { test } = dashboard;
  const campaign = await test.import(1);
  await test.send(campaign, 1, "failed", { code: 131026 });
  await startSending(test);
  const job = `f-${campaign}-1-1`;
  await vi.waitFor(async () => expect(await failedJobs(dashboard)).toEqual([job]), SOON);
  return { dashboard, job, campaign };
}

/** The path of a route with its parameters filled in, for each kind of queue and of status. */
function paths({ test }: TestDashboard, route: string, job: string): string[] {
  const queues = [`failed-${test.number}`, `batches-${test.number}`, "stranger"];
  const statuses = ["failed", "completed", "wait", "delayed", "active"];
  return queues.flatMap((queue) =>
    statuses.map((status) =>
      route
        .replace(":queueName", queue)
        .replace(":jobId", job)
        .replace(":queueStatus", status)
        .replace(":schedulerId", "any"),
    ),
  );
}

it("every write of Bull Board except Retry of failed messages is refused", async () => {
  const { dashboard, job } = await withFailedJob();
  const { ask, test } = dashboard;
  const allowed = new Set([
    `put /api/queues/failed-${test.number}/${job}/retry`,
    `put /api/queues/failed-${test.number}/retry/failed`,
  ]);
  const writes = boardRoutes().filter(({ method }) => method !== "get");
  expect(writes.length).toBeGreaterThan(20);

  for (const { method, route } of writes) {
    for (const path of new Set(paths(dashboard, route, job))) {
      if (allowed.has(`${method} ${path}`)) continue;
      const answer = await ask(`/queues${path}`, { method: method.toUpperCase() });
      expect([path, answer.status, await problemCode(answer)]).toEqual([
        path,
        403,
        "board_write_refused",
      ]);
    }
  }

  expect(await failedJobs(dashboard)).toEqual([job]);
  const queue = new Queue(`failed-${test.number}`, queuePlace(test.number, test.redis));
  expect(await queue.isPaused()).toBe(false);
  await queue.close();
});

it.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])(
  "%s to what is no route of it is refused as well",
  async (method) => {
    const { ask, test } = await openDashboard();

    for (const path of [
      "/queues",
      "/queues/anything",
      `/queues/api/queues/failed-${test.number}`,
    ]) {
      const answer = await ask(path, { method });
      expect([path, answer.status]).toEqual([path, 403]);
    }
  },
);

it("shows every queue, and each failed message with its meaning and its campaign", async () => {
  const { dashboard, job, campaign } = await withFailedJob();
  const { ask, test } = dashboard;

  const list = await (await ask("/queues/api/queues")).json();
  const one = await (await ask(`/queues/api/queues/failed-${test.number}/${job}`)).json();

  expect(list).toMatchObject({
    queues: [
      { name: `batches-${test.number}`, readOnlyMode: true },
      { name: `failed-${test.number}`, readOnlyMode: false, allowRetries: true },
    ],
  });
  expect(one).toMatchObject({
    status: "failed",
    job: {
      id: job,
      name: "48******01",
      data: {
        campaign,
        row: 1,
        attempt: 1,
        code: 131026,
        title: expect.any(String),
        advice: expect.any(String),
      },
      externalUrl: { href: `/campaigns/${campaign}`, displayText: campaign },
    },
  });
  expect((one as { job: { failedReason: string } }).job.failedReason).toMatch(/^131026 .+/);
});

it("serves a page that asks nothing of another host, at /queues and at /queues/", async () => {
  const { ask } = await openDashboard();

  const page = await (await ask("/queues")).text();
  const slash = await ask("/queues/");

  expect(page).toContain('<base href="/queues/"');
  expect(page).toContain('"boardTitle":"Dropcast"');
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(page).not.toContain("googleapis");
  expect([slash.status, slash.headers.get("location")]).toEqual([308, "/queues"]);
});

it("tells nothing of the Redis behind it and of who is connected to it", async () => {
  const { ask, test } = await openDashboard();

  expect((await ask("/queues/api/redis/stats")).status).toBe(403);
  expect((await ask(`/queues/api/queues/failed-${test.number}/workers`)).status).toBe(403);
});

it("shows no phone and no wamid that a stranger's job may hold, wherever it is", async () => {
  const dashboard = await openDashboard();
  const { ask, test } = dashboard;
  const phone = "48600123456";
  const wamid = "wamid.HBgLNDg2MDA=";
  const name = `failed-${test.number}`;
  const queue = new Queue(name, queuePlace(test.number, test.redis));
  const data = {
    phone,
    to: Number(phone),
    [phone]: `+48 600 123 456, ${wamid}`,
    deep: [{ phone }],
  };
  const job = await queue.add(`to ${phone}`, data, { jobId: "stranger-1", delay: 3_600_000 });
  await job.log(`sent to ${phone} as ${wamid}`);
  await job.updateProgress({ phone });
  await queue.close();

  const texts = await Promise.all(
    [
      `/queues/api/queues?activeQueue=${name}&status=delayed&page=1`,
      `/queues/api/queues/${name}/stranger-1`,
      `/queues/api/queues/${name}/stranger-1/logs`,
      `/queues/api/queues/${name}/stranger-1/flow`,
    ].map(async (path) => (await ask(path)).text()),
  );

  expect(texts.join()).toContain("[phone]");
  expect(texts.join()).not.toMatch(/600 ?123 ?456|HBgLNDg2/);
});

it("masks what is like a phone, and leaves ids, codes and times alone", () => {
  expect(maskText("to 48600123456, or +48 (600) 123-456.")).toBe("to [phone], or [phone].");
  for (const text of [
    "f-main-17-123456-1",
    "131026",
    "2026-12-01T09:00:00.000Z",
    "t3f0a1234567890",
  ]) {
    expect(maskText(text)).toBe(text);
  }
  expect(maskData({ to: 48600123456, row: 1_000_000 })).toEqual({ to: "[digits]", row: 1_000_000 });
});

it("shows the queues of a number on another client, once its hash slot has moved", async () => {
  const [before, after] = [await startOwnRedis(), await startOwnRedis()];
  let client = openQueueClient(before.address);
  let tellMoved: (space: string) => void = () => {};
  const { ask, test } = await openDashboard({
    queueClient: () => client,
    onSpaceMoved: (listener) => {
      tellMoved = listener;
      return () => {};
    },
  });
  client = openQueueClient(after.address);
  const { space } = test.store;
  const queue = new Queue(failedQueueName(space), queuePlace(space, after.connect()));
  await queue.add("waits there", {});
  await queue.close();

  tellMoved(space);

  const answer = await (await ask("/queues/api/queues")).text();
  expect(answer).toContain('"waiting":1');
});
