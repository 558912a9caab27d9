import { randomInt, randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { controlCampaign } from "../../src/campaigns/control.ts";
import { findCampaign } from "../../src/campaigns/find.ts";
import { memberOf } from "../../src/core/pool.ts";
import { exportRows } from "../../src/export/export-rows.ts";
import { poolSink } from "../../src/producer/import/pool-sink.ts";
import { createFileImporter } from "../../src/producer/import-file.ts";
import type { ListSink } from "../../src/producer/sink/sink.ts";
import { startPools } from "../../src/worker/pool-chore.ts";
import { openTestStore } from "../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../support/redis.ts";

const BY = { who: "test", from: "test" } as never;

/** Two or three numbers, and a list for both. `cut`: where the importer dies. */
async function openPool(count = 2, rows = 300) {
  const redis = connectTestRedis();
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
  }));
  return { dead, isOver: () => calls <= at };
}

test("an importer that dies at any step leaves nothing that sends but a whole pool, and goes on under the same ids", async () => {
  for (let at = 1; at < 60; at++) {
    const { stores, send, members, redis, names } = await openPool(2, 120);
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
}, 120_000);
