/** Numbers of one process on a real cluster: on the nodes that have their slots. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { topologyChecks } from "../../src/health/topology.ts";
import { slotKey } from "../../src/store/keys.ts";
import { type ClusterNode, startCluster, type TestCluster } from "../support/cluster.ts";
import { openTestPlatform } from "../support/platform.ts";
import { numberOf } from "./workers.ts";

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.remove());

test("a number that a reload adds on a node of its own is shown with it, and missed when it is away", async () => {
  const shared = await cluster.ownerOf(await cluster.slotOf(slotKey("all.numbers")));
  const [other] = cluster.nodes.filter((node) => node !== shared) as [ClusterNode];
  const first = await numberOf(cluster, shared);
  const added = await numberOf(cluster, other);
  const { platform, write, read } = await openTestPlatform(
    { [first]: {} },
    { DROPCAST_REDIS_URL: cluster.url, DROPCAST_REDIS_DURABILITY: "replicas:1" },
  );
  write({ [first]: {}, [added]: {} });

  const taken = await platform.renumber(read());

  expect(taken).toMatchObject({ ok: true, value: { added: [added] } });
  const where = `127.0.0.1:${other.port}`;
  const messages = topologyChecks(await platform.topology()).map(({ message }) => message);
  expect(messages).toContainEqual(expect.stringContaining(`${where} has ${added}`));
  expect(platform.outage.now()).toBeUndefined();
  await cluster.kill(other);
  await expect.poll(() => platform.outage.now()?.reason).toContain(where);
});
