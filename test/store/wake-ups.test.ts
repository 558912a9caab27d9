import { expect, test } from "vitest";
import { ALL_NUMBERS, keySpace } from "../../src/store/keys.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { freeze } from "../support/replicas.ts";

test("a change is done although the node of the wake-ups does not answer its hint", async () => {
  const [own, shared] = [await startOwnRedis(), await startOwnRedis()];
  const [redis, deployment] = [own.connect(), shared.connect()];
  const all = keySpace(ALL_NUMBERS, "live");
  const clientOf = (space: string) => (space === all ? deployment : redis);
  const bench = await openTestStore({}, redis, { clientOf });
  const id = await bench.import(1);
  // Its first change: one hint a second is sent.
  const other = await openTestStore({}, redis, { number: bench.number, clientOf });
  const thaw = freeze(shared);

  await other.store.campaigns.pause(id, "operator");

  expect((await bench.found(id)).status).toBe("paused");
  thaw();
});
