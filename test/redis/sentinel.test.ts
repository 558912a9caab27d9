/** Sentinels, and addresses that do not fit what answers there. */
import { expect, onTestFinished, test, vi } from "vitest";
import { reachRedis } from "../../src/app/reach-redis.ts";
import { parseRedisAddress } from "../../src/core/redis-address.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { startAnswering } from "../support/answering-redis.ts";
import { type OwnRedis, startOwnRedis } from "../support/redis.ts";
import { startSentinel } from "../support/sentinel.ts";
import { SOON } from "../support/soon.ts";

const SECRET = "hunter2";
const portOf = ({ url }: Pick<OwnRedis, "url">) => Number(new URL(url).port);

/** Connects as a command does, which does not wait. */
async function reach(url: string, keys: readonly string[] = []) {
  const parsed = parseRedisAddress(url);
  if (!("address" in parsed)) throw new Error(parsed.problem.message);
  const reached = await reachRedis({
    ...{ address: parsed.address, patience: "refuse" },
    wanted: keys.map((key) => ({ key, name: key })),
    ...{ troubles: () => {}, say: () => {} },
  });
  if (reached.ok) onTestFinished(() => reached.value.close());
  return reached;
}

async function refusal(url: string) {
  const reached = await reach(url);
  if (reached.ok) throw new Error("was reached");
  expect(JSON.stringify(reached.refusal)).not.toContain(SECRET);
  return reached.refusal;
}

test("the master that Sentinels name is used, and the one that takes over after it", async () => {
  const master = await startOwnRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const replica = await startOwnRedis({
    args: ["--replicaof", "127.0.0.1", String(portOf(master))],
  });
  const sentinel = await startSentinel(portOf(master));
  const reached = await reach(`redis-sentinel://127.0.0.1:${sentinel.port}/mymaster`);
  if (!reached.ok) throw new Error(reached.refusal.message);
  const ledger = reached.value.ledger("main");
  await ledger.set("key", "value");
  await sentinel.knowsReplica(portOf(replica));
  const copy = replica.connect();
  await vi.waitFor(async () => expect(await copy.get("key")).toBe("value"), SOON);

  await master.kill();

  await vi.waitFor(async () => expect(await ledger.incr("count")).toBe(1), SOON);
  expect(await ledger.get("key")).toBe("value");
  expect(await copy.get("count")).toBe("1");
});

test("Sentinels and the Redis that they watch may each have a password of their own", async () => {
  const [own, theirs] = ["of-redis", "of-sentinels"];
  const quick = ["--repl-diskless-sync-delay", "0"];
  const master = await startOwnRedis({ args: quick });
  const at = ["--replicaof", "127.0.0.1", String(portOf(master)), "--masterauth", own];
  await master.connect().config("SET", "requirepass", own);
  const replica = await startOwnRedis({ args: [...quick, ...at] });
  await replica.connect().config("SET", "requirepass", own);
  const sentinel = await startSentinel(portOf(master), { password: theirs, masterPassword: own });
  await sentinel.knowsReplica(portOf(replica));
  const url = `redis-sentinel://:${own}@127.0.0.1:${sentinel.port}/mymaster`;

  const without = await reach(url);
  expect(without).toMatchObject({ refusal: { code: "redis_topology" } });
  expect(without.ok ? "" : without.refusal.fix).toContain("sentinelPassword");
  const wrong = await reach(`${url.replace(own, "wrong")}?sentinelPassword=${theirs}`);
  expect(wrong).toMatchObject({ ok: false });
  const reached = await reach(`${url}?sentinelPassword=${theirs}`);
  if (!reached.ok) throw new Error(reached.refusal.message);
  const ledger = reached.value.ledger("main");
  await ledger.set("key", "value");
  await ledger.wait(1, 30_000);

  await master.kill();

  await vi.waitFor(async () => expect(await ledger.incr("count")).toBe(1), SOON);
  expect(await ledger.get("key")).toBe("value");
});

test("Sentinels are refused without waiting for replicas, also while none is connected", async () => {
  const master = await startOwnRedis();
  const sentinel = await startSentinel(portOf(master));
  const reached = await reach(`redis-sentinel://127.0.0.1:${sentinel.port}/mymaster`);
  if (!reached.ok) throw new Error(reached.refusal.message);

  const safe = await checkRedisSafety(reached.value.ledger("main"), { allowUnsafe: false });

  expect(safe).toMatchObject({ refusal: { code: "redis_async_replica" } });
  expect(safe.ok ? "" : safe.refusal.fix).toContain("DROPCAST_REDIS_DURABILITY=replicas:R");
});

