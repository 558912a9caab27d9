import { expect, test } from "vitest";
import { describeAddress, parseRedisUrl, redisTarget } from "../../src/redis/address.ts";

test.each([
  ["redis://127.0.0.1:6379", "redis://127.0.0.1:6379"],
  ["rediss://user:pa%3Ass@host:6380/2", "rediss://user:pa%3Ass@host:6380/2"],
  ["unix:///run/redis.sock", "/run/redis.sock"],
  ["/run/redis.sock", "/run/redis.sock"],
])("%s is an address", (text, target) => {
  const parsed = parseRedisUrl(text);

  expect(parsed.ok && redisTarget(parsed.value)).toBe(target);
});

test.each(["", "localhost", "localhost:6379", "http://host", "redis://"])(
  "%s is refused without being repeated",
  (text) => {
    const parsed = parseRedisUrl(text);

    expect(parsed).toMatchObject({ ok: false, refusal: { code: "redis_url_invalid" } });
    expect(JSON.stringify(parsed)).not.toContain("localhost");
  },
);

test("the password of an address is never described", () => {
  const url = "rediss://user:secret@host:6380/2?x=secret";

  expect(describeAddress({ kind: "url", url })).toBe("rediss://host:6380/2");
});
