/**
 * Redis in trouble, each kind by its name. Where a real Redis can be brought into it, it is; the
 * proxy answers with Redis's own words where it cannot (a full disk, a cluster, a long script).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test, vi } from "vitest";
import { numberKeys } from "../../src/store/keys.ts";
import { type Lane, openLane, startSocketRedis } from "../support/fault-lane.ts";
import type { Moment } from "../support/redis-proxy.ts";
import { readWebhookLog } from "../support/request-log.ts";
import { SOON } from "../support/soon.ts";

interface Trouble {
  readonly name: string;
  begin(lane: Lane): Promise<unknown>;
  end(lane: Lane): Promise<unknown>;
  /** Answers that were heard are written down all the same. */
  readonly recordHolds?: true;
  /** How often it is asked before it counts as silent; each time takes as long as a timeout. */
  readonly asks?: number;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "OOM",
    begin: ({ redis }) => redis.config("SET", "maxmemory", "1"),
    end: ({ redis }) => redis.config("SET", "maxmemory", "0"),
    recordHolds: true,
  },
  {
    name: "READONLY",
    begin: ({ redis }) => redis.replicaof("127.0.0.1", 1),
    end: ({ redis }) => redis.replicaof("NO", "ONE"),
  },
  {
    name: "NOPERM",
    begin: ({ redis }) => redis.acl("SETUSER", "default", "-evalsha", "-eval"),
    end: ({ redis }) => redis.acl("SETUSER", "default", "+@all"),
  },
  {
    name: "NOAUTH",
    begin: async (lane) => {
      await lane.redis.config("SET", "requirepass", "secret");
      cutAll(lane);
    },
    end: async (lane) => {
      await lane.redis.config("SET", "requirepass", "");
      cutAll(lane);
    },
  },
  { name: "NOSCRIPT", begin: ({ redis }) => redis.script("FLUSH"), end: async () => {} },
  { name: "TIMEOUT", begin: pauseClients, end: ({ redis }) => redis.client("UNPAUSE"), asks: 2 },
  said("LOADING Redis is loading the dataset in memory"),
  said("MISCONF Errors writing to the AOF file: No space left on device"),
  said("CLUSTERDOWN Hash slot not served"),
  said("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
];

/** Enough that some are on the wire, and most are not, when the trouble comes. */
const PEOPLE = 60;
/** Deployments side by side: most of the time each waits. */
const LANES = 3;

test("in whatever trouble Redis is, nothing new is POSTed, what was heard is kept, webhooks are taken on their repeat, and the log names it", async () => {
  const problems: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    const lane = await openTroubleLane();
    for (let at = next++; at < TROUBLES.length; at = next++) {
      const trouble = TROUBLES[at] as Trouble;
      const told = await suffer(lane, trouble, 48_600_000_000 + at * PEOPLE).catch(String);
      problems.push(...[told].flat().map((text) => `${trouble.name}: ${text}`));
    }
  };

  await Promise.all(Array.from({ length: LANES }, work));

  expect(problems).toEqual([]);
});

test("a connection to Redis that goes silent for ever under a claim is replaced, and everybody gets the message once", async () => {
  const lane = await openTroubleLane();
  const phones = Array.from({ length: 20 }, (_, at) => String(48_600_000_000 + at));
  const isClaimed = ({ command, when }: Moment) => command === "claim" && when === "after";
  const silent = lane.toRedis.once(isClaimed, { kind: "hang" });

  const id = await lane.import(phones);
  await silent.fired;
  const { campaign } = await lane.settled(id);

  expect(await lane.contradictions(campaign, phones)).toEqual([]);
  expect(campaign.counts.unknown).toBe(0);
  expect(lane.posts()).toHaveLength(20);
});

async function openTroubleLane(): Promise<Lane> {
  const own = await startSocketRedis();
  const lane = await openLane({
    redis: own,
    ratePerSecond: 25,
    // A row whose claim was cut off must not become unknown while the trouble lasts. At this level
    // every single try is in the log; else a trouble is told once a minute.
    env: { DROPCAST_ANSWER_TIMEOUT_SECONDS: "600", DROPCAST_LOG_LEVEL: "debug" },
    sandbox: { latencyMs: [50, 150], webhookDelayMs: [50, 100] },
  });
  onTestFinished(() => lane.close());
  await lane.ensureRunning();
  return lane;
}

