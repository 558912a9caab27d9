import { expect, test } from "vitest";
import { startOwnRedis } from "../support/redis.ts";

test("restarts of a test server that overlap leave one server, the one that answers", async () => {
  const own = await startOwnRedis();
  const redis = own.connect();
  const killAndRestart = async () => {
    await own.kill();
    await own.restart();
  };

  await Promise.all([killAndRestart(), killAndRestart(), killAndRestart()]);

  const info = await redis.info("server");
  expect(info).toContain(`process_id:${own.pid()}\r\n`);
  expect(await redis.set("key", "value")).toBe("OK");
  await own.restart();
  expect(await redis.get("key")).toBe("value");
});
