import { randomInt, randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { findCampaign, limitStores } from "../../src/campaigns/find.ts";
import { moveRows } from "../../src/campaigns/pools/move.ts";
import { memberOf } from "../../src/core/pool.ts";
import { exportRows } from "../../src/export/export-rows.ts";
import { poolSink } from "../../src/producer/import/pool-sink.ts";
import { createFileImporter } from "../../src/producer/import-file.ts";
import type { ListSink } from "../../src/producer/sink/sink.ts";
import { startPools } from "../../src/worker/pool-chore.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis, testNumber } from "../support/redis.ts";
import { finishOwnMoves } from "./pool-support.ts";

const BY = { who: "test", from: "test" } as never;

/** Two or three numbers, and a list for both, on a Redis of its own as in pool-support.ts. */
async function openPool(count = 2, rows = 300, given?: Redis) {
  const redis = given ?? (await startOwnRedis()).connect();
  const names = Array.from({ length: count }, () => testNumber());
  const benches = [];
  for (const number of names) benches.push(await openTestStore({}, redis, { number }));
  const stores = Object.fromEntries(benches.map(({ store }) => [store.number, store]));
  const dir = mkdtempSync(join(tmpdir(), "dropcast-pool-"));
  const campaignPath = join(dir, "sale.yaml");
  const csvPath = join(dir, "list.csv");
  const name = `Sale ${randomUUID()}`;
  writeFileSync(
    campaignPath,
    JSON.stringify({
      ...{ name, numbers: names, category: "marketing", template: TEMPLATE },
      recipients: { country: "PL" },
    }),
  );
  const base = 500_000_000 + randomInt(9_000) * 10_000;
  const phones = Array.from({ length: rows }, (_, at) => `+48${base + at}`);
  writeFileSync(csvPath, ["phone,name", ...phones.map((one, at) => `${one},N${at}`)].join("\n"));
  const members = names.map((number, at) => ({ number, weight: 10 * (at + 1) }));
  const send = (sink: ListSink = poolSink(Object.values(stores), members)) =>
    createFileImporter({
      numbers: stores,
      openNumber: () => {
        throw new Error("one number");
      },
      openPool: () => ({ sink, store: null, country: "PL" }),
      mode: "live",
    })({ campaignPath, csvPath, rejectsPath: null });
  return { redis, names, stores, benches, csvPath, phones, members, send };
}

const TEMPLATE = {
  ...{ name: "sale", language: { code: "en" } },
  components: [{ type: "body", parameters: [{ type: "text", text: "{{name}}" }] }],
};

async function found(stores: Parameters<typeof findCampaign>[0], id: string) {
  const result = await findCampaign(stores, id);
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}

async function imported(sent: Promise<{ ok: boolean; report: { campaign: string | null } }>) {
  const result = await sent;
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.report.campaign ?? "";
}

test("who may see some of its numbers is told of none of the others", async () => {
  const { names, stores, send } = await openPool(2, 20);
  const id = await imported(send());
  const unknown = await findCampaign(stores, "pool-999999");

  const limited = await findCampaign(
    limitStores(stores, (name) => name === names[0]),
    id,
  );

  expect(limited).toMatchObject({ ok: false, refusal: { code: "no_such_campaign" } });
  expect(JSON.stringify(limited)).not.toContain(names[1]);
  expect(unknown).toMatchObject({ ok: false, refusal: { code: "no_such_campaign" } });
});

test("a list is split over the numbers by person, and the parent has the sums", async () => {
  const { stores, send, members, phones, csvPath } = await openPool(3);
  const [first = ""] = phones;
  writeFileSync(
    csvPath,
    `phone,name\n${phones.join(",A\n")},B\n${first.replace("+", "00")},C\nx,D`,
  );

  const id = await imported(send());
  const { campaign, children = [] } = await found(stores, id);

  expect(id).toMatch(/^pool-\d+$/);
  expect(campaign).toMatchObject({ status: "running", rows: 302 });
  expect(campaign.counts).toMatchObject({ pending: 300, duplicate: 1, rejected: 1 });
  expect(children.map((child) => child.campaign.pool)).toEqual([id, id, id]);
  for (const [at, { store, campaign: child }] of children.entries()) {
    for await (const row of store.rows.all(child.id, child.rows)) {
      if (row.phone === "") continue;
      expect(memberOf(store.ledger.person(row.phone), members)).toBe(at);
    }
  }
});

test("the export has the rows of all numbers in the order of the list, with the number of each", async () => {
  const { stores, send, phones, names } = await openPool(2, 500);
  const id = await imported(send());
  const { campaign, store } = await found(stores, id);

  let text = "";
  const chosen = { store, campaign, states: new Set<never>(), format: "csv", delimiter: null };
  for await (const part of exportRows(chosen as never)) text += part;

  const [head = "", ...lines] = text.trim().split("\r\n");
  expect(head).toMatch(/phone,name,number,row,state/);
  expect(lines.map((line) => line.split(",")[0]?.replace(/^'/, ""))).toEqual(phones);
  expect(lines.map((line) => Number(line.split(",")[3]))).toEqual(phones.map((_, at) => at + 1));
  expect(new Set(lines.map((line) => line.split(",")[2]))).toEqual(new Set(names));
  const row = await store.rows.one(id, 400);
  expect(row).toMatchObject({ row: 400, phone: phones[399]?.slice(1) });
});

test("the same list is not sent twice, and one that was cancelled before any try may be", async () => {
  const { stores, send } = await openPool();
  const id = await imported(send());

  const again = await send();
  await controlCampaign(await found(stores, id), "cancel", BY);
  const afterCancel = await imported(send());

  expect(again).toMatchObject({ ok: false, refusal: { code: "already_imported" } });
  expect(again.report.campaign).toBe(id);
  expect(afterCancel).not.toBe(id);
});

test("pausing, resuming and cancelling the parent reaches all numbers, and may be repeated", async () => {
  const { stores, send } = await openPool();
  const id = await imported(send());
  const statuses = async () =>
    (await found(stores, id)).children?.map(({ campaign }) => campaign.status);

  const paused = await controlCampaign(await found(stores, id), "pause", BY);
  expect(paused).toMatchObject({ ok: true, value: { id, status: "paused", changed: true } });
  expect(await statuses()).toEqual(["paused", "paused"]);
  const again = await controlCampaign(await found(stores, id), "pause", BY);
  expect(again).toMatchObject({ ok: true, value: { changed: false } });
  await controlCampaign(await found(stores, id), "resume", BY);
  expect(await statuses()).toEqual(["running", "running"]);
  await controlCampaign(await found(stores, id), "cancel", BY);
  expect((await found(stores, id)).campaign.status).toBe("cancelled");
});

/** Dies when it has called `at` methods of the stores. */
function dying(
  stores: Record<string, Awaited<ReturnType<typeof openTestStore>>["store"]>,
  at: number,
  withCampaigns = false,
) {
  let calls = 0;
  const die = <T extends object>(part: T): T =>
    new Proxy(part, {
      get(target, name) {
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          if (++calls > at) throw new Error("killed");
          return value.apply(target, args);
        };
      },
    });
  const dead = Object.values(stores).map((store) => ({
    ...store,
    imports: die(store.imports),
    pools: die(store.pools),
    ...(withCampaigns ? { campaigns: die(store.campaigns) } : {}),
  }));
  return { dead, isOver: () => calls <= at };
}

test("an importer that dies at any step leaves nothing that sends but a whole pool, and goes on under the same ids", async () => {
  const redis = (await startOwnRedis()).connect();
  for (let at = 1; at < 60; at++) {
    const { stores, send, members, names } = await openPool(2, 120, redis);
    const { dead, isOver } = dying(stores, at);
    await send(poolSink(dead, members)).catch(() => {});
    const before = await redis.hgetall(`dropcast:{${names[0]}}:imports`);
    const running = async () =>
      (await Promise.all(Object.values(stores).map((store) => store.campaigns.live())))
        .flat()
        .filter(({ status }) => status === "running");
    const left = await running();
    if (left.length === 1) await startPools(stores);
    if (left.length > 0) {
      expect(await running()).toHaveLength(2);
      let stored = 0;
      for (const { id: child } of await running()) {
        const store = stores[child.replace(/-\d+$/, "")];
        stored += (await store?.campaigns.find(child))?.rows ?? 0;
      }
      expect(stored).toBe(120);
    }
    // The lease of the dead one ends.
    const leases = await redis.keys("dropcast:{all.numbers}:pool:pool-*");
    for (const key of leases) await redis.hset(key, "lease", 0);
    for (const store of Object.values(stores)) {
      for (const { id } of await store.campaigns.live()) {
        await redis.hset(`dropcast:{${store.number}}:campaign:${id}`, "importLease", 0);
      }
    }
    const result = await send();
    const id = result.report.campaign ?? "";
    await startPools(stores);
    const { campaign } = await found(stores, id);
    expect(campaign, `after ${at} calls`).toMatchObject({ status: "running", rows: 120 });
    expect(await running()).toHaveLength(2);
    for (const child of Object.values(before)) {
      expect((await found(stores, id)).children?.map((one) => one.campaign.id)).toContain(child);
    }
    if (isOver()) return;
  }
});

/** Every row of the list, as the parent's export has it. */
async function rowsOf(stores: Parameters<typeof findCampaign>[0], id: string) {
  const { store, campaign } = await found(stores, id);
  const all = [];
  for await (const row of store.rows.all(id, campaign.rows)) all.push(row);
  return all;
}

test("rows that were never tried go to another number, the others stay, and each row is in one place", async () => {
  const { stores, send, phones, benches, names } = await openPool(2, 250);
  const id = await imported(send());
  const [first] = (await found(stores, id)).children ?? [];
  const [bench] = benches;
  if (first === undefined || bench === undefined) throw new Error("two");
  const rows = first.campaign.rows;
  // One is accepted, one unknown, one was tried and waits.
  const claimed = await claimThree(bench, first.campaign.id);
  expect(
    await moveRows(await found(stores, id), { from: names[0] ?? "", to: names[1] ?? "" }, BY),
  ).toMatchObject({ ok: false, refusal: { code: "move_not_paused" } });
  await bench.store.campaigns.pause(first.campaign.id, "operator");

  const moved = await moveRows(
    await found(stores, id),
    { from: names[0] ?? "", to: names[1] ?? "" },
    BY,
  );

  expect(moved).toMatchObject({ ok: true, value: { rows: rows - 3, tried: 1, to: names[1] } });
  const { campaign, children = [] } = await found(stores, id);
  expect(campaign).toMatchObject({ rows: 250, status: "running" });
  expect(Object.values(campaign.counts).reduce((sum, count) => sum + count, 0)).toBe(250);
  expect(campaign.counts).toMatchObject({ pending: 247, accepted: 1, unknown: 1, cancelled: 1 });
  expect(children).toHaveLength(3);
  const all = await rowsOf(stores, id);
  expect(all.map(({ phone }) => phone)).toEqual(phones.map((phone) => phone.slice(1)));
  expect(all.map(({ row }) => row)).toEqual(phones.map((_, at) => at + 1));
  const still = all.filter(({ cells }) => cells.at(-1) === names[0]);
  expect(still.map(({ state }) => state).sort()).toEqual(["accepted", "cancelled", "unknown"]);
  expect(claimed).toBe(3);
  const again = await moveRows(
    await found(stores, id),
    { from: names[0] ?? "", to: names[1] ?? "" },
    BY,
  );
  expect(again).toMatchObject({ ok: false, refusal: { code: "move_not_paused" } });
});

async function claimThree(bench: Awaited<ReturnType<typeof openTestStore>>, id: string) {
  // Opens its batches.
  await bench.store.campaigns.dispatch("live", 1_000);
  const run = Number(await bench.redis.hget(bench.own(id).open, "0"));
  const rows = [];
  for (const row of [1, 2, 3]) {
    const stored = await bench.store.rows.one(id, row);
    rows.push({ row, person: bench.store.ledger.person(stored?.phone ?? "") });
  }
  const nonce = Buffer.alloc(8, 7);
  const result = await bench.claim(id, [1, 2, 3], { mode: "live", nonce, rows, run });
  if (result.kind !== "rows") throw new Error(result.gate);
  for (const [at, outcome] of (["accepted", "unknown", "retry"] as const).entries()) {
    const verdict = result.verdicts[at];
    const row = rows[at];
    if (verdict?.kind !== "granted" || row === undefined) throw new Error("not granted");
    const { attempt } = verdict;
    await bench.record({ campaign: id, ...row, attempt, nonce }, outcome, { waitMs: 600_000 });
  }
  return rows.length;
}

test("a move that dies at any step is finished by the workers, and no row is in two places that send", async () => {
  const redis = (await startOwnRedis()).connect();
  for (let at = 1; at < 60; at++) {
    const { stores, send, names } = await openPool(2, 130, redis);
    const id = await imported(send());
    const whole = await found(stores, id);
    const [first] = whole.children ?? [];
    await first?.store.campaigns.pause(first.campaign.id, "operator");
    const paused = await found(stores, id);
    const { dead, isOver } = dying(stores, at, true);
    const children = paused.children?.map((child, nth) => ({ ...child, store: dead[nth] }));
    const wanted = { from: names[0] ?? "", to: names[1] ?? "" };
    await moveRows({ ...paused, children } as never, wanted, BY).catch(() => {});
    const sendable = async () => {
      const phones: string[] = [];
      for (const store of Object.values(stores)) {
        for (const campaign of await store.campaigns.live()) {
          if (campaign.status === "importing") continue;
          const rows = (await store.campaigns.find(campaign.id))?.rows ?? 0;
          for await (const row of store.rows.all(campaign.id, rows)) {
            if (row.state === "pending") phones.push(row.phone);
          }
        }
      }
      return phones;
    };
    const now = await sendable();
    expect(new Set(now).size, `after ${at} calls`).toBe(now.length);
    const sum = async () => (await found(stores, id)).campaign;
    expect(Object.values((await sum()).counts).reduce((all, one) => all + one, 0)).toBe(130);
    for (const store of Object.values(stores)) {
      for (const one of await store.campaigns.live()) {
        await redis.hset(`dropcast:{${store.number}}:campaign:${one.id}`, "importLease", 0);
      }
    }
    await finishOwnMoves(stores);
    await finishOwnMoves(stores);
    const begun = (await first?.store.pools.moves(id)) ?? [];
    const after = await sendable();
    expect(new Set(after).size).toBe(after.length);
    expect(after).toHaveLength(130);
    expect(await sum()).toMatchObject({ rows: 130, counts: { pending: 130, cancelled: 0 } });
    for (const one of begun) expect(one.done).toBe(true);
    if (isOver()) return;
  }
});
