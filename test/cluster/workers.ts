/** Workers on a real cluster, by hand: what they claim before and after a failover. */
import { randomBytes } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import type { Durability } from "../../src/core/durability.ts";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { type Connections, createConnections } from "../../src/redis/connections.ts";
import { keySpace, slotKey } from "../../src/store/keys.ts";
import { openTestStore, type TestStore } from "../support/campaigns.ts";
import type { ClusterNode, TestCluster } from "../support/cluster.ts";
import { testNumber } from "../support/redis.ts";

/** Clients as the product has them; closed when the test ends. */
async function connect(cluster: TestCluster): Promise<Connections> {
  const parsed = parseRedisAddress(cluster.url);
  if (!("address" in parsed)) throw new Error("The cluster has no address.");
  const connections = createConnections(parsed.address, () => {});
  onTestFinished(() => connections.close());
  await connections.reach([]);
  return connections;
}

/** A number in the slots of a shard that no test before has failed over. */
export async function numberOf(cluster: TestCluster, owner: ClusterNode): Promise<string> {
  for (;;) {
    const number = testNumber();
    const slot = await cluster.slotOf(slotKey(keySpace(number, "live")));
    if ((await cluster.ownerOf(slot)) === owner) return number;
  }
}

/** Two workers of one number. Neither waits for the other after a start of Redis. */
export async function openWorkers(cluster: TestCluster, durability: Durability, number: string) {
  const open = async () => {
    const { ledger } = await connect(cluster);
    const redis = ledger(keySpace(number, "live"));
    return openTestStore({ settleMs: 0 }, redis, { number, durability, clientOf: ledger });
  };
  return { one: await open(), other: await open() };
}

/** Another worker claims the third row as soon as it may. */
export async function expectGranted({ other, id }: { other: TestStore; id: string }) {
  const nonce = randomBytes(8);
  const claim = async () => other.claim(id, [3], { run: await other.runOf(id, 0), nonce });
  await expect
    .poll(() => claim().catch(() => null))
    .toMatchObject({ kind: "rows", verdicts: [{ kind: "granted" }] });
}
