import { expect, onTestFinished, test } from "vitest";
import { compareWithLog } from "../support/compare-request-log.ts";
import {
  campaignFile,
  digitsOf,
  listOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { redisUrl, testNumber } from "../support/redis.ts";
import { sentTwice } from "../support/request-log.ts";

const RATE = 150;

test("when one of two workers is killed the other finishes the campaign: what the dead one had on the wire is told by a webhook or unknown, and nobody gets it twice", async () => {
  const number = testNumber();
  const fleet = await startFleet({
    redisUrl: redisUrl(),
    number,
    ratePerSecond: RATE,
    workers: 1,
    knobs: { latencyMs: "400-800", webhookDelayMs: "20-100", webhookLost: "0.5" },
    env: { DROPCAST_TIME_SCALE: "5", DROPCAST_ANSWER_TIMEOUT_SECONDS: "20" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  // Slow until the other one has started, so that it finds the campaign in its middle.
  const file = JSON.parse(campaignFile({ number })) as object;
  stage.write("sale.yaml", JSON.stringify({ ...file, delivery: { ratePerSecond: 10 } }));
  stage.write("list.csv", listOf(15 * RATE));
  const { id } = await fleet.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);

  // Alone until then, so that it has batches to send.
  await fleet.posted(20);
  await fleet.startWorker();
  await fleet.json(["rate", id, "default"]);
  await fleet.posted(fleet.posts().length + 100);
  await fleet.workers[0]?.kill();
  const last = await fleet.until(id, ({ status }) => status === "finished");

  expect(last.counts.pending + last.counts.sending).toBe(0);
  await fleet.webhooksDelivered();
  const rows = await fleet.exported(id);
  const posts = fleet.posts();
  const unknown = rows.filter(({ state }) => state === "unknown");
  const told = rows.filter(({ matched }) => matched === "recipient");
  // What the dead one had granted to it: no more than its part of three seconds of the rate.
  expect(unknown.length + told.length).toBeGreaterThan(0);
  expect(unknown.length + told.length).toBeLessThanOrEqual(3 * RATE);
  expect(sentTwice(posts)).toEqual([]);
  expect(
    compareWithLog({
      rows,
      posts,
      webhooks: fleet.webhooks(),
      recipientOf: digitsOf,
      unheardRows: new Set(unknown.map(({ row }) => row)),
    }),
  ).toEqual([]);
});

const ROWS = 400;

test("SIGTERM lets a worker finish what is on the wire: it exits 0, nothing is unknown, and the next worker sends the rest once", async () => {
  const number = testNumber();
  const fleet = await startFleet({
    redisUrl: redisUrl(),
    number,
    ratePerSecond: 60,
    workers: 1,
    knobs: { latencyMs: "1000-2000", webhookLost: "1" },
    env: { DROPCAST_ANSWER_TIMEOUT_SECONDS: "20" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  stage.write("sale.yaml", campaignFile({ number }));
  stage.write("list.csv", listOf(ROWS));
  const { id } = await fleet.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);

  await fleet.posted(25);
  expect(await fleet.workers[0]?.stop()).toBe(0);
  const stopped = await fleet.show(id);
  const sent = fleet.posts().length;
  expect(stopped.counts).toMatchObject({ sending: 0, unknown: 0, failed: 0, accepted: sent });
  expect(stopped.counts.pending).toBe(ROWS - sent);
  expect(sent).toBeLessThan(ROWS);

  await fleet.startWorker();
  const last = await fleet.until(id, ({ status }) => status === "finished");
  expect(last.counts).toMatchObject({ accepted: ROWS, unknown: 0 });
  expect(fleet.posts()).toHaveLength(ROWS);
  expect(sentTwice(fleet.posts())).toEqual([]);
});
