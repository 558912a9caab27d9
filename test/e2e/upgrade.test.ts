/**
 * docs/upgrade.md, as it is done: real processes of two builds with different layouts of the data.
 * What is judged is the sandbox's own log of what it was asked.
 */
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { numberKeys, queuePrefix } from "../../src/store/keys.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import {
  campaignFile,
  digitsOf,
  type Fleet,
  listOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { PREVIOUS, previousBuild } from "../support/previous-build.ts";
import { BIN, type Running } from "../support/processes.ts";
import { startOwnRedis } from "../support/redis.ts";
import { sentTwice } from "../support/request-log.ts";
import { compareAfterLoss, compareCampaign } from "../support/run-result.ts";

const NUMBER = "main";
/** Of its keys in the sandbox. */
const SPACE = "main.sandbox";
const RATE = 100;
/** While processes are replaced, so that there is work the whole time, also on a slow machine. */
const SLOW_RATE = 4;
const RUNNING = 1_500;
/** The newest layout comes half a minute after the last old process, and later on a busy machine. */
const LAYOUT_WAITS = { timeout: 180_000 };
const DROPPED = 60;
/** Accepted, and then reported as undeliverable: they become jobs of the queue of failures. */
const FAILING = [50, 51, 53, 57, 60, 66, 69, 72].map((prefix) => `+48 ${prefix} 5559002`);
/** So that some are sent soon, whichever claims a busy machine gives back. */
const FAILING_EVERY = 10;

/** The previous build with two workers, a producer and a dashboard, in the middle of a campaign. */
async function startPrevious() {
  const redis = await startOwnRedis();
  const previous = previousBuild();
  const fleet = await startFleet({
    redisUrl: redis.url,
    number: NUMBER,
    ratePerSecond: RATE,
    workers: 2,
    knobs: { latencyMs: "50-200" },
    // What a restored backup has on the wire is unknown only when its lease is over, and the newest
    // layout waits as long for what an old process may have on the wire.
    env: {
      DROPCAST_ANSWER_TIMEOUT_SECONDS: "15",
      DROPCAST_DASHBOARD_PORT: "0",
      DROPCAST_TIME_SCALE: "5",
    },
    bin: previous,
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  const file = JSON.parse(campaignFile({ number: NUMBER })) as object;
  stage.write("sale.yaml", JSON.stringify({ ...file, delivery: { ratePerSecond: SLOW_RATE } }));
  stage.write("list.csv", withFailing(listOf(RUNNING)));
  const { id } = await stage.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);
  const client = redis.connect();
  await expect.poll(() => failedJobs(client, "bull")).not.toEqual([]);
  await fleet.posted(20);
  return { redis: client, fleet, stage, id, previous };
}

/** What the number's keys say of their layout. */
function layoutOf(redis: Redis): Promise<string | null> {
  return redis.get(numberKeys(SPACE).schema);
}

function withFailing(list: string): string {
  const lines = list.split("\n");
  for (const [at, phone] of FAILING.entries())
    lines.splice(1 + at * FAILING_EVERY, 0, `${phone},Magda`);
  return lines.join("\n");
}

/** The jobs of failed messages, where BullMQ keeps them in this layout. */
function failedJobs(redis: Redis, prefix: string): Promise<string[]> {
  return redis.keys(`${prefix}:failed-${SPACE}:f-*`);
}

const isFinished = ({ status }: ShownCampaign): boolean => status === "finished";

test("every role is replaced by one of a newer layout while campaigns are sent: nobody gets a message twice, nothing is lost, and sending never stands still", async () => {
  const { redis, fleet, stage, id, previous } = await startPrevious();
  const producer = await stage.start("producer", ["producer"]);
  const dashboard = await stage.start("dashboard", ["dashboard"]);
  expect(await layoutOf(redis)).toBe(String(PREVIOUS.layout));

  stage.setProgram(BIN);
  const oldWebhooks = fleet.webhookServer;
  await fleet.startWebhookServer();
  expect(await layoutOf(redis)).toBe(String(PREVIOUS.layout + 1));
  expect(await oldWebhooks.stop()).toBe(0);
  /** Whichever process was replaced last, messages leave after it. */
  const goesOn = () => fleet.posted(fleet.posts().length + 8);
  await goesOn();
  const [first, second] = fleet.workers as [Running, Running];
  expect(await first.stop()).toBe(0);
  await goesOn();
  await fleet.startWorker();
  await goesOn();
  // A worker of each build at the same time, and a list that the old producer imports.
  stage.write("drops/inbox/campaign.yaml", campaignFile({ number: NUMBER, name: "Dropped" }));
  stage.write("drops/inbox/dropped.csv", listOf(DROPPED, RUNNING));
  // The short one may be over before it is looked at.
  const imported = async () =>
    (await fleet.list()).filter(({ status }) => status === "running" || status === "finished");
  await expect.poll(imported).toHaveLength(2);
  expect(await producer.stop()).toBe(0);
  await stage.start("producer", ["producer"]);
  expect(await dashboard.stop()).toBe(0);
  await stage.start("dashboard", ["dashboard"]);
  expect(await layoutOf(redis)).toBe(String(PREVIOUS.layout + 1));
  expect(await second.stop()).toBe(0);
  await goesOn();
  await fleet.startWorker();
  await goesOn();
  await expect.poll(() => layoutOf(redis), LAYOUT_WAITS).toBe(String(SCHEMA));
  await goesOn();
  expect(fleet.posts().length).toBeLessThan(RUNNING);

  stage.setProgram(previous);
  const refused = await stage.run(["worker"]);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toMatch(/has layout 4; this version supports up to 2\./);
  expect(refused.stderr).toContain("Run the version of Dropcast that wrote it, or a newer one.");

  stage.setProgram(BIN);
  await stage.json(["rate", id, "default"]);
  const campaigns = await fleet.list();
  for (const campaign of campaigns) {
    await fleet.until(campaign.id, isFinished);
  }
  await fleet.webhooksDelivered();
  expect(sentTwice(fleet.posts())).toEqual([]);
  expect(
    await contradictions(
      fleet,
      campaigns.map((campaign) => campaign.id),
    ),
  ).toEqual([]);
  const { counts } = await fleet.show(id);
  expect(counts).toMatchObject({ unknown: 0, failed: FAILING.length, pending: 0 });
  await expect.poll(() => failedJobs(redis, queuePrefix(SPACE))).toHaveLength(FAILING.length);
});

/** What the ledger says against the log of the API, row by row. */
async function contradictions(fleet: Fleet, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const rows = await fleet.exported(id);
    const people = new Set(rows.map(digitsOf));
    const posts = fleet.posts().filter(({ to }) => people.has(to ?? ""));
    found.push(...compareCampaign(rows, posts, fleet.webhooks()));
  }
  return found;
}

