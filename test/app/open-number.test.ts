import { expect, test } from "vitest";
import { openEraser } from "../../src/app/lists.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import { openTestPlatform } from "../support/platform.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";

test("a number of others whose data is newer than this version is not opened, and erases no one", async () => {
  const server = await startOwnRedis();
  const [own, other] = [testNumber(), testNumber()];
  const env = { DROPCAST_REDIS_URL: server.url };
  await openTestPlatform({ [other]: {} }, env);
  const { platform } = await openTestPlatform({ [own]: {} }, env);
  expect(await platform.openNumber(other)).toMatchObject({ ok: true });

  await platform.redis.set(`dropcast:{${other}}:schema`, SCHEMA + 1);

  const newer = { ok: false, refusal: { code: "schema_newer" } };
  expect(await platform.openNumber(other)).toMatchObject(newer);
  expect(await openEraser(platform)).toMatchObject(newer);
});
