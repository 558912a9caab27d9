import { expect, test } from "vitest";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { campaignKeys, numberKeys } from "../../src/store/keys.ts";
import { openDashboard } from "../dashboard/support.ts";
import { openTestStore } from "../support/campaigns.ts";
import { startOwnRedis } from "../support/redis.ts";
import { runHere } from "./in-process.ts";
import { makePlace, writeCampaign } from "./run-cli.ts";

/** More than anything looks at by itself: a command of ours looks at a thousand campaigns at most. */
const FEW = 1_050;
const MANY = 2_100;
/** The newest ones still have their rows; those of the others are deleted, as after the retention time. */
const WITH_ROWS = 250;

/** A number of a Redis of its own, on which so many campaigns of one template ended today. */
async function openHistory(total: number) {
  const server = await startOwnRedis();
  const place = makePlace({ DROPCAST_REDIS_URL: server.url });
  const redis = server.connect();
  const bench = await openTestStore({}, redis, { number: place.number });
  const source = await bench.import(3);
  for (const row of [1, 2, 3]) await bench.send(source, row, "accepted", { wamid: `w.${row}` });
  await copy(total - 1);

  /** Copies of the campaign that was sent, in its place on all lists. */
  async function copy(count: number): Promise<void> {
    const { number } = bench;
    const own = campaignKeys(number, source).campaign;
    const parts = (await redis.keys(`${own}*`)).map((key) => key.slice(own.length));
    const lists = numberKeys(number);
    const now = Date.now();
    const pipeline = redis.pipeline();
    for (let serial = 2; serial <= count + 1; serial++) {
      const id = `${number}-${serial}`;
      const to = campaignKeys(number, id).campaign;
      const endedAt = now - 1_000 * (count - serial);
      const hasRows = serial > count + 1 - WITH_ROWS;
      for (const part of parts) {
        if (hasRows || !/:(batch|ledger):/.test(part)) pipeline.copy(own + part, to + part);
      }
      pipeline.hset(to, { name: `Campaign ${serial}`, finishedAt: endedAt, digest: id });
      if (!hasRows) pipeline.hset(to, { purgedAt: endedAt });
      pipeline.zadd(lists.campaigns, endedAt, id).zadd(lists.byEnd, endedAt, id);
      if (hasRows) pipeline.zadd(lists.withRows, endedAt, id);
      pipeline.hset(lists.imports, id, id).set(lists.serial, serial);
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  /** Commands of Redis, those of scripts included, and kilobytes that it answered meanwhile. */
  async function cost(
    act: () => Promise<unknown>,
  ): Promise<{ commands: number; answered: number }> {
    await redis.config("RESETSTAT");
    await act();
    const [commands, stats] = [await redis.info("commandstats"), await redis.info("stats")];
    const calls = [...commands.matchAll(/:calls=(\d+)/g)].map(([, count]) => Number(count));
    return {
      commands: calls.reduce((sum, count) => sum + count, 0),
      answered: Number(/total_net_output_bytes:(\d+)/.exec(stats)?.[1]) / 1_024,
    };
  }

  return { place, bench, redis, cost };
}

type History = Awaited<ReturnType<typeof openHistory>>;

async function run({ place }: History, ...args: string[]): Promise<void> {
  const ran = await runHere(place, args);
  expect(ran.code, ran.stderr).toBe(0);
}

async function openPage({ bench }: History): Promise<() => Promise<void>> {
  const { ask } = await openDashboard({ test: bench });
  return async () => expect((await ask("/")).status).toBe(200);
}

const WORK: Record<string, (history: History) => Promise<() => Promise<unknown>>> = {
  send: async (history) => {
    const files = writeCampaign(history.place, 300);
    return () => run(history, "send", ...files, "--yes");
  },
  list: async (history) => () => run(history, "list"),
  show: async (history) => () => run(history, "show", `${history.bench.number}-1000`),
  doctor: async (history) => () => runHere(history.place, ["doctor"]),
  erase: async (history) => () => run(history, "erase", "+48 690 000 001"),
  "accept-rollback": async (history) => {
    const { guard } = history.bench.keys;
    const at = Date.now();
    await history.redis.hset(guard, { noticedAt: at, wentBackTo: at - 1_000, lost: 5 });
    return () => run(history, "doctor", "--accept-rollback");
  },
  "dashboard page": openPage,
  "/metrics": async ({ bench }) => {
    const { text } = createMetrics({ [bench.number]: bench.store });
    return async () => expect(await text()).toContain("dropcast_redis_up 1");
  },
  "what a worker does by itself":
    async ({ bench }) =>
    async () => {
      const { campaigns, ledger, ages, deleteOld, webhookSilence } = bench.store;
      await campaigns.dispatch("live", 4);
      await campaigns.openBatches();
      await ledger.sweep();
      await ages();
      await webhookSilence();
      await deleteOld({ rowsMs: 30 * 86_400_000, campaignMs: 400 * 86_400_000 });
    },
};

test("nothing costs Redis more when twice as many campaigns have ended", async () => {
  const [few, many] = [await openHistory(FEW), await openHistory(MANY)];

  for (const [name, prepare] of Object.entries(WORK)) {
    const [some, more] = [await few.cost(await prepare(few)), await many.cost(await prepare(many))];
    expect(some.commands, name).toBeGreaterThan(0);
    expect(more.commands, `commands of ${name}`).toBeLessThan(1.02 * some.commands + 5);
    expect(more.answered, `kilobytes of ${name}`).toBeLessThan(1.05 * some.answered + 4);
  }
});
