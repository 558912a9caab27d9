/** What INFO says of a Redis, as the servers that are supported write it. */
import { expect, test } from "vitest";
import { redisMode } from "../../src/redis/server.ts";

test.each([
  ["Redis 7.0.15", "redis_mode", "cluster"],
  ["Redis 7.0.15", "redis_mode", "sentinel"],
  ["Valkey 8.1.1", "server_mode", "cluster"],
  ["Valkey 9.1.2", "server_mode", "sentinel"],
])("%s tells in %s that it is a %s", (_server, field, mode) => {
  expect(redisMode(new Map([[field, mode]]))).toBe(mode);
});
