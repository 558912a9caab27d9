import { randomInt, randomUUID } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { approveCampaign } from "../../../src/campaigns/approve.ts";
import { controlCampaign } from "../../../src/campaigns/control.ts";
import { findCampaign } from "../../../src/campaigns/find.ts";
import { moveRows } from "../../../src/campaigns/pools/move.ts";
import { exportRows } from "../../../src/export/export-rows.ts";
import { poolSink } from "../../../src/producer/import/pool-sink.ts";
import { createFileImporter } from "../../../src/producer/import-file.ts";
import type { NumberStore } from "../../../src/store/index.ts";
import { openTestStore } from "../../support/campaigns.ts";
import { connectTestRedis, testNumber } from "../../support/redis.ts";

const BY = { who: "test", from: "test" } as never;
const POOLS = "dropcast:{all.numbers}:";
const TEMPLATE = { name: "sale", language: { code: "en" }, components: [] };

/** A list for two numbers. `send` gives it, from stores of which a part may be replaced. */
async function openPool(rows = 130) {
  const redis = connectTestRedis();
  const names = [testNumber(), testNumber()] as const;
  const one = await openTestStore({}, redis, { number: names[0] });
  const two = await openTestStore({}, redis, { number: names[1] });
  const stores = { [names[0]]: one.store, [names[1]]: two.store };
  const dir = mkdtempSync(join(tmpdir(), "dropcast-pool-"));
  const [campaignPath, csvPath] = [join(dir, "sale.yaml"), join(dir, "list.csv")];
  const definition = {
    ...{ name: `Sale ${randomUUID()}`, numbers: names, category: "marketing", template: TEMPLATE },
    recipients: { country: "PL" },
  };
  writeFileSync(campaignPath, JSON.stringify(definition));
  const base = 500_000_000 + randomInt(9_000) * 10_000;
  const phones = Array.from({ length: rows }, (_, at) => `+48${base + at}`);
  writeFileSync(csvPath, ["phone", ...phones].join("\n"));
  const members = names.map((number, at) => ({ number, weight: 10 * (at + 1) }));
  const send = (
    repeats: "refuse" | "import" = "refuse",
    pools: Partial<NumberStore["pools"]> = {},
  ) => {
    const all = [one, two].map(({ store }) => ({ ...store, pools: { ...store.pools, ...pools } }));
    return createFileImporter({
      numbers: stores,
      openNumber: () => {
        throw new Error("one number");
      },
      openPool: () => ({ sink: poolSink(all, members), store: null, country: "PL" }),
      mode: "live",
    })({ campaignPath, csvPath, rejectsPath: null, repeats });
  };
  const found = async (id: string) => {
    const result = await findCampaign(stores, id);
    if (!result.ok) throw new Error(result.refusal.message);
    return result.value;
  };
  const cancel = async (id: string) => controlCampaign(await found(id), "cancel", BY);
  return { redis, names, benches: [one, two] as const, send, found, cancel };
}

type Bench = Awaited<ReturnType<typeof openTestStore>>;

async function imported(sent: ReturnType<Awaited<ReturnType<typeof openPool>>["send"]>) {
  const result = await sent;
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result.report.campaign ?? "";
}

async function sendOne({ store, redis, own, claim, record }: Bench, campaign: string) {
  await store.campaigns.dispatch("live", 1_000);
  const run = Number(await redis.hget(own(campaign).open, "0"));
  const person = store.ledger.person((await store.rows.one(campaign, 1))?.phone ?? "");
  const nonce = Buffer.alloc(8, 7);
  const rows = [{ row: 1, person }];
  const result = await claim(campaign, [1], { mode: "live", nonce, rows, run });
  const verdict = result.kind === "rows" ? result.verdicts[0] : undefined;
  if (verdict?.kind !== "granted") throw new Error("not granted");
  const { attempt } = verdict;
  await record({ campaign, row: 1, person, attempt, nonce }, "accepted", {});
}

async function sendOneOfEach({ benches, found }: Awaited<ReturnType<typeof openPool>>, id: string) {
  const { children = [] } = await found(id);
  for (const [at, bench] of benches.entries()) {
    await sendOne(bench, children[at]?.campaign.id ?? "");
  }
}

const alreadyAs = (campaign: string) => ({
  ...{ ok: false, refusal: { code: "already_imported" } },
  report: { campaign },
});

function killed(): never {
  throw new Error("killed");
}

test("a list that was sent stays known when its repeat is cancelled before any try", async () => {
  const pool = await openPool();
  const { send, cancel } = pool;
  const sent = await imported(send());
  await sendOneOfEach(pool, sent);
  const repeat = await imported(send("import"));
  await cancel(repeat);

  expect(await send()).toMatchObject(alreadyAs(sent));
  const third = await imported(send("import"));
  expect(new Set([sent, repeat, third]).size).toBe(3);
});

test("a list stays known when its repeat is cancelled while it is imported", async () => {
  const { send, cancel, redis } = await openPool();
  const sent = await imported(send());
  await send("import", { store: killed }).catch(() => {});
  const repeat = `pool-${await redis.get(`${POOLS}pool-serial`)}`;
  await cancel((await redis.hget(`${POOLS}pool:${repeat}`, "againOf")) === sent ? repeat : "");

  expect(await send()).toMatchObject(alreadyAs(sent));
});

