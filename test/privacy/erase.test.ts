import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { type EraseInput, erasePerson } from "../../src/privacy/erase.ts";
import { createFailedQueue } from "../../src/queue/failed-queue.ts";
import { createQueueClient } from "../../src/redis/queue-client.ts";
import { queuePrefix } from "../../src/store/keys.ts";
import type { ImportOutcome } from "../../src/store/ledger/batch-rows.ts";
import { createSuppressions } from "../../src/store/people/suppressions.ts";
import { scriptSource } from "../../src/store/scripts/runner.ts";
import { openTestStore, testDefinition, testPhone } from "../support/campaigns.ts";
import { restartedImport, storeBatch } from "../support/half-import.ts";
import { startOwnRedis } from "../support/redis.ts";
import { SOON } from "../support/soon.ts";

const PERSON = testPhone(7);

/** A whole Redis of its own, for it is searched whole. */
async function openBench() {
  const server = await startOwnRedis();
  const redis = server.connect();
  const bench = await openTestStore({}, redis);
  const connection = createQueueClient(server.address);
  const failed = createFailedQueue({ client: () => connection, store: bench.store });
  onTestFinished(async () => {
    await failed.close();
    connection.disconnect();
  });
  const dir = mkdtempSync(join(tmpdir(), "dropcast-erase-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const suppressions = await createSuppressions({ redis, startFenceMs: 100 });
  const input: EraseInput = {
    servers: [redis],
    stores: [bench.store],
    suppressions,
    dropsDir: join(dir, "drops"),
    dataDir: join(dir, "data"),
    dropJob: (_, message) => failed.drop(message),
    forgetCaps: async () => {},
    wireMs: 200,
  };
  const erase = (changes: Partial<EraseInput> = {}, person = PERSON) =>
    erasePerson({ ...input, ...changes }, person);
  return { ...bench, server, failed, dir, suppressions, erase };
}

/** What WhatsApp makes of a number. */
function wamidOf(phone: string, id: number): string {
  const head = Buffer.from([0x1c, 0x18, phone.length]);
  const middle = Buffer.from("150200111812", "hex");
  const tail = id.toString(16).toUpperCase().padStart(18, "A");
  const raw = [head, Buffer.from(phone), middle, Buffer.from(tail), Buffer.of(0)];
  return `wamid.${Buffer.concat(raw).toString("base64")}`;
}

/** Every key of the Redis that holds the number in any form: digits, halved as in wamids, base64. */
async function keysNaming(redis: Redis, phone: string): Promise<string[]> {
  const national = phone.slice(2);
  const halved = Buffer.from(phone.length % 2 === 0 ? phone : `0${phone}`, "hex");
  const needles = [Buffer.from(national), halved, Buffer.from(btoa(phone.slice(0, 9)))];
  const naming: string[] = [];
  for (const key of await redis.keysBuffer("*")) {
    const dump = [key, ...(await valuesOf(redis, key))];
    const bytes = Buffer.concat(dump.flatMap((value) => [value, inflated(value)]));
    if (needles.some((needle) => bytes.includes(needle))) naming.push(key.toString());
  }
  return naming.sort();
}

async function valuesOf(redis: Redis, key: Buffer): Promise<Buffer[]> {
  switch (await redis.type(key)) {
    case "string":
      return [(await redis.getBuffer(key)) ?? Buffer.alloc(0)];
    case "hash":
      return Object.entries(await redis.hgetallBuffer(key)).flatMap(([field, value]) => [
        Buffer.from(field),
        value,
      ]);
    case "zset":
      return redis.zrangeBuffer(key, "0", "-1");
    case "set":
      return redis.smembersBuffer(key);
    case "list":
      return redis.lrangeBuffer(key, 0, -1);
    case "stream":
      return (await redis.xrangeBuffer(key, "-", "+")).flatMap(([id, fields]) => [id, ...fields]);
    default:
      throw new Error(`A key of another type: ${key.toString()}`);
  }
}

function inflated(value: Buffer): Buffer {
  try {
    return inflateRawSync(value);
  } catch {
    return Buffer.alloc(0);
  }
}

test("afterwards no key of Redis holds the number in any form, and every count is as it was", async () => {
  const bench = await openBench();
  const { status, send, grant, record } = bench;
  const outcomes = new Map<number, ImportOutcome>([
    [8, { kind: "duplicate", phone: PERSON, of: 7 }],
  ]);
  const [sent, failed, unknown, doubled, twice] = await Promise.all(
    Array.from({ length: 5 }, () => bench.import(9, { outcomes })),
  );
  if (!sent || !failed || !unknown || !doubled || !twice) throw new Error("No campaign.");
  await send(sent, 7, "accepted", { wamid: wamidOf(PERSON, 1) });
  await status(wamidOf(PERSON, 1), "delivered", { recipient: PERSON });
  await send(failed, 7, "accepted", { wamid: wamidOf(PERSON, 2) });
  await status(wamidOf(PERSON, 2), "failed", { recipient: PERSON, code: 131026 });
  await bench.failed.addOutbox(10);
  await send(unknown, 7, "accepted", { reference: "ref-48600000007" });
  await bench.redis.hdel(bench.keys.claimed, bench.store.ledger.person(PERSON));
  const [on] = await grant(doubled, 7);
  await record(on, "accepted", { wamid: wamidOf(PERSON, 3) });
  await record(on, "accepted", { wamid: wamidOf(PERSON, 4) });
  await send(twice, 7, "accepted", { wamid: wamidOf(PERSON, 5) });
  await status(wamidOf(PERSON, 5), "failed", { code: 131049 });
  await bench.store.campaigns.retryRows(twice, 0, [{ row: 7, attempt: 1 }]);
  await send(twice, 7, "unknown");
  // Nobody knows this message: one event names the person, the other only its own id does.
  await status(wamidOf(PERSON, 6), "read", { recipient: PERSON });
  await status(wamidOf(PERSON, 7), "read");
  await status(wamidOf(testPhone(1), 8), "read", { recipient: testPhone(1) });
  const named = await keysNaming(bench.redis, PERSON);
  const counts = await Promise.all([sent, failed, unknown, doubled, twice].map(bench.counts));

  const told = await bench.erase();

  expect(named.length).toBeGreaterThan(10);
  expect(await keysNaming(bench.redis, PERSON)).toEqual([]);
  expect(told).toMatchObject({ rows: 10, optedOut: false, onTheWire: 0, importing: [] });
  expect(await Promise.all([sent, failed, unknown, doubled, twice].map(bench.counts))).toEqual(
    counts,
  );
  expect(await bench.row(sent, 7)).toMatchObject({
    state: "delivered",
    phone: "",
    cells: ["", ""],
    erased: true,
    wamid: null,
  });
  expect(await bench.redis.zcard(bench.keys.undeliverable)).toBe(0);
  expect(await bench.redis.zcard(bench.keys.parkedUntil)).toBe(1);
  expect(await bench.row(sent, 6)).toMatchObject({ phone: testPhone(6), erased: false });
  expect(await bench.failed.addOutbox(10)).toBe(0);
  expect(
    await bench.redis.exists(`${queuePrefix(bench.number)}:failed-${bench.number}:f-${failed}-7-1`),
  ).toBe(0);
  expect(await status(wamidOf(PERSON, 1), "read")).toEqual({ kind: "parked" });
  expect(await bench.erase()).toMatchObject({ rows: 0, files: 0 });
});

test("a person whom only an importer that died has stored goes, and every count stays", async () => {
  const bench = await openBench();
  const { campaign, ...handle } = await restartedImport(bench, 13);
  await storeBatch(bench, { campaign, ...handle }, 0);
  await bench.store.campaigns.cancel(campaign);
  const left = testPhone(1_201);
  const counts = await bench.counts(campaign);

  expect(await keysNaming(bench.redis, left)).toEqual([bench.own(campaign).batch(12)]);
  await bench.erase({}, left);

  expect(await keysNaming(bench.redis, left)).toEqual([]);
  expect(await bench.counts(campaign)).toEqual(counts);
  expect(await bench.row(campaign, 1)).toMatchObject({ phone: testPhone(1), erased: false });
});

test("a person who waits for a message is not sent one; the campaign goes on and ends", async () => {
  const bench = await openBench();
  const id = await bench.import(7);
  for (let row = 1; row <= 6; row++) await bench.send(id, row, "accepted");

  await bench.erase();

  expect(await bench.counts(id)).toEqual({ accepted: 6, suppressed: 1 });
  expect((await bench.found(id)).status).toBe("finished");
});

test("a failed message of an erased person that somebody retries becomes suppressed", async () => {
  const bench = await openBench();
  const id = await bench.import(7);
  await bench.send(id, 7, "failed", { code: 100 });
  await bench.erase();
  expect(await bench.state(id, 7)).toBe("failed");

  await bench.store.campaigns.retryRows(id, 0, [{ row: 7, attempt: 1 }]);
  const nobody = bench.store.ledger.person("");
  const claim = await bench.claim(id, [7], { rows: [{ row: 7, person: nobody }] });

  expect(claim).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
  expect(await bench.state(id, 7)).toBe("suppressed");
});

test("a message on the wire is left whole, and the next time it is erased", async () => {
  const bench = await openBench();
  const id = await bench.import(7);
  const [granted] = await bench.grant(id, 7);

  expect(await bench.erase()).toMatchObject({ rows: 0, onTheWire: 1 });
  expect(await bench.row(id, 7)).toMatchObject({ phone: PERSON, state: "sending" });
  await bench.record(granted, "accepted", { wamid: wamidOf(PERSON, 1) });

  expect(await bench.erase()).toMatchObject({ rows: 1, onTheWire: 0 });
  expect(await keysNaming(bench.redis, PERSON)).toEqual([]);
  expect(await bench.state(id, 7)).toBe("accepted");
});

test("what webhooks tell of a message on the wire while its person is erased goes, too", async () => {
  const bench = await openBench();
  const id = await bench.import(7);
  const [granted] = await bench.grant(id, 7);

  const erasing = bench.erase({ wireMs: SOON.timeout });
  await vi.waitFor(
    async () => expect(await bench.redis.hexists(bench.keys.claimed, granted.person)).toBe(0),
    SOON,
  );
  await bench.status(wamidOf(PERSON, 2), "sent", { recipient: PERSON });
  expect(await bench.redis.hlen(bench.keys.parked)).toBe(1);
  await bench.record(granted, "accepted", { wamid: wamidOf(PERSON, 1) });

  expect(await erasing).toMatchObject({ rows: 1, onTheWire: 0 });
  expect(await bench.redis.exists(bench.keys.parked)).toBe(0);
  expect(await keysNaming(bench.redis, PERSON)).toEqual([]);
});

test("an opt-out outlives the person as a digest, in every number", async () => {
  const bench = await openBench();
  const other = await openTestStore({}, bench.redis);
  await bench.suppressions.add([
    { phone: PERSON, scope: "marketing", source: "phone call of 48600000007", atMs: null },
  ]);
  expect(await bench.erase()).toMatchObject({ optedOut: true });

  expect(await keysNaming(bench.redis, PERSON)).toEqual([]);
  const id = await other.import(7);
  expect(await other.claim(id, [7])).toMatchObject({ verdicts: [{ kind: "opted_out" }] });
});

test("an opt-out by 131050 that is not written down yet is kept, too", async () => {
  const bench = await openBench();
  const id = await bench.import(7);
  await bench.send(id, 7, "failed", { code: 131050, optOut: true });
  expect(await bench.erase()).toMatchObject({ optedOut: true });
  expect(await bench.redis.exists(bench.keys.optOutOutbox)).toBe(0);
});

test("rejected rows that name the number go, of others' rows only the cell", async () => {
  const bench = await openBench();
  const begun = await bench.store.imports.begin({
    digest: "d",
    again: false,
    definition: testDefinition(bench.number),
    file: "list.csv",
    columns: ["phone", "friend"],
    mode: "sandbox",
  });
  if (begun.kind !== "begun") throw new Error(begun.kind);
  const rows = [
    {
      cells: ["600 000 007", ""],
      outcome: { kind: "rejected", code: "phone_ambiguous", column: "phone" },
    },
    { cells: [testPhone(1), "+48 600-000-007"], outcome: { kind: "pending", phone: testPhone(1) } },
    { cells: [testPhone(2), "Bob"], outcome: { kind: "pending", phone: testPhone(2) } },
  ] as const;
  await bench.store.imports.chunk({ ...begun, firstBatch: 0, batches: [{ rows }] });

  expect(await bench.erase()).toMatchObject({ rows: 1, cells: 1, importing: [begun.campaign] });

  await bench.store.imports.finish({ ...begun, rows: 3, batches: 1 });
  const left = await Promise.all([1, 2, 3].map((row) => bench.row(begun.campaign, row)));
  expect(left.map(({ state, cells }) => [state, ...cells])).toEqual([
    ["rejected", "", ""],
    ["pending", testPhone(1), "erased"],
    ["pending", testPhone(2), "Bob"],
  ]);
  expect(await keysNaming(bench.redis, PERSON)).toEqual([]);
});

test("a row that changes between the look and the step is looked at again", async () => {
  const bench = await openBench();
  const id = await bench.import(7);
  const granted = await bench.send(id, 7, "unknown");
  const { redis } = bench;
  const name = "dropcast-erase-rows";
  redis.defineCommand(name, { numberOfKeys: 2, lua: scriptSource("erase-rows") });
  const run = Reflect.get(redis, name) as (...args: unknown[]) => Promise<number>;
  let calls = 0;
  Reflect.set(redis, name, async (...args: unknown[]) => {
    // A late answer brings the wamid.
    if (calls++ === 0) await bench.record(granted, "accepted", { wamid: wamidOf(PERSON, 1) });
    return run.apply(redis, args);
  });
  await bench.erase();

  expect(calls).toBe(2);
  expect(await keysNaming(redis, PERSON)).toEqual([]);
});

test("no file holds the number: not the lists, not the logs, not what Redis keeps on its disk", async () => {
  const bench = await openBench();
  const done = join(bench.dir, "drops", "done");
  mkdirSync(done, { recursive: true });
  writeFileSync(join(done, "list.csv"), `phone,name\n+48 600 000 007,Anna\n${testPhone(8)},Bob\n`);
  writeFileSync(join(done, "list.rejects.csv"), `phone,line\n600000007,9\n`);
  await bench.import(7);
  const call = { phone: PERSON, scope: "all", source: "phone call", atMs: null } as const;
  await bench.suppressions.add([call]);
  const aof = () => readFiles(join(bench.server.dir)).join("");
  expect(aof()).toContain("600000007");

  const told = await bench.erase();

  expect(told).toMatchObject({ rows: 1, files: 2, lines: 2, history: "rewritten" });
  expect(readFileSync(join(done, "list.csv"), "utf8")).toBe(`phone,name\n${testPhone(8)},Bob\n`);
  await expect.poll(() => aof().includes("600000007")).toBe(false);
});

function readFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"));
}