async function suffer(lane: Lane, trouble: Trouble, first: number): Promise<string[]> {
  const phones = Array.from({ length: PEOPLE }, (_, at) => String(first + at));
  const mine = new Set(phones);
  const posts = () => lane.posts().filter(({ to }) => to !== null && mine.has(to)).length;
  const problems: string[] = [];
  // Between two claims of the worker, so that it comes before the last however busy the machine is.
  const isMiddle = ({ command, when }: Moment) =>
    command === "claim" && when === "after" && posts() >= 10;
  let begun: Promise<unknown> | undefined;
  const begin = () => {
    begun = trouble.begin(lane);
    return begun;
  };
  const { fired } = lane.toRedis.once(isMiddle, { kind: "call", act: begin });
  const id = await lane.import(phones);
  await fired;
  await begun;
  if (trouble.name !== "NOSCRIPT") {
    await logged(lane, trouble.name);
    const before = await granted(lane, id);
    await asked(lane, trouble.asks ?? 15);
    const sent = posts();
    const after = await granted(lane, id);
    if (after !== before) problems.push(`${after - before} rows were granted`);
    if (sent > before) problems.push(`${sent - before} POSTs without a claim`);
    if (before === PEOPLE) problems.push("everything was granted before the trouble came");
  }
  if (trouble.recordHolds) {
    const { leases } = numberKeys(lane.store.space);
    await vi.waitFor(async () => expect(await lane.redis.zcard(leases)).toBe(0), SOON);
  }
  await trouble.end(lane);

  const { campaign } = await lane.settled(id);
  problems.push(...(await lane.contradictions(campaign, phones)));
  if (campaign.counts.unknown > 0) problems.push(`${campaign.counts.unknown} are unknown`);
  if (posts() !== PEOPLE) problems.push(`${posts()} POSTs to ${PEOPLE} people`);
  return [...problems, ...webhookProblems(lane, mine)];
}

/** Rows that were claimed so far. Nothing else may be POSTed. */
async function granted({ store }: Lane, id: string): Promise<number> {
  const rows = await store.rows.batch(id, 0);
  return rows.filter(({ value }) => value.attempt > 0).length;
}

/** A webhook is taken, or refused with 503 and taken later: anything else would lose it. */
function webhookProblems({ stage, posts }: Lane, mine: ReadonlySet<string>): string[] {
  const wamids = new Set(posts().flatMap(({ to, wamid }) => (to && mine.has(to) ? [wamid] : [])));
  const answers = readWebhookLog(join(stage.dir, "webhooks.ndjson"))
    .filter(({ wamid }) => wamids.has(wamid))
    .map(({ httpStatus }) => httpStatus);
  const odd = answers.filter((status) => status !== 204 && status !== 503);
  return odd.length === 0 ? [] : [`webhooks were answered ${odd.join(", ")}`];
}

/** The worker says what it is, and what to do. */
async function logged({ stage }: Lane, name: string): Promise<void> {
  await vi.waitFor(() => {
    const lines = readFileSync(join(stage.logsDir, "02-worker.log"), "utf8").split("\n");
    const named = lines.find((line) => line.includes(`"trouble":"${name}"`));
    if (named === undefined) throw new Error(`the log does not name it: ${lines.at(-2)}`);
    expect(named).toContain('"fix":"');
  }, SOON);
}

/** Resolves when the worker has tried so many times more to get something out of Redis. */
async function asked({ stage }: Lane, times: number): Promise<void> {
  const tries = () =>
    readFileSync(join(stage.logsDir, "02-worker.log"), "utf8").split('"trouble":').length;
  const from = tries();
  await vi.waitFor(() => expect(tries()).toBeGreaterThanOrEqual(from + times), SOON);
}

function cutAll({ toRedis, webhooksToRedis }: Lane): void {
  toRedis.cutAll();
  webhooksToRedis.cutAll();
}

function pauseClients({ redis }: { redis: Redis }): Promise<unknown> {
  return redis.client("PAUSE", 600_000, "WRITE");
}

/** Redis says it of everything that writes. */
function said(reply: string): Trouble {
  const proxies = ({ toRedis, webhooksToRedis }: Lane) => [toRedis, webhooksToRedis];
  const isRead = /^(hello|client|info|ping|get|hget|hmget|hgetall|zrange|time)$/;
  return {
    name: reply.split(" ")[0] ?? "",
    begin: async (lane) => {
      for (const proxy of proxies(lane)) {
        proxy.judge(({ command, when }) =>
          when === "before" && !isRead.test(command) ? { kind: "error", reply } : undefined,
        );
      }
    },
    end: async (lane) => {
      for (const proxy of proxies(lane)) proxy.judge(undefined);
    },
  };
}