test("the way back is a backup from before the upgrade: what was sent since is unknown, and nobody gets it again", async () => {
  const { fleet, stage, id, previous } = await startPrevious();
  await stage.json(["backup", "before.backup"]);
  stage.setProgram(BIN);
  await fleet.startWebhookServer();
  await Promise.all(fleet.workers.map((worker) => worker.stop()));
  const upgraded = await fleet.startWorker();
  await fleet.posted(fleet.posts().length + 10);
  expect(await upgraded.stop()).toBe(0);
  const sent = fleet.posts().length;

  stage.setProgram(previous);
  const empty = await startOwnRedis();
  stage.setEnv({ DROPCAST_REDIS_URL: empty.url });
  await stage.json(["restore", "before.backup", "--yes"]);
  await fleet.startWebhookServer();
  await fleet.startWorker();
  await stage.json(["doctor", "--accept-rollback"]);

  expect(await layoutOf(empty.connect())).toBe(String(PREVIOUS.layout));
  await fleet.until(id, isFinished);
  await fleet.webhooksDelivered();
  const rows = await fleet.exported(id);
  const others = rows.filter(({ state }) => state !== "failed");
  expect(rows.length - others.length).toBeLessThanOrEqual(FAILING.length);
  expect(compareAfterLoss(others, fleet.posts(), [])).toEqual([]);
  expect(fleet.posts()).toHaveLength(sent);

  stage.write("second.csv", listOf(20, RUNNING));
  const next = await stage.json<ShownCampaign>(["send", "sale.yaml", "second.csv"]);
  await fleet.until(next.id, isFinished);
  expect(sentTwice(fleet.posts())).toEqual([]);
});
