import { expect, test } from "vitest";
import { describeAddress, parseRedisAddress } from "../../src/core/redis-address.ts";

const NO_LOGIN = { username: undefined, password: undefined };
const NO_NAME = { servername: undefined };

function parsed(text: string) {
  const found = parseRedisAddress(text);
  return "address" in found ? found.address : found.problem;
}

test.each([
  ["redis://127.0.0.1:6379", { kind: "url", url: "redis://127.0.0.1:6379" }],
  ["rediss://user:pa%3Ass@host:6380/2", { kind: "url", url: "rediss://user:pa%3Ass@host:6380/2" }],
  ["unix:///run/redis.sock", { kind: "socket", path: "/run/redis.sock" }],
  ["unix:/run/redis.sock", { kind: "socket", path: "/run/redis.sock" }],
])("%s is one endpoint", (text, address) => {
  expect(parsed(text)).toEqual(address);
});

test("a cluster is named by some of its nodes, with one login for all", () => {
  expect(parsed("redis-cluster://a:7001,b,[::1]:7003")).toEqual({
    kind: "cluster",
    seeds: [
      { host: "a", port: 7001 },
      { host: "b", port: 6379 },
      { host: "::1", port: 7003 },
    ],
    ...{ login: NO_LOGIN, tls: false, ...NO_NAME },
  });
  expect(parsed("rediss-cluster://user:p%40ss@a:1/?servername=redis.example.com")).toEqual({
    kind: "cluster",
    seeds: [{ host: "a", port: 1 }],
    ...{ login: { username: "user", password: "p@ss" }, tls: true },
    servername: "redis.example.com",
  });
});

test("Sentinels are named with the master that they watch, and may have a password of their own", () => {
  expect(parsed("redis-sentinel://a,b:26380/mymaster")).toEqual({
    kind: "sentinel",
    sentinels: [
      { host: "a", port: 26379 },
      { host: "b", port: 26380 },
    ],
    ...{ master: "mymaster", db: 0, login: NO_LOGIN, sentinelLogin: NO_LOGIN, tls: false },
    ...NO_NAME,
  });
  expect(
    parsed("rediss-sentinel://:pw@a/one/2?sentinelUsername=s&sentinelPassword=x%26y"),
  ).toMatchObject({
    ...{ master: "one", db: 2, tls: true, login: { username: undefined, password: "pw" } },
    sentinelLogin: { username: "s", password: "x&y" },
  });
});

const SECRET = "hunter2";
test.each([
  ["", "is not a URL"],
  ["localhost", "is not a URL"],
  ["localhost:6379", "scheme which is not one of Redis"],
  [`http://:${SECRET}@host`, "scheme which is not one of Redis"],
  ["redis://", "no host"],
  ["redis://host/name", "not a number"],
  ["redis://a:6379,b:6379", "several hosts"],
  [`redis://:${SECRET}@a:6379,b:6379`, "several hosts"],
  ["unix:redis.sock", "absolute path"],
  ["redis-cluster://", "no host"],
  ["redis-cluster:a:1", "no host"],
  ["redis-cluster://a:1,,b:2", "host 2 of 3"],
  ["redis-cluster://a:1,b:port", "host 2 of 2"],
  ["redis-cluster://a:0", "host 1 of 1"],
  ["redis-cluster://a:70000", "host 1 of 1"],
  ["redis-cluster://a:1/3", "a database or a master"],
  ["redis-cluster://a:1/mymaster", "a database or a master"],
  [`redis-cluster://user:${SECRET}@x@a:1`, "an @ or /"],
  [`redis-cluster://user:${SECRET}/x@a:1`, "an @ or /"],
  [`redis-cluster://user:${SECRET}%zz@a:1`, "an @ or /"],
  [`redis-cluster://a:1?${SECRET}=1`, "option that is not known"],
  ["redis-sentinel://a:1", "does not name the master"],
  ["redis-sentinel://a:1/", "does not name the master"],
  ["redis-sentinel://a:1/one/two", "does not name the master"],
  [`redis-sentinel://a:1/one?password=${SECRET}`, "option that is not known"],
])("%s is refused with its words, and never shown", (text, words) => {
  const found = parsed(text) as { message: string; fix: string };

  expect(found.message).toContain(words);
  expect(found.fix).not.toBe("");
  expect(JSON.stringify(found)).not.toContain(SECRET);
});

test.each([
  ["rediss://user:hunter2@host:6380/2?x=hunter2", "rediss://host:6380/2"],
  ["rediss-cluster://user:hunter2@a:1,b:2?servername=hunter2", "rediss-cluster://a:1,b:2"],
  ["redis-sentinel://:hunter2@a:1,[::1]:2/one", "redis-sentinel://a:1,[::1]:2/one"],
])("the password of an address is never described", (text, described) => {
  const found = parseRedisAddress(text);
  expect("address" in found && describeAddress(found.address)).toBe(described);
});
