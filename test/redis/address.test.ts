import { expect, test } from "vitest";
import { parseRedisUrl } from "../../src/core/redis-address.ts";

test("a path is the address of a socket", () => {
  const path = "/run/redis.sock";
  expect(parseRedisUrl(path)).toEqual({ ok: true, value: { kind: "socket", path } });
});

test.each(["", "localhost", "localhost:6379", "http://host", "redis://", "redis-cluster://"])(
  "%s is refused without being repeated",
  (text) => {
    const parsed = parseRedisUrl(text);

    expect(parsed).toMatchObject({ ok: false, refusal: { code: "redis_url_invalid" } });
    expect(JSON.stringify(parsed)).not.toContain("localhost");
  },
);
