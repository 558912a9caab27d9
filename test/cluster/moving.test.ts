/** All roles on a cluster while its slots get other owners: sending goes on by itself, once each. */
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { compareWithLog } from "../support/compare-request-log.ts";
import {
  campaignFile,
  digitsOf,
  listOf,
  type ShownCampaign,
  startFleet,
} from "../support/fleet.ts";
import { sentTwice } from "../support/request-log.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

const ROWS = 400;

test("a campaign is sent once to each while its number fails over, and its slot and that of all numbers move", async () => {
  const number = "main";
  const fleet = await startFleet({
    ...{ redisUrl: cluster.url, number, ratePerSecond: 20, workers: 2 },
    env: { DROPCAST_TIME_SCALE: "5", DROPCAST_REDIS_DURABILITY: "replicas:1" },
  });
  onTestFinished(() => fleet.stage.close());
  const { stage } = fleet;
  stage.write("sale.yaml", campaignFile({ number }));
  stage.write("list.csv", listOf(ROWS));
  const { id } = await fleet.json<ShownCampaign>(["send", "sale.yaml", "list.csv"]);
  const space = `${number}.sandbox`;
  const slot = await cluster.slotOf(`{${space}}`);
  const shared = await cluster.slotOf("{all.numbers.sandbox}");

  await fleet.posted(25);
  const owner = await cluster.ownerOf(slot);
  const heir = await cluster.replicaOf(owner);
  await cluster.failover(heir, "graceful");
  await fleet.posted(fleet.posts().length + 25);
  const third = cluster.nodes.slice(0, 3).find((node) => node !== owner) ?? owner;
  await cluster.moveSlot(slot, third);
  await fleet.posted(fleet.posts().length + 25);
  const holder = await cluster.ownerOf(shared);
  await cluster.moveSlot(shared, holder === heir ? third : heir);
  const last = await fleet.until(id, ({ status }) => status === "finished");

  expect(last).toMatchObject({ reason: null, counts: { pending: 0, sending: 0, unknown: 0 } });
  await fleet.webhooksDelivered();
  const posts = fleet.posts();
  expect(posts).toHaveLength(ROWS);
  expect(sentTwice(posts)).toEqual([]);
  const rows = await fleet.exported(id);
  const webhooks = fleet.webhooks();
  expect(compareWithLog({ rows, posts, webhooks, recipientOf: digitsOf })).toEqual([]);
});