test("a cancelled list of which only moved rows were sent is not sent again", async () => {
  const { send, cancel, found, names, benches } = await openPool();
  const sent = await imported(send());
  await controlCampaign(await found(sent), "pause", BY);
  const moved = await moveRows(await found(sent), { from: names[0], to: names[1] }, BY);
  const campaign = (moved.ok && moved.value.campaign) || "";
  await controlCampaign(await found(campaign), "resume", BY);
  await sendOne(benches[1], campaign);
  await cancel(sent);

  expect(await send()).toMatchObject(alreadyAs(sent));
});

test("a list that was cancelled while a rollback waited is not sent again", async () => {
  const pool = await openPool();
  const { send, cancel, benches, redis } = pool;
  const sent = await imported(send());
  await sendOneOfEach(pool, sent);
  for (const { keys } of benches) {
    await redis.hset(keys.guard, {
      noticedAt: Date.now(),
      wentBackTo: Date.now() - 5_000,
      lost: 3,
    });
  }
  await cancel(sent);

  expect(await send()).toMatchObject(alreadyAs(sent));
  for (const { keys } of benches) await redis.hdel(keys.guard, "noticedAt", "wentBackTo", "lost");
  expect(await send()).toMatchObject(alreadyAs(sent));
});

test("of two importers of a cancelled list one sends it", async () => {
  const { send, cancel, benches } = await openPool();
  await cancel(await imported(send()));
  let other = "";
  const find: NumberStore["pools"]["find"] = async (id) => {
    const read = await benches[0].store.pools.find(id);
    if (other === "") other = await imported(send());
    return read;
  };

  const late = await send("refuse", { find });

  expect(late).toMatchObject(alreadyAs(other));
});

test("the numbers refuse a list of which the deployment has lost the pool", async () => {
  const { send, found, redis } = await openPool();
  const lost = await imported(send());
  const [first] = (await found(lost)).children ?? [];
  const digest = (await redis.hget(`${POOLS}pool:${lost}`, "digest")) ?? "";
  await redis.hdel(`${POOLS}pool-imports`, digest);
  await redis.zrem(`${POOLS}pools`, lost);
  await redis.del(`${POOLS}pool:${lost}`);

  for (let time = 0; time < 2; time++) {
    expect(await send()).toMatchObject(alreadyAs(first?.campaign.id ?? ""));
  }
  expect(await imported(send("import"))).toMatch(/^pool-/);
});

test("the numbers refuse a list of which the deployment forgot that it was stored", async () => {
  const { send, found, redis } = await openPool();
  const id = await imported(send());
  const [first] = (await found(id)).children ?? [];
  await redis.hset(`${POOLS}pool:${id}`, { status: "importing", lease: 0 });
  await redis.hdel(`${POOLS}pool:${id}`, "finish");

  for (let time = 0; time < 2; time++) {
    expect(await send()).toMatchObject(alreadyAs(first?.campaign.id ?? ""));
    await redis.hset(`${POOLS}pool:${id}`, "lease", 0);
  }
});

test("an importer that dies before it noted its campaigns leaves a pool that can be cancelled", async () => {
  const { send, found, cancel, redis, benches } = await openPool();
  await send("refuse", { fill: killed }).catch(() => {});
  const { id } = (await benches[0].store.pools.newest(20)).find(
    ({ members }) => members[0]?.number === benches[0].store.number,
  ) ?? { id: "" };

  expect((await found(id)).campaign).toMatchObject({ id, status: "importing", rows: 0 });
  expect(await cancel(id)).toMatchObject({ ok: true, value: { id, status: "cancelled" } });
  for (const { store } of benches) {
    for (const one of await store.campaigns.live()) {
      await redis.hset(`dropcast:{${store.number}}:campaign:${one.id}`, "importLease", 0);
    }
  }
  expect((await found(await imported(send()))).campaign.rows).toBe(130);
});

test("an export fails if the order of the rows is cut off", async () => {
  const { send, found, redis } = await openPool();
  const id = await imported(send());
  const key = `${POOLS}pool-order:${id}`;
  await redis.set(key, (await redis.getBuffer(key))?.subarray(0, 60) ?? "");
  const { campaign, store } = await found(id);

  const rows = exportRows({
    ...{ store, campaign, states: new Set<never>(), format: "csv", delimiter: null },
  });

  await expect(async () => {
    for await (const _ of rows);
  }).rejects.toThrow("only 60 of the 130 rows");
});

test("approving a pool names the campaigns to approve", async () => {
  const { send, found } = await openPool();
  const pool = await found(await imported(send()));

  const refused = await approveCampaign(pool, BY);

  const ids = pool.children?.map(({ campaign }) => campaign.id).join(", ");
  expect(refused).toMatchObject({ ok: false, refusal: { code: "pool_each" } });
  expect(!refused.ok && refused.refusal.fix).toContain(ids);
});