test("mistakes in an address of Sentinels are said with what to write", async () => {
  const master = await startOwnRedis();
  const sentinel = await startSentinel(portOf(master));
  const at = `127.0.0.1:${sentinel.port}`;

  const unknown = await refusal(`redis-sentinel://:${SECRET}@${at}/mymastr`);
  expect(unknown).toMatchObject({ code: "redis_topology" });
  expect(unknown.message).toContain("it knows: mymaster");

  const plain = await refusal(`redis-sentinel://127.0.0.1:${portOf(master)}/mymaster`);
  expect(plain.message).toContain("is not a Sentinel");

  const direct = await refusal(`redis://${at}`);
  expect(direct.message).toContain("is a Sentinel");
  expect(direct.fix).toContain(`redis-sentinel://${at}/mymaster`);
});

test("a single Redis under the address of a cluster is said, and a node of a cluster under one of its own", async () => {
  const single = await startOwnRedis();
  const node = await startOwnRedis({ args: ["--cluster-enabled", "yes"] });

  const none = await refusal(`redis-cluster://127.0.0.1:${portOf(single)}`);
  expect(none).toMatchObject({ code: "redis_topology" });
  expect(none.fix).toContain(`redis://127.0.0.1:${portOf(single)}`);

  const one = await refusal(`redis://127.0.0.1:${portOf(node)}`);
  expect(one).toMatchObject({ code: "redis_cluster" });
  expect(one.fix).toContain(`redis-cluster://127.0.0.1:${portOf(node)}`);

  const unowned = await reach(`redis-cluster://127.0.0.1:${portOf(node)}`, ["dropcast:{main}"]);
  expect(unowned).toMatchObject({ ok: false, refusal: { code: "redis_unreachable" } });
});

test("nodes that do not answer are named, without the password", async () => {
  const gone = await refusal(`redis-cluster://:${SECRET}@127.0.0.1:1,127.0.0.1:2`);

  expect(gone).toMatchObject({ code: "redis_unreachable" });
  expect(gone.message).toContain("redis-cluster://127.0.0.1:1,127.0.0.1:2");
  expect(gone.message).toContain("127.0.0.1:2 does not answer (connection refused)");
});

/** A Sentinel that names what it likes, and knows of nothing else. */
async function startLyingSentinel(port: number): Promise<string> {
  const named = `*2\r\n$9\r\n127.0.0.1\r\n$${String(port).length}\r\n${port}\r\n`;
  const known = "*1\r\n*2\r\n$4\r\nname\r\n$8\r\nmymaster\r\n";
  const at = await startAnswering(([, what = ""]) =>
    what === "get-master-addr-by-name" ? named : what === "masters" ? known : "*0\r\n",
  );
  return `redis-sentinel://127.0.0.1:${at}/mymaster`;
}

test("what Sentinels name as the master is said, whatever it is: gone, silent, a replica, no Redis", async () => {
  const master = await startOwnRedis({ args: ["--repl-diskless-sync-delay", "0"] });
  const at = ["--replicaof", "127.0.0.1", String(portOf(master))];
  const replica = await startOwnRedis({ args: at });
  const gone = await refusal(await startLyingSentinel(1));
  const second = await refusal(await startLyingSentinel(portOf(replica)));
  const other = await refusal(await startLyingSentinel(await startAnswering(() => "HTTP/1.1 400")));
  process.kill(master.pid(), "SIGSTOP");
  const silent = await refusal(await startLyingSentinel(portOf(master)));
  process.kill(master.pid(), "SIGCONT");

  const all = [gone, second, other, silent];
  expect(all.map(({ code }) => code)).toEqual(Array(4).fill("redis_unreachable"));
  expect(gone.message).toContain(
    "does not serve anything: the master that Sentinels name, 127.0.0.1:1, does not answer (connection refused)",
  );
  expect(second.message).toContain("which Sentinels name as the master, is a replica");
  expect(other.message).toContain("is not a Redis");
  expect(silent.message).toContain("does not answer (no answer)");
});

test("a node of a cluster that Sentinels name as the master is refused", async () => {
  const node = await startOwnRedis({ args: ["--cluster-enabled", "yes"] });

  const named = await reach(await startLyingSentinel(portOf(node)));

  expect(named).toMatchObject({ ok: false, refusal: { code: "redis_cluster" } });
});
