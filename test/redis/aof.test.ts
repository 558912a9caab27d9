import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { keepAofConsistent, rewriteAofAfterStart } from "../../src/redis/aof.ts";
import { aofRewritten } from "../support/aof.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const SCRIPT = "for _, key in ipairs(KEYS) do redis.call('INCR', key) end";

/** Cuts the file in the last command of the script that was written last. */
async function tear({ dir, kill }: OwnRedis): Promise<void> {
  await kill();
  const folder = join(dir, "data");
  const [file = ""] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /incr\.aof$|^appendonly\.aof$/.test(name),
  );
  const path = join(folder, file);
  truncateSync(path, statSync(path).size - "*1\r\n$4\r\nEXEC\r\n".length - 3);
}

test("the half of a script in a torn file does not come back at the second start, once the file was rewritten after the first", async () => {
  const own = await startOwnRedis();
  const redis = own.connect();
  await redis.eval(SCRIPT, 3, "a", "b", "c");
  await tear(own);

  await own.restart();
  expect(await redis.mget("a", "b", "c")).toEqual([null, null, null]);
  expect(await rewriteAofAfterStart(redis)).toBe(undefined);
  await aofRewritten(redis);
  await redis.eval(SCRIPT, 2, "d", "e");
  await own.restart();

  expect(await redis.mget("a", "b", "c", "d", "e")).toEqual([null, null, null, "1", "1"]);
});

test("a Redis that has rewritten its file since it started is left alone", async () => {
  const own = await startOwnRedis();
  const redis = own.connect();
  await rewriteAofAfterStart(redis);
  await aofRewritten(redis);
  await redis.config("RESETSTAT");

  await rewriteAofAfterStart(redis);

  const stats = await redis.info("commandstats");
  expect(stats).not.toContain("cmdstat_bgrewriteaof");
});

test("a service that forbids it is named once, however often the client connects", async () => {
  const own = await startOwnRedis({ args: ["--rename-command", "BGREWRITEAOF", ""] });
  const redis = own.connect();
  const said: string[] = [];
  const asked = vi.spyOn(redis, "bgrewriteaof");
  const refusals = (): number =>
    asked.mock.settledResults.filter(({ type }) => type === "rejected").length;

  await keepAofConsistent(redis, (problem) => said.push(problem));
  await vi.waitFor(() => expect(refusals()).toBe(1), SOON);
  await own.restart();
  await vi.waitFor(() => expect(refusals()).toBe(2), SOON);
  // What follows a refusal is done before the next turn of the event loop.
  await setImmediate();

  expect(said).toEqual([expect.stringContaining("unknown command")]);
});
